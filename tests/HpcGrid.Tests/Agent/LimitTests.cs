using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>Payloads that pass a limit are stopped, the report says which, and the job beside them notices nothing.</summary>
public sealed class LimitTests
{
    private readonly AgentRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void Memory() => Stopped(AgentRig.Payload("allocate", "400", "60000"), PayloadCause.MemoryLimit, "MiB of memory where 200 MiB are allowed (MemorySize)");

    [Test]
    public void Memory_of_many_processes_together() =>
        Stopped(AgentRig.Shell($"for i in 1 2 3; do {AgentRig.PayloadPath} allocate 100 60000 & done; wait"), PayloadCause.MemoryLimit, "of memory");

    [Test]
    public void Disk_in_the_sandbox() =>
        Stopped(AgentRig.Shell("mkdir -p a/b; head -c 60000000 /dev/zero > a/b/big; sleep 1000"), PayloadCause.DiskLimit, "MiB of disk where 20 MiB are allowed");

    [Test]
    public void Disk_in_the_temporary_folder() =>
        Stopped(AgentRig.Shell("head -c 60000000 /dev/zero > $TMPDIR/big; sleep 1000"), PayloadCause.DiskLimit, "of disk");

    [Test]
    public void Holes_take_no_disk()
    {
        var report = Run(Limited(AgentRig.Shell("truncate -s 10G hole; sleep 1.5; rm hole")));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
    }

    [Test]
    public void Processes() => Stopped(AgentRig.Payload("crowd", "150"), PayloadCause.ProcessLimit, "processes where 100 are allowed (MaxProcesses)");

    [Test]
    public void Idleness() => Stopped(
        AgentRig.Shell("sleep 1000") with { Limits = JobLimits.Default with { IdleSeconds = 1 } }, PayloadCause.IdleLimit, "no CPU for");

