using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Agent;

/// <summary>Measuring and judging, without an agent.</summary>
public sealed class MonitoringTests
{
    private static readonly JobSample Sample = new() { Job = 1, Attempt = 1, At = DateTimeOffset.UnixEpoch };
    private static readonly Resources Need = new(1, 100, 100, 60);
    private static readonly TimeSpan Cheap = TimeSpan.FromMilliseconds(1);

    [Test]
    public void Memory_is_judged_with_shared_pages_divided_and_swap_added()
    {
        var shared = Sample with { RssKib = 500 * 1024, PssKib = 40 * 1024, SwapKib = 10 * 1024 };
        Assert.That(ShareOf(PayloadCause.MemoryLimit, shared), Is.EqualTo(0.5).Within(1e-9));
        Assert.That(ShareOf(PayloadCause.MemoryLimit, shared with { PssKib = 0, SwapKib = 0 }), Is.EqualTo(5).Within(1e-9));
    }

    [Test]
    public void Each_limit_has_a_share_of_its_own_and_the_most_used_comes_first()
    {
        var uses = LimitRules.Judge(Sample with { DiskKib = 90 * 1024, OutputKib = 512 * 1024, Processes = 4096 }, Need, JobLimits.Default, TimeSpan.Zero);
        Assert.That(uses.Select(use => use.Cause), Is.EqualTo(
            new[] { PayloadCause.ProcessLimit, PayloadCause.DiskLimit, PayloadCause.OutputLimit, PayloadCause.MemoryLimit }));
        Assert.That(uses.Select(use => use.Share), Is.EqualTo(new[] { 1, 0.9, 0.5, 0 }).Within(1e-9));
    }

    [Test]
    public void Idleness_is_judged_only_when_it_is_limited()
    {
        var idle = TimeSpan.FromSeconds(30);
        Assert.That(LimitRules.Judge(Sample, Need, JobLimits.Default, idle).Select(use => use.Cause), Has.None.EqualTo(PayloadCause.IdleLimit));
        var limited = LimitRules.Judge(Sample, Need, JobLimits.Default with { IdleSeconds = 20 }, idle);
        Assert.That(limited[0].Share, Is.EqualTo(1.5).Within(1e-9));
    }

    [TestCase(0.5, 0.0, 1000)]
    [TestCase(0.5, 0.01, 1000)]
    [TestCase(0.5, 0.5, 500)]
    [TestCase(0.9, 5, 100)]
    [TestCase(2.0, 5, 1000)]
    public void Looks_come_sooner_when_a_use_grows_towards_its_limit(double share, double perSecond, double milliseconds) =>
        Assert.That(LimitRules.NextLook(share, perSecond, Cheap).TotalMilliseconds, Is.EqualTo(milliseconds).Within(1));

