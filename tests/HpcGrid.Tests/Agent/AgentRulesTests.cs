using HpcGrid.Agent;
using HpcGrid.Core;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>The decisions, without any process or clock.</summary>
public sealed class AgentRulesTests
{
    private static readonly SpoolTiming Timing = SpoolTiming.For(TimeSpan.FromSeconds(5));
    private static readonly AgentFacts Facts = new(Seconds(100), Liveness.Live, false, null, null);
    private static readonly ClaimFacts Idle = new(Standing.Working, new Room(1000, 1, 1), 0, 0, false);

    [TestCase(100, Standing.Working)]
    [TestCase(225, Standing.Working)]
    [TestCase(226, Standing.Holding)]
    [TestCase(405, Standing.Holding)]
    [TestCase(406, Standing.Abandoned)]
    public void An_old_lease_first_stops_starts_and_then_kills(int now, object standing) =>
        Assert.That(AgentRules.Judge(Facts, Timing, Seconds(now)), Is.EqualTo(standing));

    [Test]
    public void A_fence_is_stronger_than_anything() =>
        Assert.That(AgentRules.Judge(Facts with { Liveness = Liveness.Fenced, DrainAsked = true }, Timing, Seconds(100)), Is.EqualTo(Standing.Gone));

    [Test]
    public void Not_seeing_its_directory_only_holds_while_the_lease_is_fresh()
    {
        var unseen = Facts with { Liveness = Liveness.Unknown };
        Assert.That(AgentRules.Judge(unseen, Timing, Seconds(101)), Is.EqualTo(Standing.Holding));
        Assert.That(AgentRules.Judge(unseen, Timing, Seconds(500)), Is.EqualTo(Standing.Gone));
    }

    [TestCase(149, Standing.Working)]
    [TestCase(150, Standing.Draining)]
    [TestCase(160, Standing.Stopping)]
    public void Towards_its_end_it_drains_and_then_stops(int now, object standing) =>
        Assert.That(AgentRules.Judge(Facts with { DrainAt = Seconds(150), StopAt = Seconds(160) }, Timing, Seconds(now)), Is.EqualTo(standing));

    [Test]
    public void The_next_judgement_is_the_next_time_the_answer_can_change()
    {
        var facts = Facts with { DrainAt = Seconds(150), StopAt = Seconds(160) };
        Assert.That(AgentRules.NextJudgement(facts, Timing, Seconds(100)), Is.EqualTo(Seconds(150)));
        Assert.That(AgentRules.NextJudgement(facts, Timing, Seconds(151)), Is.EqualTo(Seconds(160)));
        Assert.That(AgentRules.NextJudgement(Facts, Timing, Seconds(151)), Is.EqualTo(Seconds(225)));
    }

    [TestCase(1, 10, 100, Fit.Now)]
    [TestCase(3, 10, 100, Fit.Later)]
    [TestCase(1, 60, 100, Fit.Later)]
    [TestCase(5, 10, 100, Fit.Never)]
    [TestCase(1, 101, 100, Fit.Never)]
    [TestCase(1, 10, 301, Fit.Never)]
    public void A_job_fits_by_cores_memory_and_time(int cores, long memory, int ttl, object fit) =>
        Assert.That(AgentRules.FitOf(new Resources(cores, memory, 1, ttl), new Room(2000, 50, 10), new Room(4000, 100, 10), Seconds(300)), Is.EqualTo(fit));

    [Test]
    public void It_claims_only_for_idle_cores_when_nothing_waits_and_results_can_be_delivered()
    {
        Assert.Multiple(() =>
        {
            Assert.That(AgentRules.ShouldClaim(Idle));
            Assert.That(AgentRules.ShouldClaim(Idle with { Free = default }), Is.False);
            Assert.That(AgentRules.ShouldClaim(Idle with { Waiting = 1 }), Is.False);
            Assert.That(AgentRules.ShouldClaim(Idle with { Unacked = 64 }), Is.False);
            Assert.That(AgentRules.ShouldClaim(Idle with { DeliveryFails = true }), Is.False);
            Assert.That(AgentRules.ShouldClaim(Idle with { Standing = Standing.Draining }), Is.False);
        });
    }

    [TestCase(0.09, true)]
    [TestCase(0.11, false)]
    public void It_claims_the_next_file_so_early_that_no_core_is_idle_meanwhile(double secondsOfWork, bool claims)
    {
        var busy = Idle with { Free = default, Waiting = 100, SecondsOfWork = secondsOfWork };
        Assert.Multiple(() =>
        {
            Assert.That(AgentRules.ShouldClaim(busy), Is.EqualTo(claims));
            Assert.That(AgentRules.ShouldClaim(busy with { DeliveryFails = true }), Is.False);
            Assert.That(AgentRules.ShouldClaim(busy with { Standing = Standing.Draining }), Is.False);
        });
    }

