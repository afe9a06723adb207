using FsCheck;
using FsCheck.Fluent;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jobs;

/// <summary>The state is a function of the set of events (R-A61 to R-A65): shown on random histories.</summary>
public sealed class JobMachineTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Test]
    public void Order_and_repetition_of_events_change_nothing() =>
        Prop.ForAll(Histories.Any(), ArbMap.Default.ArbFor<int>(), (events, seed) =>
        {
            var random = new Random(seed);
            var shuffled = events.Concat(events).Concat(events).ToArray();
            random.Shuffle(shuffled);
            return Shown(JobMachine.Replay(Histories.Job, shuffled)) == Shown(JobMachine.Replay(Histories.Job, events));
        }).Check(Thorough);

    [Test]
    public void Losses_in_the_middle_do_not_matter_when_the_end_is_there() =>
        Prop.ForAll(Histories.Any(), ArbMap.Default.ArbFor<int>(), (events, seed) =>
        {
            var whole = JobMachine.Replay(Histories.Job, events);
            if (!whole.Position.Final) return true;
            var random = new Random(seed);
            var kept = events.Where(e => random.Next(2) == 0 || JobMachine.Proves(e.Key, e.What) == whole.Position).ToArray();
            random.Shuffle(kept);
            var partial = JobMachine.Replay(Histories.Job, kept);
            return partial.State == whole.State && partial.Attempt == whole.Attempt && partial.EndedAt.Value == whole.EndedAt.Value;
        }).Check(Thorough);

    [Test]
    public void Folding_one_by_one_is_folding_all() =>
        Prop.ForAll(Histories.Any(), ArbMap.Default.ArbFor<int>(), (events, seed) =>
        {
            var cut = events.Length == 0 ? 0 : new Random(seed).Next(events.Length);
            var halfway = JobMachine.Replay(Histories.Job, events.Take(cut));
            return Shown(events.Skip(cut).Aggregate(halfway, JobMachine.Apply)) == Shown(JobMachine.Replay(Histories.Job, events));
        }).Check(Thorough);

    [Test]
    public void Clocks_are_shown_and_never_compared() =>
        Prop.ForAll(Histories.Any(), ArbMap.Default.ArbFor<int>(), (events, seed) =>
        {
            var random = new Random(seed);
            var skewed = events.Select(e => e with { At = e.At.AddSeconds(random.Next(-86_400, 86_400)) });
            return Shown(JobMachine.Replay(Histories.Job, skewed), withTimes: false) == Shown(JobMachine.Replay(Histories.Job, events), withTimes: false);
        }).Check(Thorough);

    [Test]
    public void A_job_never_goes_back_to_an_older_attempt() =>
        Prop.ForAll(Histories.Any(), events =>
        {
            var job = Job.Unknown(Histories.Job);
            foreach (var e in events)
            {
                var next = JobMachine.Apply(job, e);
                if (next.Attempt < job.Attempt || next.Position < job.Position) return false;
                if (JobMachine.IsStale(job, e.Key) && e.Key.Attempt < job.Attempt && next.State != job.State) return false;
                job = next;
            }
            return true;
        }).Check(Thorough);

    [Test]
    public void Positions_are_in_one_total_order() =>
        Prop.ForAll(Histories.Any(), events =>
        {
            var positions = events.Select(e => JobMachine.Proves(e.Key, e.What)).OfType<Position>().Take(12).ToList();
            return positions.All(a => positions.All(b =>
                a.CompareTo(b) == -b.CompareTo(a) && (a.CompareTo(b) == 0) == (a == b)
                && positions.All(c => !(a <= b && b <= c) || a <= c)));
        }).Check(Thorough);

    [Test]
    public void Two_payloads_of_one_attempt_are_flagged()
    {
        var job = Replay((1, 0, EventSource.Agent, 2, new Running("n1", "/w")), (1, 1, EventSource.Agent, 2, new Running("n2", "/w")));
        Assert.That((job.IsInconsistent, job.RunningBranches), Is.EqualTo((true, new[] { 0, 1 })));
    }

    [Test]
    public void A_payload_of_the_next_attempt_is_no_second_payload_of_this_one()
    {
        var job = Replay((1, 0, EventSource.Agent, 2, new Running("n1", "/w")), (2, 0, EventSource.Agent, 2, new Running("n2", "/w")));
        Assert.That((job.IsInconsistent, job.State, job.Attempt), Is.EqualTo((false, JobState.Running, 2)));
    }

    [Test]
    public void A_late_report_fills_a_gap_and_moves_nothing()
    {
        var job = Replay((2, 0, EventSource.Central, 2, new Opened("resubmitted by jdoe", 0, 1)), (1, 0, EventSource.Agent, 1, new Started("n9", "a")));
        Assert.That((job.State, job.Node.Value, job.Node.IsOf(2), job.DeepCount), Is.EqualTo((JobState.Waiting, "n9", false, 1)));
    }

    [Test]
    public void A_kill_tells_its_reason_though_a_requeue_has_a_later_branch()
    {
        var job = Replay(
            (1, 1, EventSource.Bridge, 1, new Requeued("node n3 is gone")),
            (1, 0, EventSource.Central, 4, new Ended(JobState.Killed) { Reason = "killed by jdoe" }));
        Assert.That((job.State, job.Reason.Value), Is.EqualTo((JobState.Killed, "killed by jdoe")));
    }

    [Test]
    public void Of_a_kill_and_a_result_that_crossed_the_kill_counts_with_its_reason_and_the_payload_is_kept()
    {
        var job = Replay(
            (1, 3, EventSource.Bridge, 3, new Ended(JobState.Done) { Reason = "fine", Payload = new PayloadResult { ExitCode = 0 } }),
            (1, 0, EventSource.Central, 4, new Ended(JobState.Killed) { Reason = "killed by jdoe" }));
        Assert.That((job.State, job.Reason.Value, job.Payload.Value!.ExitCode), Is.EqualTo((JobState.Killed, "killed by jdoe", 0)));
    }

    [Test]
    public void A_lost_contact_shows_as_zombie_until_it_is_back_or_another_attempt_is_opened()
    {
        var lost = Replay((1, 0, EventSource.Agent, 2, new Running("n", "w")), (1, 0, EventSource.Central, 5, new ContactChanged(true)));
        Assert.That(lost.State, Is.EqualTo(JobState.Zombie));
        Assert.That(JobMachine.Apply(lost, Histories.Event(1, 0, EventSource.Central, 6, new ContactChanged(false))).State, Is.EqualTo(JobState.Running));
        Assert.That(JobMachine.Apply(lost, Histories.Event(2, 0, EventSource.Central, 6, new Opened("lease expired", 0, 1))).State, Is.EqualTo(JobState.Waiting));
        Assert.That(JobMachine.Apply(lost, Histories.Event(1, 0, EventSource.Bridge, 3, new Ended(JobState.Done))).State, Is.EqualTo(JobState.Done));
    }

    private static Job Replay(params (int Attempt, int Branch, EventSource Source, long Counter, Happening What)[] events) =>
        JobMachine.Replay(Histories.Job, events.Select(e => Histories.Event(e.Attempt, e.Branch, e.Source, e.Counter, e.What)));

    /// <summary>All that is known of a job, as text: records compare lists by reference.</summary>
    private static string Shown(Job job, bool withTimes = true) => string.Join(' ',
        job.State, job.Position, job.ShallowCount, job.DeepCount, job.Reason, job.Bridge, job.Site, job.Node, job.Payload, job.Contact,
        string.Join(',', job.RunningBranches), withTimes ? $"{job.StartedAt} {job.EndedAt}" : "");
}
