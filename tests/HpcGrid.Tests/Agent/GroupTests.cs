using HpcGrid.Agent.Processes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Agent;

/// <summary>Jobs in real control groups, on a real delegated one.</summary>
public sealed class GroupTests
{
    private readonly AgentRig _rig = new();
    private DelegatedGroup? _group;

    [TearDown]
    public void Stop()
    {
        _rig.Dispose();
        _group?.Dispose();
    }

    [Test]
    public void Each_job_has_a_group_of_its_own_before_it_runs()
    {
        var group = _group = new DelegatedGroup();
        var queue = _rig.Offer([AgentRig.Shell("cat /proc/self/cgroup; sleep 0.3"), AgentRig.Shell("exec cat /proc/self/cgroup")]);
        _rig.Start("--cgroup", group.Path);
        var own = _rig.Final(queue).Reports.Select(report => report.StdoutTail.Split('\n').Single(line => line.StartsWith("0::", StringComparison.Ordinal))).ToList();
        var part = $"/{Path.GetFileName(group.Path)}/hpcgrid-{_rig.Agent}/";
        Assert.That(own[0], Does.EndWith(part + "1000.1-1"));
        Assert.That(own[1], Does.EndWith(part + "1001.1-2"));
        AgentRig.Wait(() => group.Jobs.Count == 0, "the groups are removed");
    }

    [Test]
    public void What_sheds_everything_else_is_still_in_its_group_and_dies_with_its_job()
    {
        if (!File.Exists("/usr/bin/prlimit")) Assert.Ignore("prlimit (util-linux) is not installed");
        var group = _group = new DelegatedGroup();
        var shed = "prlimit --rttime=unlimited env -i setsid sh -c 'touch out; sleep 1000 & exec sleep 1000' >/dev/null 2>&1 & while ! [ -e out ]; do sleep 0.05; done";
        var queue = _rig.Offer([AgentRig.Shell(shed), AgentRig.Shell("exec sleep 1000")]);
        _rig.Start("--cgroup", group.Path);
        var over = _rig.Version(queue, version => version.Reports.Count == 2 && version.Reports[0].Outcome is not null);
        Assert.That(over.Reports[0].Outcome, Is.EqualTo(Outcome.Succeeded), over.Reports[0].Reason);
        Assert.That(over.Reports[1].Stage, Is.EqualTo(ReportStage.Running));
        Assert.That(Living(), Is.EqualTo(1), "the neighbour alone");
    }

    [Test]
    public void A_stopped_job_dies_with_all_that_is_in_its_group()
    {
        var group = _group = new DelegatedGroup();
        var queue = _rig.Offer([AgentRig.Shell("env -i setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & trap '' TERM; wait; sleep 1000")
            with { Resources = new Resources(1, 100, 100, 1) }]);
        _rig.Start("--cgroup", group.Path, "--grace", "0.2");
        var report = _rig.Final(queue).Reports.Single();
        Assert.That((report.Outcome, report.Payload!.Cause), Is.EqualTo((Outcome.LimitExceeded, PayloadCause.TimeLimit)));
        Assert.That(Living(), Is.Zero);
    }

    [Test]
    public void A_program_that_cannot_be_started_is_explained_as_without_groups()
    {
        var group = _group = new DelegatedGroup();
        var broken = "printf '#!/no/such/interpreter\\n' > script; chmod +x script; ";
        var queue = _rig.Offer([AgentRig.Job("/no/such/program"), AgentRig.Job("/etc/passwd"), AgentRig.Shell(broken + "exec ./script")]);
        _rig.Start("--cgroup", group.Path);
        var reports = _rig.Final(queue).Reports;
        Assert.That(reports.Take(2).Select(report => report.Reason), Is.EqualTo(new[] { "/no/such/program does not exist", "/etc/passwd is not executable" }));
        Assert.That(reports[2].Outcome, Is.EqualTo(Outcome.ExecutionFailed));
    }

    [Test]
    public void An_agent_that_leaves_takes_its_groups_along()
    {
        var group = _group = new DelegatedGroup();
        var queue = _rig.Offer([AgentRig.Shell("exit 0")]);
        var agent = _rig.Start("--cgroup", group.Path, "--idle-exit", "0.2");
        _rig.Final(queue);
        _rig.Send(new HpcGrid.Spool.Ack(queue));
        _rig.ExitCode(agent);
        Assert.That(CgroupFile.Below(group.Path).Select(Path.GetFileName), Is.SubsetOf(new[] { "hpcgrid.pilot" }));
    }

    [Test]
    public void Groups_of_a_dead_agent_are_emptied_and_the_next_one_removes_them()
    {
        var group = _group = new DelegatedGroup();
        var queue = _rig.Offer([AgentRig.Shell("env -i setsid sh -c 'sleep 1000; sleep 1000' >/dev/null 2>&1 & sleep 1000")]);
        var first = _rig.Start("--cgroup", group.Path);
        _rig.Running(queue);
        var dead = _rig.Agent;
        Assert.That(Directory.Exists($"{group.Path}/hpcgrid-{dead}"));
        first.Kill();
        AgentRig.Wait(() => group.Jobs.Count == 0, "the guard kills and removes");
        AgentRig.Wait(() => new JobGroup($"{group.Path}/hpcgrid-{dead}/agent").Members(new ProcFile()).Count == 0, "the guard leaves");
        _rig.Start("--cgroup", group.Path);
        Assert.That(Directory.Exists($"{group.Path}/hpcgrid-{dead}"), Is.False);
    }

