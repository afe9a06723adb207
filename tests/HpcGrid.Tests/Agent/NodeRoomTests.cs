using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>What fits on a node beside what runs there.</summary>
public sealed class NodeRoomTests
{
    private static readonly Resources One = new(1, 100, 100, 60);
    private int _jobs;

    [Test]
    public void Fractions_of_a_core_share_one_and_no_more()
    {
        var room = Room(cores: 1);
        var half = One with { CoreThousandths = 500 };
        Assert.That(new[] { Take(room, half), Take(room, half), Take(room, half) }, Is.EqualTo(new[] { Fit.Now, Fit.Now, Fit.Later }));
    }

    [Test]
    public void A_job_with_the_node_to_itself_waits_for_all_cores_and_keeps_them()
    {
        var room = Room(cores: 4);
        var small = Run(One);
        room.Take(small, null, TimeSpan.Zero);
        var whole = Run(One with { WholeNode = true });
        Assert.That(room.Take(whole, null, TimeSpan.Zero), Is.EqualTo(Fit.Later));
        room.Give(small);
        Assert.That(room.Take(whole, null, TimeSpan.Zero), Is.EqualTo(Fit.Now));
        Assert.That((room.IdleCores, Take(room, One)), Is.EqualTo((0, Fit.Later)));
        room.Give(whole);
        Assert.That(room.IdleCores, Is.EqualTo(4));
    }

    [Test]
    public void Jobs_that_ask_for_more_than_the_node_has_never_fit()
    {
        var room = Room(cores: 4, "gpu=1");
        Assert.That(new[] { Take(room, One with { Cores = 5 }), Take(room, One with { Counted = Counters.Parse("gpu=2") }), Take(room, One with { Counted = Counters.Parse("licence=1") }) },
            Is.All.EqualTo(Fit.Never));
    }

    [Test]
    public void Each_gpu_is_given_to_one_and_fractions_stay_on_one_device()
    {
        var room = Room(cores: 8, "gpu=2");
        var (whole, part) = (One with { Counted = Counters.Parse("gpu=1") }, One with { Counted = Counters.Parse("gpu=0.6") });
        var first = Run(part);
        room.Take(first, null, TimeSpan.Zero);
        var second = Run(whole);
        room.Take(second, null, TimeSpan.Zero);
        Assert.That((first.Gpus!.Devices, second.Gpus!.Devices), Is.EqualTo(("0", "1")));
        room.Give(second);
        var third = Run(part);
        room.Take(third, null, TimeSpan.Zero);
        Assert.That(third.Gpus!.Devices, Is.EqualTo("1"));
        Assert.That(Take(room, part), Is.EqualTo(Fit.Later), "0.4 and 0.4 of two devices are not 0.6 of one");
        var none = Run(One);
        room.Take(none, null, TimeSpan.Zero);
        Assert.That(none.Gpus!.Devices, Is.Empty, "a job that asked for none sees none");
    }

    [Test]
    public void A_job_that_is_too_large_for_now_is_overtaken_for_a_while_and_not_for_ever()
    {
        var room = Room(cores: 2);
        var running = Run(One);
        room.Take(running, null, TimeSpan.Zero);
        var large = Run(One with { Cores = 2 });
        Assert.That(room.Take(large, null, TimeSpan.Zero), Is.EqualTo(Fit.Later));
        var small = Run(One);
        Assert.That(room.MayStart(small, TimeSpan.FromSeconds(59)), Is.True);
        Assert.That(room.MayStart(small, TimeSpan.FromSeconds(61)), Is.False);
        Assert.That(room.MayStart(large, TimeSpan.FromSeconds(61)), Is.True);
        room.Give(running);
        Assert.That(room.Take(large, null, TimeSpan.FromSeconds(62)), Is.EqualTo(Fit.Now));
        room.Give(large);
        Assert.That(room.MayStart(small, TimeSpan.FromSeconds(63)), Is.True);
    }

    private static NodeRoom Room(int cores, string counters = "") =>
        new(new Room(cores * (long)Counters.One, 10_000, 10_000) { Counters = Counters.Parse(counters) });

    private Fit Take(NodeRoom room, Resources need) => room.Take(Run(need), null, TimeSpan.Zero);

    private JobRun Run(Resources need)
    {
        var job = new QueuedJob(new AttemptId(++_jobs, 1), 0, [], "");
        var queue = new WorkQueue(new WorkQueueHeader(new QueueName(1, 1), 1, true, StartMode.Optimistic), [job], new Dictionary<string, byte[]>());
        return new JobRun(new QueueRun(queue, TimeSpan.Zero), job) { Spec = new JobSpec { User = "jdoe", Argv = ["/bin/true"], Resources = need } };
    }
}
