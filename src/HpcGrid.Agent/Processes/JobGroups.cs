using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// The agent's part of a delegated control group (version 2): PARENT/hpcgrid-AGENT/agent with the agent itself, and beside it a group for each job. So a
/// dead agent's part is known by its empty `agent`, and the next one removes it. Kernel rule that shapes this: a group that hands controllers on
/// has no processes of its own; whatever else was in PARENT, the pilot's script for instance, moves to PARENT/hpcgrid.pilot.
/// Belongs to the loop's thread. Without a delegated group everything works through /proc.
/// </summary>
internal sealed class JobGroups : IDisposable
{
    /// <summary>In place of a folder: no groups, though there is a delegated one.</summary>
    public const string None = "none";

    /// <summary>Names below PARENT.</summary>
    private const string Prefix = "hpcgrid-", Pilot = "hpcgrid.pilot", Self = "agent";

    private static readonly string[] Wanted = ["memory", "pids", "io"];

    private readonly string _parent;
    private readonly List<JobGroup> _busy = [];
    private int _serial;

    private JobGroups(string parent, string path) => (_parent, Path) = (parent, path);

    /// <summary>All groups of jobs lie here, and `agent`.</summary>
    public string Path { get; }

    /// <summary>The groups, or why there are none; and in one line what was found.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="wanted">A folder that was delegated to us, <see cref="None"/>, or null to look whether our own group was.</param>
    public static (JobGroups? Groups, string Words) Find(string agent, string? wanted)
    {
        if (wanted == None) return (null, "control groups are not used: not wanted");
        string[] memberships = File.Exists("/proc/self/cgroup") ? File.ReadAllLines("/proc/self/cgroup") : [];
        var one = CgroupRules.VersionOne(memberships);
        var left = one.Length == 0 ? "" : $"; version 1 has {one} and is left alone";
        var parent = wanted ?? CgroupRules.FolderOf(memberships, File.ReadAllLines("/proc/self/mountinfo"));
        if (parent is null) return (null, $"control groups are not used: no version 2 here{left}");
        // The root of all groups has no such file, and is nobody's to give.
        if (!File.Exists(parent + "/cgroup.events")) return (null, $"control groups are not used: {parent} is not delegated{left}");
        RemoveDead(parent);
        if (TryMake(parent, agent) is not { } groups) return (null, $"control groups are not used: {parent} cannot be written{left}");
        return (groups, $"a control group for each job in {groups.Path}, with {groups.Enable()}{left}");
    }

    /// <summary>A group for one job, with its bounds; null when the kernel makes none now, and then /proc must do.</summary>
    public JobGroup? Make(AttemptId attempt, JobSpec spec)
    {
        _busy.RemoveAll(group => group.TryRemove());
        var group = new JobGroup($"{Path}/{attempt}-{++_serial}");
        if (Libc.mkdir(group.Path, OwnerOnly) != 0) return null;
        foreach (var (file, value) in CgroupRules.Bounds(spec.Resources, spec.Limits)) CgroupFile.TryWrite($"{group.Path}/{file}", value);
        return group;
    }

    /// <summary>Its job is over. What the kernel does not remove yet goes later.</summary>
    public void Remove(JobGroup group)
    {
        if (!group.TryRemove()) _busy.Add(group);
    }

    private const uint OwnerOnly = 0x1c0; // rwx------

    /// <summary>Removes the groups of agents that are dead, with what lives in them.</summary>
    private static void RemoveDead(string parent)
    {
        var file = new ProcFile();
        foreach (var path in CgroupFile.Below(parent).Where(path => System.IO.Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal)))
        {
            // Without `agent` it is being made just now.
            var self = new JobGroup($"{path}/{Self}");
            if (!Directory.Exists(self.Path) || self.Members(file).Count > 0) continue;
            foreach (var job in CgroupFile.Below(path).Select(inner => new JobGroup(inner)))
            {
                job.Kill();
                ProcessTree.Signal(job.Members(file), Libc.Kill);
            }
            for (var tries = 0; tries < Limits.GroupRemovals && !new JobGroup(path).TryRemove(); tries++) Thread.Sleep(Limits.KillAgain);
        }
    }

    private static JobGroups? TryMake(string parent, string agent)
    {
        var groups = new JobGroups(parent, $"{parent}/{Prefix}{agent}");
        // Another agent that starts now may take what is not inhabited yet for a dead one's.
        for (var tries = 0; tries < Limits.GroupRemovals; tries++)
        {
            _ = Libc.mkdir(groups.Path, OwnerOnly);
            _ = Libc.mkdir($"{groups.Path}/{Self}", OwnerOnly);
            if (CgroupFile.TryWrite($"{groups.Path}/{Self}/cgroup.procs", "0")) return groups;
            if (Directory.Exists($"{groups.Path}/{Self}")) break;
        }
        _ = new JobGroup(groups.Path).TryRemove();
        return null;
    }

    /// <summary>Has the controllers count and bound in our groups, as far as they are to be had; answers which.</summary>
    private string Enable()
    {
        var had = new List<string>();
        foreach (var controller in Wanted.Intersect(CgroupFile.Words(_parent + "/cgroup.controllers")))
        {
            if (!TryEnable(_parent, controller) && MakeWay()) TryEnable(_parent, controller);
            if (TryEnable(Path, controller)) had.Add(controller);
        }
        return had.Count == 0 ? "no controllers: processes and CPU time only" : string.Join(' ', had);
    }

    private static bool TryEnable(string group, string controller) =>
        CgroupFile.Words(group + "/cgroup.subtree_control").Contains(controller) || CgroupFile.TryWrite(group + "/cgroup.subtree_control", "+" + controller);

    private bool MakeWay()
    {
        _ = Libc.mkdir($"{_parent}/{Pilot}", OwnerOnly);
        return CgroupFile.MoveAll(_parent, $"{_parent}/{Pilot}");
    }

    /// <summary>Leaves and removes our part. What cannot be removed the next agent removes.</summary>
    public void Dispose()
    {
        _ = Libc.mkdir($"{_parent}/{Pilot}", OwnerOnly);
        CgroupFile.MoveAll($"{Path}/{Self}", $"{_parent}/{Pilot}");
        _ = new JobGroup(Path).TryRemove();
    }
}
