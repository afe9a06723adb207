using HpcGrid.Agent.Processes;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Agent;

/// <summary>The kernel's files on control groups, read without any.</summary>
public sealed class CgroupRulesTests
{
    private const string Two = "30 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
    private const string Hybrid = "40 24 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
    private const string One = "36 30 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
    private const string Part = "30 24 0:27 /batch/job7 /sys/fs/cgroup rw shared:4 master:1 - cgroup2 cgroup2 rw";

    [TestCase("0::/user.slice/a", Two, "/sys/fs/cgroup/user.slice/a")]
    [TestCase("0::/", Two, "/sys/fs/cgroup")]
    [TestCase("0::/x", One + "\n" + Hybrid, "/sys/fs/cgroup/unified/x")]
    [TestCase("0::/batch/job7/step1", Part, "/sys/fs/cgroup/step1")]
    [TestCase("0::/batch/job7", Part, "/sys/fs/cgroup")]
    [TestCase("0::/batch/job77", Part, null)]
    [TestCase("4:memory:/x", One, null)]
    [TestCase("0::/x", "garbage - cgroup2", null)]
    [TestCase("", "", null)]
    public void The_own_group_is_found_below_its_mount(string membership, string mounts, string? folder) =>
        Assert.That(CgroupRules.FolderOf([membership], mounts.Split('\n')), Is.EqualTo(folder));

    [Test]
    public void Controllers_of_version_1_are_named() =>
        Assert.That(CgroupRules.VersionOne(["9:name=systemd:/", "4:memory:/a", "2:cpu,cpuacct:/", "0::/", "nonsense"]), Is.EqualTo("cpu cpuacct memory"));

    [Test]
    public void Numbers_are_read_by_the_whole_word()
    {
        var text = "oom 1\noom_kill 2\noom_group_kill 3\n"u8;
        Assert.That(CgroupRules.Number(text, "oom_kill"u8), Is.EqualTo(2));
        Assert.That(CgroupRules.Number(text, "oom_ki"u8), Is.Null);
        Assert.That(CgroupRules.Number(default, "oom"u8), Is.Null);
        Assert.That(CgroupRules.Sum("8:0 rbytes=10 wbytes=2\n9:1 rbytes=5 wbytes=x\n"u8, "rbytes="u8), Is.EqualTo(15));
    }

    [Test]
    public void The_kernels_bounds_are_never_tighter_than_the_jobs_own() =>
        Assert.That(CgroupRules.Bounds(new Resources(1, 100, 1, 1), new JobLimits { Processes = 5 }), Is.EqualTo(
            new[] { ("memory.max", $"{125 * 1024 * 1024}"), ("memory.oom.group", "1"), ("pids.max", "320") }));

    [Test]
    public void Without_a_delegated_group_there_are_none_and_one_line_says_why()
    {
        Assert.That(JobGroups.Find("n1", JobGroups.None), Is.EqualTo(((JobGroups?)null, "control groups are not used: not wanted")));
        var (groups, words) = JobGroups.Find("n1", "/proc");
        Assert.That(groups, Is.Null);
        Assert.That(words, Does.StartWith("control groups are not used: /proc is not delegated").And.Not.Contains("\n"));
    }
}
