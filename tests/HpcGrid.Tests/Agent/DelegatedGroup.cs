using HpcGrid.Agent.Processes;

namespace HpcGrid.Tests.Agent;

/// <summary>A real control group of version 2 that is ours, as a batch system or systemd delegates one. The test is skipped where there is none.</summary>
internal sealed class DelegatedGroup : IDisposable
{
    public DelegatedGroup(params string[] controllers)
    {
        var own = File.Exists("/proc/self/cgroup") ? CgroupRules.FolderOf(File.ReadAllLines("/proc/self/cgroup"), File.ReadAllLines("/proc/self/mountinfo")) : null;
        if (own is null) Assert.Ignore("no control groups of version 2 are mounted here");
        Path = $"{own}/hpcgrid-test.{Guid.NewGuid():n}";
        if (Libc.mkdir(Path, 0x1c0) != 0) Assert.Ignore($"{own} is not ours to make groups in");
        foreach (var controller in controllers)
        {
            CgroupFile.TryWrite(own + "/cgroup.subtree_control", "+" + controller);
            if (CgroupFile.Words(Path + "/cgroup.controllers").Contains(controller)) continue;
            var has = string.Join(' ', CgroupFile.Words(own + "/cgroup.controllers"));
            Dispose();
            Assert.Ignore($"{own} cannot give the controller {controller}: it has '{has}'");
        }
    }

    /// <summary>Its folder.</summary>
    public string Path { get; } = "";

    /// <summary>Groups of jobs, over all agents.</summary>
    public IReadOnlyList<string> Jobs => [.. CgroupFile.Below(Path).SelectMany(CgroupFile.Below).Where(path => System.IO.Path.GetFileName(path) != "agent")];

    public void Dispose() => AgentRig.Wait(() => new JobGroup(Path).TryRemove(), "the group is removed");
}