    [Test]
    public void A_payload_that_works_is_not_idle()
    {
        var report = Run(AgentRig.Payload("burn", "2500") with { Limits = JobLimits.Default with { IdleSeconds = 1 } });
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
            Assert.That(report.Payload!.Cause, Is.EqualTo(PayloadCause.Exited));
            Assert.That(report.Sample!.CpuSeconds, Is.Positive);
            Assert.That(report.Payload.MaxRssKib, Is.Positive, "what the kernel hides behind the agent's own size was measured");
        });
    }

    [Test]
    public void Ten_gigabytes_of_output_are_stopped_early()
    {
        var report = Stopped(AgentRig.Payload("flood", "10"), PayloadCause.OutputLimit, "MiB of standard output and error where 10 MiB are allowed (MaxOutputSize)");
        Assert.Multiple(() =>
        {
            Assert.That(report.StdoutTail, Has.Length.EqualTo(16 * 1024));
            Assert.That(report.Sample!.OutputKib, Is.LessThan(5 * 1024 * 1024), "half of it at the very most");
        });
    }

    [Test]
    public void Time_though_TERM_is_ignored()
    {
        var report = Stopped(AgentRig.Payload("stubborn") with { Resources = new Resources(1, 200, 20, 1) }, PayloadCause.TimeLimit, "TTL of 1 s");
        Assert.That(report.Payload!.Signal, Is.EqualTo(9));
    }

    [Test]
    public void A_limit_that_is_near_is_told_while_the_job_runs()
    {
        var queue = _rig.Offer([Limited(AgentRig.Shell("head -c 9900000 /dev/zero; sleep 1000"))]);
        _rig.Start();
        var version = _rig.Version(queue, version => version.Notes.Count > 0);
        Assert.That(version.Final, Is.False);
        Assert.That(version.Notes.Single().Text, Is.EqualTo("near a limit: 9 MiB of standard output and error where 10 MiB are allowed (MaxOutputSize)"));
    }

    [Test]
    public void A_running_job_is_measured()
    {
        var queue = _rig.Offer([AgentRig.Shell("head -c 3000000 /dev/zero > big; exec 5<big; sleep 1000 & sleep 1000")]);
        _rig.Start();
        var sample = _rig.Version(queue, version => version.Reports[0].Sample is { DiskKib: > 0, OpenFiles: > 0 }).Reports[0].Sample!;
        Assert.Multiple(() =>
        {
            Assert.That((sample.Job, sample.Attempt), Is.EqualTo((1000L, 1)));
            Assert.That(sample.Processes, Is.InRange(2, 3));
            Assert.That(sample.RssKib, Is.GreaterThan(500));
            Assert.That(sample.PssKib, Is.InRange(1, sample.RssKib));
            Assert.That(sample.DiskKib, Is.InRange(2900, 3200));
            Assert.That(sample.At, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(10)));
        });
    }

    [Test]
    public void GPUs_of_a_job_are_measured_where_nvidia_smi_is()
    {
        Tool("""
            #!/bin/sh
            case $1 in
            *apps*) for process in /proc/[0-9]*; do grep -qsz HPCGRID_ATTEMPT=1000.1 $process/environ && echo "GPU-1, ${process#/proc/}, 512"; done; exit 0 ;;
            *) echo 'GPU-1, 75' ;;
            esac
            """);
        var queue = _rig.Offer([AgentRig.Shell("exec sleep 1000"), AgentRig.Shell("exec sleep 1000")]);
        _rig.Start();
        var reports = _rig.Version(queue, version => version.Reports.Count(report => report.Sample is { GpuShare: not null }) == 2).Reports;
        Assert.That(reports.Select(report => (report.Sample!.GpuShare, report.Sample.GpuMemoryKib)),
            Is.EqualTo(new (double?, long?)[] { (0.75, 512 * 1024), (0, 0) }));
    }

    [Test]
    public void A_broken_nvidia_smi_harms_nobody()
    {
        Tool("#!/bin/sh\nexit 1");
        var queue = _rig.Offer([AgentRig.Shell("sleep 1000"), AgentRig.Shell("echo unharmed")]);
        _rig.Start();
        var reports = _rig.Version(queue, version => version.Reports.Count == 2 && version.Reports[0].Sample is not null && version.Reports[1].Outcome is not null).Reports;
        Assert.That(reports[0].Sample!.GpuShare, Is.Null);
        Assert.That((reports[1].Outcome, reports[1].StdoutTail), Is.EqualTo((Outcome.Succeeded, "unharmed\n")));
    }

    private void Tool(string script)
    {
        _rig.Tools = Path.Combine(_rig.Folder, "tools");
        Directory.CreateDirectory(_rig.Tools);
        File.WriteAllText(_rig.Tools + "/nvidia-smi", script);
        File.SetUnixFileMode(_rig.Tools + "/nvidia-smi", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Test]
    public void Error_outputs_of_a_stopped_job_are_collected()
    {
        var queue = _rig.Offer([Limited(AgentRig.Payload("flood", "10")) with
        {
            ErrorOutputs = [new OutputRule(null, ["diagnosis"], [])],
            Argv = ["/bin/sh", "-c", $"echo useful > diagnosis; {AgentRig.PayloadPath} flood 10"],
        }]);
        _rig.Start("--grace", "0.2");
        var version = _rig.Final(queue);
        Assert.That(version.Reports[0].Outcome, Is.EqualTo(Outcome.LimitExceeded));
        Assert.That(_rig.Bytes(version, version.Reports[0].Outputs.Single()), Is.EqualTo("useful\n"u8.ToArray()));
    }

    private static JobSpec Limited(JobSpec spec) => spec with
    {
        Resources = spec.Resources.TtlSeconds == 60 ? new Resources(1, 200, 20, 60) : spec.Resources,
        Limits = spec.Limits == JobLimits.Default ? new JobLimits { OutputMib = 10, Processes = 100 } : spec.Limits,
    };

    private JobReport Run(JobSpec spec) => Run([spec]).Reports[0];

    private WorkQueueVersion Run(IReadOnlyCollection<JobSpec> specs)
    {
        var queue = _rig.Offer(specs);
        _rig.Start("--grace", "0.2");
        return _rig.Final(queue);
    }

    /// <summary>Runs it beside another job; both must end as they should, and nothing is left.</summary>
    private JobReport Stopped(JobSpec spec, PayloadCause cause, string words)
    {
        var version = Run([Limited(spec), AgentRig.Shell("sleep 1; echo unharmed")]);
        var (report, neighbour) = (version.Reports[0], version.Reports[1]);
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.LimitExceeded), report.Reason);
            Assert.That(report.Reason, Does.Contain(words));
            Assert.That(report.Payload!.Cause, Is.EqualTo(cause));
            Assert.That((neighbour.Outcome, neighbour.StdoutTail), Is.EqualTo((Outcome.Succeeded, "unharmed\n")));
            Assert.That(_rig.PayloadProcesses(), Is.Empty);
        });
        return report;
    }
}