    [Test]
    public void CPU_time_of_those_nobody_waited_for_is_counted()
    {
        var group = _group = new DelegatedGroup();
        // The burner's parent is gone before it ends: wait4 of the payload tells nothing of it.
        var script = $"(setsid sh -c '{AgentRig.PayloadPath} burn 1000; cut -d\" \" -f16 /proc/$$/stat > part; mv part over' &) ; while ! [ -e over ]; do sleep 0.02; done; cat over";
        var queue = _rig.Offer([AgentRig.Shell(script)]);
        _rig.Start("--cgroup", group.Path);
        var report = _rig.Final(queue).Reports[0];
        var burnt = int.Parse(report.StdoutTail, System.Globalization.CultureInfo.InvariantCulture) / ProcessEntry.TicksPerSecond;
        Assert.That(report.Payload!.CpuSeconds, Is.GreaterThan(burnt - 0.02));
        Assert.That(burnt, Is.Positive);
    }

    [Test]
    public void The_kernel_bounds_a_job_at_a_quarter_above_what_it_asked_for()
    {
        var group = _group = new DelegatedGroup("memory", "pids");
        var queue = _rig.Offer([AgentRig.Shell("exec sleep 1000") with { Resources = new Resources(1, 200, 100, 60), Limits = new JobLimits { Processes = 10 } }]);
        _rig.Start("--cgroup", group.Path);
        _rig.Running(queue);
        string Read(string file) => File.ReadAllText($"{group.Jobs.Single()}/{file}").Trim();
        Assert.That((Read("memory.max"), Read("memory.oom.group"), Read("pids.max")), Is.EqualTo(($"{250 * 1024 * 1024}", "1", "640")));
    }

    [Test]
    public void A_job_that_the_kernel_kills_for_lack_of_memory_is_told_so_and_its_neighbour_lives()
    {
        var group = _group = new DelegatedGroup("memory");
        // What it asked for is far away, so that the agent's own limit does not come first.
        var hungry = AgentRig.Shell("while ! [ -e go ]; do sleep 0.05; done; head -c 200M /dev/zero | tail -c 150M | wc -c; sleep 1000") with { Resources = new Resources(1, 2000, 100, 600) };
        var queue = _rig.Offer([hungry, AgentRig.Shell("exec sleep 1000")]);
        _rig.Start("--cgroup", group.Path);
        var running = _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Running) == 2);
        Assert.That(CgroupFile.TryWrite(group.Jobs.Single(path => path.EndsWith("1000.1-1", StringComparison.Ordinal)) + "/memory.max", $"{60 * 1024 * 1024}"));
        File.WriteAllText(Path.Combine(running.Reports[0].Workdir, "go"), "");
        var over = _rig.Version(queue, version => version.Reports[0].Outcome is not null);
        var report = over.Reports[0];
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
            Assert.That(report.Reason, Is.EqualTo("the payload ended with signal 9 (killed by the kernel: out of memory)"));
            Assert.That(report.Payload!.Cause, Is.EqualTo(PayloadCause.OutOfMemory));
            Assert.That(over.Reports[1].Stage, Is.EqualTo(ReportStage.Running));
        });
    }

    [Test]
    public void A_kill_from_inside_the_job_is_no_lack_of_memory()
    {
        var group = _group = new DelegatedGroup("memory");
        var queue = _rig.Offer([AgentRig.Shell("kill -9 $$")]);
        _rig.Start("--cgroup", group.Path);
        Assert.That(_rig.Final(queue).Reports[0].Payload!.Cause, Is.EqualTo(PayloadCause.Signalled));
    }

    [Test]
    public void Memory_is_what_the_kernel_counts_for_the_group()
    {
        var group = _group = new DelegatedGroup("memory", "io");
        var queue = _rig.Offer([AgentRig.Shell("head -c 60M /dev/zero | tail -c 50M | sleep 1000") with { Resources = new Resources(1, 8000, 100, 600) }]);
        _rig.Start("--cgroup", group.Path);
        var sample = _rig.Version(queue, version => version.Reports[0].Sample is { PssKib: > 45 * 1024 }).Reports[0].Sample!;
        Assert.That(sample.PssKib, Is.InRange(50 * 1024, 80 * 1024), "what tail keeps, and the three programs");
    }

    private int Living() => CgroupFile.Below(_group!.Path).Where(path => Path.GetFileName(path)!.StartsWith("hpcgrid-", StringComparison.Ordinal))
        .SelectMany(CgroupFile.Below).Where(path => Path.GetFileName(path) != "agent").Sum(path => new JobGroup(path).Members(new ProcFile()).Count);
}