    [Test]
    public void After_an_acknowledgement_or_a_claim_that_may_begin_nothing_more_is_expected()
    {
        var nothing = new Polled(Liveness.Live, null, [], [], []);
        Assert.Multiple(() =>
        {
            Assert.That(AgentRules.MayHearMore(nothing), Is.False);
            Assert.That(AgentRules.MayHearMore(nothing with { Messages = [Message(new Ack(new QueueName(1, 1)))] }), Is.False);
            Assert.That(AgentRules.MayHearMore(nothing with { Messages = [Message(new Ack(new QueueName(1, 1))), Message(new HpcGrid.Spool.Drain())] }));
            Assert.That(AgentRules.MayHearMore(nothing with { Claimed = [Claim(StartMode.Optimistic)] }), Is.False);
            Assert.That(AgentRules.MayHearMore(nothing with { Claimed = [Claim(StartMode.Acked)] }));
        });

        static ReceivedMessage Message(ControlMessage message) => new(1, message);

        static WorkQueue Claim(StartMode start) => new(new WorkQueueHeader(new QueueName(1, 1), 1, true, start), [], new Dictionary<string, byte[]>());
    }

    [TestCase(Standing.Working, 15, false)]
    [TestCase(Standing.Working, 16, true)]
    [TestCase(Standing.Draining, 1, true)]
    public void Acknowledgements_are_waited_for_at_the_end_and_when_much_is_held(object standing, int unacked, bool waits) =>
        Assert.That(AgentRules.NeedsAcks((Standing)standing, unacked), Is.EqualTo(waits));

    [Test]
    public void Near_its_end_it_takes_the_longest_offers_that_fit_and_leaves_the_short_ones_to_others() =>
        Assert.That(Chosen(1000, (1, 300), (2, 900), (3, 2000), (4, 100), (5, 900), (6, 600), (7, 200)), Is.EqualTo(new[] { 2, 5, 6, 1 }));

    [Test]
    public void With_much_time_or_no_end_it_takes_the_oldest_offers([Values(100_000, null)] int? left) =>
        Assert.That(Chosen(left, (1, 300), (2, 900), (3, 2000), (4, 100), (5, 900)), Is.EqualTo(new[] { 1, 2, 3, 4 }));

    [Test]
    public void Nothing_is_chosen_when_nothing_fits_into_the_time_that_is_left() =>
        Assert.That(Chosen(299, (1, 300), (2, 900)), Is.Empty);

    /// <summary>Three offers of two shards out of four: six or so lie in the pool.</summary>
    [TestCase(48, 48)]
    [TestCase(49, 1)]
    public void A_short_offer_that_eight_times_the_pool_has_overtaken_goes_first(int lag, int first) =>
        Assert.That(Chosen(1000, (1, 100), (lag, 900), (1 + lag, 800))[0], Is.EqualTo(first));

    [TestCase(true, false, false, "1 1 1I 1 1 1I")]
    [TestCase(true, true, false, "1 I 1 I 1 I")]
    [TestCase(true, false, true, "P I P I P I")]
    [TestCase(false, true, false, "I I I I I I")]
    [TestCase(false, false, false, "I I I I I I")]
    [TestCase(false, false, true, "I I I I I I")]
    public void At_rest_a_look_lists_what_matters_most(bool wants, bool holds, bool kept, string expected) =>
        Assert.That(Looks(new LookFacts(wants, holds, kept, Rests: true)), Is.EqualTo(expected));

    [TestCase(true, "PI PI PI PI PI PI")]
    [TestCase(false, "I I I I I I")]
    public void While_something_moves_a_look_lists_all_that_is_waited_for(bool wants, string expected)
    {
        foreach (var holds in (bool[])[true, false])
            Assert.That(Looks(new LookFacts(wants, holds, IsKept: false, Rests: false)), Is.EqualTo(expected));
    }

    /// <summary>Six looks: P for the pool, 1 for a directory of it, I for the inbox.</summary>
    private static string Looks(LookFacts facts)
    {
        var (looks, withoutInbox) = (new List<string>(), 0);
        while (looks.Count < 6)
        {
            var (pool, inbox) = AgentRules.Listed(facts, withoutInbox);
            withoutInbox = inbox ? 0 : withoutInbox + 1;
            looks.Add(pool switch { PoolListing.UntilEnough => "P", PoolListing.OneDirectory => "1", _ => "" } + (inbox ? "I" : ""));
        }
        return string.Join(' ', looks);
    }

