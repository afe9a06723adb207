using HpcGrid.Core;
using HpcGrid.Spool;
using Limits = HpcGrid.Spool.Limits;

namespace HpcGrid.Tests.Spool;

public sealed class TimingTests
{
    private const string Mounts =
        "/dev/vda / ext4 rw 0 0\n"
        + "server:/export /home nfs rw,vers=3,acdirmax=30,hard 0 0\n"
        + "server:/export /home/fast nfs4 rw,actimeo=1 0 0\n"
        + "server:/other /nfs nfs4 rw,hard 0 0\n"
        + "10.99.0.1:/hgv /mnt/with\\040blank fuse.glusterfs rw 0 0\n"
        + "me@host:/ /ssh fuse.sshfs rw 0 0\n";

    [TestCase(0xEF53, "/x", "local", 0)]
    [TestCase(0x0BD00BD0, "/x", "lustre", 5)]
    [TestCase(0x47504653, "/x", "gpfs", 5)]
    [TestCase(0x19830326, "/x", "beegfs", 3)]
    [TestCase(0x00C36400, "/x", "ceph", 5)]
    [TestCase(0x6969, "/home/spool", "nfs", 35)]
    [TestCase(0x6969, "/home/fast/spool", "nfs", 6)]
    [TestCase(0x6969, "/nfs", "nfs", 65)]
    [TestCase(0x65735546, "/mnt/with blank/spool", "fuse.glusterfs", 2)]
    [TestCase(0x65735546, "/ssh/spool", "fuse.sshfs", 65)]
    [TestCase(0x12345678, "/x", "ext4", 65)]
    public void The_caching_bound_follows_filesystem_and_mount_options(long magic, string path, string kind, int seconds) =>
        Assert.That(CachingBound.From(magic, path, Mounts), Is.EqualTo(new CachingBound(kind, TimeSpan.FromSeconds(seconds))));

    [Test]
    public void The_caching_bound_of_a_real_directory_is_found() =>
        Assert.That(CachingBound.Of(new PosixFs(), Path.GetTempPath()).Bound, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(65)));

    [Test]
    public void The_defaults_keep_their_order_on_every_mount([Values(0, 2, 5, 65, 300)] int seconds, [Values(1, 0.1)] double factor)
    {
        var timing = SpoolTiming.For(TimeSpan.FromSeconds(seconds));
        Assert.That(timing.Check(), Is.SameAs(timing));
        if (seconds <= 2) Assert.That(timing.Scaled(factor).Check().Heartbeat, Is.EqualTo(TimeSpan.FromSeconds(10) * factor));
    }

    [Test]
    public void A_hundred_times_quicker_works_on_one_machine() => Assert.That(SpoolTiming.For(TimeSpan.Zero).Scaled(0.01).Check().PollMin, Is.EqualTo(TimeSpan.FromMilliseconds(5)));

    [Test]
    public void A_timing_in_which_a_living_agent_could_be_given_up_is_refused()
    {
        var good = SpoolTiming.For(TimeSpan.FromSeconds(5));
        SpoolTiming[] bad =
        [
            good with { Dead = good.LeaseKill },
            good with { LeaseKill = good.LeaseStart },
            good with { LeaseInterval = good.LeaseStart },
            good with { Suspect = good.Heartbeat },
            good with { PublishMin = good.PublishMax * 2 },
            good with { PollMin = TimeSpan.Zero },
            good with { Lost = TimeSpan.Zero },
            good with { FinalMargin = good.DrainMargin * 2 },
        ];
        Assert.Multiple(() => { foreach (var timing in bad) Assert.Throws<GridError>(() => timing.Check(), timing.ToString()); });
    }

    [Test]
    public void A_token_bucket_gives_its_burst_and_then_its_rate()
    {
        var bucket = new TokenBucket(rate: 10, burst: 5);
        Assert.That(Enumerable.Range(0, 6).Count(_ => bucket.TryTake(Seconds(100), 1)), Is.EqualTo(5));
        Assert.That(bucket.TryTake(Seconds(100.05), 1), Is.False);
        Assert.That(bucket.TryTake(Seconds(100.1), 1), Is.True);
        Assert.That(bucket.TryTake(Seconds(200), 20), Is.True, "more than it holds passes when it is full");
        Assert.That(bucket.TryTake(Seconds(201), 1), Is.False, "and leaves a debt");
        Assert.That(bucket.TryTake(Seconds(202), 1), Is.True);
    }

    [Test]
    public void Polls_become_rarer_until_something_happens()
    {
        var poll = new PollInterval(Seconds(0.5), Seconds(15));
        var pauses = Enumerable.Range(0, 12).Select(_ => poll.Next(0.5).TotalSeconds).ToList();
        Assert.That(pauses[..3], Is.EqualTo(new[] { 0.5, 0.75, 1.125 }).Within(1e-6));
        Assert.That((pauses[^1], poll.Rests), Is.EqualTo((15, true)));
        poll.Reset();
        Assert.That(poll.Rests, Is.False);
        Assert.That(poll.Next(0).TotalSeconds, Is.EqualTo(0.375).Within(1e-6));
        poll.Reset();
        Assert.That(poll.Next(1).TotalSeconds, Is.EqualTo(0.625).Within(1e-6));
    }

    [TestCase(64, 12.8, 86400, 4.8, 480, Description = "20 claim latencies")]
    [TestCase(64, 12.8, 600, 4.8, 480, Description = "a quarter of the walltime is more")]
    [TestCase(64, 12.8, 60, 4.8, 75, Description = "a quarter of the walltime is less")]
    [TestCase(1, 3600, 86400, 4.8, 1, Description = "never none")]
    [TestCase(64, 0.01, 86400, 4.8, 1024)]
    public void A_file_in_bulk_is_worth_its_latency(int slots, double seconds, int walltime, double latency, int expected) =>
        Assert.That(QueueSizing.Worthwhile(slots, seconds, Seconds(walltime), Seconds(latency)), Is.EqualTo(expected));

    [TestCase(1000, 4, 1, 60, 86400, 125, Description = "ceil(R/2P)")]
    [TestCase(1_000_000, 4, 1, 60, 864000, 1024, Description = "at most 1024")]
    [TestCase(3, 4, 1, 60, 86400, 1, Description = "the last ones one by one")]
    [TestCase(1000, 4, 1, 60, 3600, 15, Description = "a quarter of the walltime")]
    [TestCase(1000, 4, 8, 60, 3600, 120, Description = "a quarter of the walltime on eight slots")]
    [TestCase(100, 10, 1, 0.1, 3600, 10, Description = "worth the latency, within an even share")]
    [TestCase(10, 4, 1, 7200, 3600, 1, Description = "never none")]
    [TestCase(1, 0, 0, 60, 3600, 1, Description = "nobody there yet")]
    public void Queue_files_are_large_early_and_small_late(long jobs, int agents, int slots, double seconds, int walltime, int expected) =>
        Assert.That(QueueSizing.Rows(jobs, agents, slots, seconds, Seconds(walltime), Seconds(1)), Is.EqualTo(expected));

    [Test]
    public void Handing_out_by_that_rule_ends_and_never_exceeds_what_there_is()
    {
        var left = 10_000L;
        var files = 0;
        while (left > 0)
        {
            var rows = QueueSizing.Rows(left, 8, 4, null, Seconds(3600), Seconds(1));
            Assert.That(rows, Is.InRange(1, Math.Min(left, Limits.JobsPerQueue)));
            left -= rows;
            files++;
        }
        Assert.That(files, Is.LessThan(150));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