    [Test]
    public void Dear_looks_come_seldom_however_a_use_grows()
    {
        var dear = TimeSpan.FromMilliseconds(50);
        Assert.That(LimitRules.NextLook(0, 0, dear), Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That(LimitRules.NextLook(0.9, 100, dear), Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void Who_only_waits_is_idle_and_who_works_a_little_is_not()
    {
        var use = new JobUse();
        use.Start(TimeSpan.Zero);
        use.Take(Sample with { CpuSeconds = 0.05 }, TimeSpan.FromSeconds(1));
        use.Take(Sample with { CpuSeconds = 0.06 }, TimeSpan.FromSeconds(100));
        Assert.That(use.Idle(TimeSpan.FromSeconds(100)), Is.EqualTo(TimeSpan.FromSeconds(99)));
        use.Take(Sample with { CpuSeconds = 2 }, TimeSpan.FromSeconds(101));
        Assert.That(use.Idle(TimeSpan.FromSeconds(101)), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_stat_line_is_read_whatever_the_process_is_called()
    {
        var line = "17 (a) R (b c) S 1 18 19 0 -1 4194560 1 2 3 4 100 50 7 3 20 0 5 0 4242 1000000 256 18446744073709551615"u8;
        var entry = ProcessEntry.Parse(17, line)!.Value;
        Assert.That((entry.Parent, entry.Group, entry.Session, entry.State, entry.Threads, entry.Started), Is.EqualTo((1, 18, 19, 'S', 5, 4242L)));
        Assert.That((entry.OwnTicks, entry.Ticks, entry.RssKib), Is.EqualTo((150L, 160L, 256L * Environment.SystemPageSize / 1024)));
        Assert.That(ProcessEntry.Parse(17, "17 (x) Z 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"u8), Is.Null);
        Assert.That(ProcessEntry.Parse(17, "17 (cut short) S 1"u8), Is.Null);
        Assert.That(ProcessEntry.Parse(17, default), Is.Null);
    }

    [Test]
    public void The_kernels_counter_tells_of_out_of_memory_kills_once()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n");
            var witness = new OomWitness(file);
            Assert.That(witness.HasKilled(), Is.False);
            File.WriteAllText(file, "low 0\noom 2\noom_kill 3\n");
            Assert.That(witness.HasKilled(), Is.True);
            Assert.That(witness.HasKilled(), Is.False);
        }
        finally { File.Delete(file); }
        Assert.That(new OomWitness("/nowhere").HasKilled(), Is.False);
    }

    [TestCase("0::/a/b", "/sys/fs/cgroup/a/b/memory.events")]
    [TestCase("0::/", "/sys/fs/cgroup/memory.events")]
    [TestCase("9:cpu,memory:/x", "/sys/fs/cgroup/memory/x/memory.oom_control")]
    [TestCase("9:cpu:/x", "/proc/vmstat")]
    [TestCase("nonsense", "/proc/vmstat")]
    public void The_counter_is_the_agents_own_cgroups(string line, string file) =>
        Assert.That(OomWitness.CgroupFile([line], _ => true), Is.EqualTo(file));

    [Test]
    public void Where_the_cgroup_cannot_be_read_the_nodes_counter_counts() =>
        Assert.That(OomWitness.CgroupFile(["0::/a"], _ => false), Is.EqualTo("/proc/vmstat"));

    [Test]
    public void A_peak_that_is_not_above_the_starters_own_says_nothing([Values] bool large)
    {
        using var host = System.Diagnostics.Process.GetCurrentProcess();
        var ours = host.PeakWorkingSet64 / 1024 / 1024;
        var folder = Directory.CreateTempSubdirectory("hpcgrid-peak-").FullName;
        using var spawner = new Spawner();
        string[] words = large ? ["/bin/sh", "-c", $"head -c {ours + 500}M /dev/zero | tail -c {ours + 400}M | wc -c"] : ["/bin/true"];
        var started = spawner.Start(new SpawnOrder(words[0], words, ["PATH=/usr/bin:/bin"], folder, folder + "/out", folder + "/err", OutputFiles.Truncate));
        var exit = Reaper.Wait(started.ProcessId, TimeProvider.System)!;
        Directory.Delete(folder, recursive: true);
        Assert.That(exit.ExitCode, Is.Zero);
        if (large) Assert.That(exit.MaxRssKib, Is.GreaterThan(ours * 1024));
        else Assert.That(exit.MaxRssKib, Is.Zero);
    }

    [Test]
    public void GPUs_are_read_as_nvidia_smi_tells_them()
    {
        var reading = GpuReading.Parse(["GPU-aa, 80", "GPU-bb, 20", "GPU-cc, [N/A]", "GPU-aa, 17, 1000", "GPU-bb, 18, [Not Supported]", "GPU-aa, 99, 5", "garbage", ""]);
        Assert.Multiple(() =>
        {
            Assert.That(reading.Of([17]), Is.EqualTo((0.8, 1000 * 1024L)));
            Assert.That(reading.Of([17, 18]), Is.EqualTo((0.5, 1000 * 1024L)));
            Assert.That(reading.Of([5]), Is.EqualTo((0.0, 0L)));
        });
    }

    private static double ShareOf(PayloadCause cause, JobSample sample) =>
        LimitRules.Judge(sample, Need, JobLimits.Default, TimeSpan.Zero).Single(use => use.Cause == cause).Share;
}