    [Test]
    public void A_final_version_is_published_at_once_others_soon_and_not_too_often()
    {
        var changed = new PublishFacts(true, Seconds(10), null, false, TimeSpan.Zero, 0);
        Assert.Multiple(() =>
        {
            Assert.That(AgentRules.PublishDue(changed with { Changed = false }, Timing), Is.Null);
            Assert.That(AgentRules.PublishDue(changed with { AllOver = true }, Timing), Is.EqualTo(TimeSpan.Zero));
            Assert.That(AgentRules.PublishDue(changed, Timing), Is.EqualTo(Seconds(10.05)));
            Assert.That(AgentRules.PublishDue(changed with { PublishedAt = Seconds(9) }, Timing), Is.EqualTo(Seconds(11)));
            Assert.That(AgentRules.PublishDue(changed with { PublishedAt = Seconds(9), Bytes = 3 * 96 << 10 }, Timing), Is.EqualTo(Seconds(17)));
            Assert.That(AgentRules.PublishDue(changed with { PublishedAt = Seconds(9), Bytes = 3 << 20 }, Timing), Is.EqualTo(Seconds(25)));
            Assert.That(AgentRules.PublishDue(changed with { AllOver = true, NotBefore = Seconds(30) }, Timing), Is.EqualTo(Seconds(30)));
        });
    }

    [Test]
    public void Of_many_short_jobs_only_what_went_wrong_is_told_before_the_final_version_or_P_max()
    {
        var bulk = new PublishFacts(true, Seconds(10), null, false, TimeSpan.Zero, 0) { Jobs = 512, JobSeconds = 1, ClaimedAt = Seconds(8) };
        var local = AgentRules.TimingFor(TimeSpan.Zero, 1);
        Assert.Multiple(() =>
        {
            Assert.That(AgentRules.PublishDue(bulk, Timing), Is.EqualTo(Seconds(68)));
            Assert.That(AgentRules.PublishDue(bulk, local), Is.EqualTo(Seconds(28)));
            Assert.That(AgentRules.PublishDue(bulk with { PublishedAt = Seconds(9) }, Timing), Is.EqualTo(Seconds(69)));
            Assert.That(AgentRules.PublishDue(bulk with { AllOver = true }, Timing), Is.EqualTo(TimeSpan.Zero));
            Assert.That(AgentRules.PublishDue(bulk with { IsUrgent = true }, Timing), Is.EqualTo(Seconds(10.05)), "one failed");
            Assert.That(AgentRules.PublishDue(bulk with { JobSeconds = 60 }, Timing), Is.EqualTo(Seconds(10.05)), "long jobs");
            Assert.That(AgentRules.PublishDue(bulk with { JobSeconds = null }, Timing), Is.EqualTo(Seconds(10.05)), "nothing is known");
            Assert.That(AgentRules.PublishDue(bulk with { Jobs = 100 }, Timing), Is.EqualTo(Seconds(10.05)), "few jobs");
        });
    }

    [Test]
    public void A_short_pilot_has_short_margins()
    {
        Assert.That(AgentRules.Margins(Seconds(7200), null, null, Timing), Is.EqualTo((Seconds(6600), Seconds(7080))));
        Assert.That(AgentRules.Margins(Seconds(100), null, null, Timing), Is.EqualTo((Seconds(80), Seconds(90))));
        Assert.That(AgentRules.Margins(Seconds(100), Seconds(10), Seconds(20), Timing), Is.EqualTo((Seconds(80), Seconds(80))));
    }

    [Test]
    public void Options_that_are_wrong_are_named()
    {
        string[] good = ["--spool", "/s", "--node", "n", "--site", "s", "--work", "/w"];
        Assert.Multiple(() =>
        {
            Assert.That(AgentOptions.Parse([.. good, "--cores", "3", "--idle-exit", "0.5"]).IdleExit, Is.EqualTo(Seconds(0.5)));
            foreach (var (wrong, why) in new (string[], string)[]
                { (["--colour", "red"], "--colour is not known"), (["--cores", "many"], "--cores many"), (["--cores"], "needs a value"), (["x", "y"], "'x'") })
                Assert.That(() => AgentOptions.Parse([.. good, .. wrong]), Throws.TypeOf<GridError>().With.Message.Contains(why));
            Assert.That(() => AgentOptions.Parse(["--node", "n"]), Throws.TypeOf<GridError>().With.Message.Contains("--spool is missing"));
        });
    }

    /// <summary>Numbers of the offers that one is claimed of; the pool has four shards.</summary>
    private static List<long> Chosen(int? left, params (long Number, int Ttl)[] offers) =>
    [
        .. AgentRules.Choice([.. offers.Select(offer => new PoolEntry(new QueueName(offer.Number, 1), 1, 1, offer.Ttl, 1))], new Room(4000, 100, 10),
            left is { } seconds ? Seconds(seconds) : null, 4).Select(offer => offer.Name.Id),
    ];

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
