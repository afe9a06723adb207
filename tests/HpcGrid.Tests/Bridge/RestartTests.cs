using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>A bridge that starts again after an end at any point: ledger states are made by hand, as a crash would leave them.</summary>
public sealed class RestartTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void What_a_tick_left_to_do_is_done_later_when_the_spool_was_away_for_a_moment()
    {
        var folder = Directory.CreateTempSubdirectory("hpcgrid-loop-").FullName;
        try
        {
            using var ledger = LedgerDatabase.Open(Path.Combine(folder, "ledger.db"));
            var (asked, done) = (0, new List<string>());
            var step = new Leaving(done);
            var loop = new BridgeLoop(
                ledger, new Posts(_ => { }), [step], () => { if (++asked == 1) throw GridError.Unavailable("the spool is away"); }, () => { }, new ManualTime());
            _ = loop.RunOnce();
            Assert.That((done.Count, loop.Trouble is not null), Is.EqualTo((0, true)));
            _ = loop.RunOnce();
            Assert.That(done, Is.EqualTo(new[] { "tick 1", "tick 2" }));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private sealed class Leaving(List<string> done) : BridgeStep
    {
        private int _ticks;

        public override void Run(Tick tick)
        {
            var number = ++_ticks;
            tick.AfterCommit(() => done.Add($"tick {number}"));
        }
    }

    [Test]
    public void Each_takeover_names_queue_files_of_its_own()
    {
        _ = _rig.Host;
        _rig.Restart();
        _rig.WithLedger(ledger => Assert.That(ledger.Facts.ReadNumber("queue"), Is.EqualTo(2_000_000)));
    }

    [Test]
    public void A_bridge_that_central_knows_a_follower_of_ends_and_begins_beyond_it_when_it_is_started_again()
    {
        _ = _rig.Host;
        var spool = _rig.Central.Arrivals!.Spool;
        _rig.Central.Arrivals.Welcomed(new BridgeWelcome("hpcgrid", ["a key"], 600, []) { Spool = spool with { Epoch = 12 } });
        Assert.That(() => _rig.Ticks(100), Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Conflict));
        _rig.Restart();
        _ = _rig.Host;
        Assert.That(_rig.Central.Arrivals.Spool, Is.EqualTo(spool with { Epoch = 13 }));
    }

    [Test]
    public void A_bridge_that_cannot_list_its_own_generation_says_so_and_blames_no_other_one()
    {
        var (published, lists) = (false, 0);
        _rig.Faults.Rule = (operation, _, path) =>
        {
            if (operation == FsOperation.Rename && path.Contains("/epoch.", StringComparison.Ordinal)) published = true;
            // The first one is the publisher's own.
            return published && operation == FsOperation.List && path.EndsWith("/bridge", StringComparison.Ordinal) && ++lists == 2 ? new Fault(Errno.EIO) : null;
        };
        Assert.That(() => _rig.Host, Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
    }

    [Test]
    public void A_match_whose_answer_was_lost_is_asked_again_and_stores_the_same_jobs_once()
    {
        _rig.Central.LosesMatches = true;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(8));
        _ = _rig.Host;
        _rig.Central.Arrivals!.Pushed(new WorkWaiting(2));
        _rig.Until(() => !_rig.Central.Requests.IsEmpty, "central is asked");
        _rig.Central.LosesMatches = false;
        _rig.Restart();
        var agent = _rig.Agent();
        var jobs = new List<long>();
        _rig.Until(() =>
        {
            if (agent.TryClaim() is { } queue)
            {
                jobs.AddRange(queue.Jobs.Select(job => job.Id.Job));
                agent.Finish(queue);
            }
            return jobs.Count >= 2;
        }, "both jobs are offered");
        _rig.Ticks(50);
        Assert.Multiple(() =>
        {
            Assert.That(jobs.Order(), Is.EqualTo(new long[] { 7, 8 }));
            Assert.That(_rig.Central.Requests.Select(request => request.RequestId).First(), Is.EqualTo(_rig.Central.Requests.ElementAt(1).RequestId));
        });
    }

    [Test]
    public void An_offer_that_was_stored_and_not_published_is_made_under_a_number_of_this_takeover()
    {
        _rig.WithLedger(ledger =>
        {
            Hold(ledger, 7, JobStage.Ready);
            ledger.Facts.WriteNumber("queue", 5);
            ledger.Queues.Add(new QueueName(5, 1), strict: false, rows: 1);
            ledger.Jobs.Enqueue(ledger.Jobs.Find(new AttemptId(7, 1))!.Row, new QueueName(5, 1));
        });
        var agent = _rig.Agent();
        var queue = Claim(agent);
        Assert.That(queue.Header.Name, Is.EqualTo(new QueueName(HpcGrid.Bridge.Limits.NumbersPerEpoch + 1, 1)));
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told");
    }

    [Test]
    public void An_offer_that_was_published_and_not_marked_so_is_not_made_again()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count == 1, "it is offered");
        var name = agent.Spool.ListPool(0, 10).Items[0].Name;
        _rig.WithLedger(ledger => ledger.Queues.SetStage(name, QueueStage.Offering));
        _rig.Restart();
        _rig.Ticks(20);
        Assert.That(agent.Spool.ListPool(0, 10).Items.Select(entry => entry.Name), Is.EqualTo(new[] { name }));
    }

    [Test]
    public void An_offer_claimed_by_an_agent_that_the_ledger_never_saw_is_not_made_again()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count == 1, "it is offered");
        var queue = agent.TryClaim()!;
        _rig.WithLedger(ledger =>
        {
            ledger.Agents.Delete(agent.Name);
            ledger.Queues.SetStage(queue.Header.Name, QueueStage.Offering);
        });
        _rig.Restart();
        _rig.Ticks(20);
        Assert.That(agent.Spool.ListPool(0, 10).Items, Is.Empty);
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "its result counts");
    }

    [Test]
    public void A_bridge_that_is_restarted_at_every_step_ends_the_job_once()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        _rig.Restart();
        var queue = Claim(agent);
        _rig.Restart();
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Ticks(1);
        _rig.Restart();
        agent.Finish(queue);
        _rig.Ticks(1);
        _rig.Restart();
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Restart();
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the agent may forget");
        _rig.Ticks(20);
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.Of(7).Count(e => e.What is Ended), Is.EqualTo(1));
            Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.Done));
        });
    }

    [Test]
    public void An_upload_that_a_crash_cut_short_is_repeated_under_the_same_guid()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Storage.PutFault = System.Net.HttpStatusCode.ServiceUnavailable;
        var content = HpcGrid.Core.Data.Content.Of("result"u8);
        var report = agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded) with { Outputs = [new CollectedOutput("out.txt", content, null, [])] };
        agent.Publish(queue, true, [report], new Dictionary<string, byte[]> { [content.Sha256] = "result"u8.ToArray() });
        _rig.Until(() => !_rig.Storage.Puts.IsEmpty, "the upload begins");
        _rig.Restart();
        _rig.Storage.PutFault = null;
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        Assert.That(_rig.Storage.Puts.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_pilot_whose_submission_was_cut_short_is_asked_for_again_under_the_same_tag()
    {
        _rig.WithLedger(ledger => ledger.Pilots.Add(new PilotRow("p1", null, PilotStage.Submitting, _rig.Time.GetUtcNow(), null, null)));
        _rig.Until(() => _rig.Batch.Pilots.ContainsKey("p1"), "it is submitted");
        _rig.Ticks(50);
        Assert.That(_rig.Batch.Pilots, Has.Count.EqualTo(1));
    }

    /// <summary>Found by simulation (gluster, seed 661): each counted as one that had found no work, and the pause before the next was twice as long.</summary>
    [Test]
    public void Pilots_that_ended_while_the_bridge_was_away_hold_up_no_new_ones()
    {
        _rig.Agent().Beat();
        _rig.Ticks(20);
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _rig.Restart();
        _rig.Central.Arrivals!.Pushed(new WorkWaiting(1));
        var restarted = _rig.Time.GetTimestamp();
        _rig.Until(() => _rig.Batch.Pilots.Count == 2, "the next pilot is started");
        Assert.That(_rig.Time.GetElapsedTime(restarted), Is.LessThan(HpcGrid.Bridge.Limits.FirstIdlePause));
    }

    [Test]
    public void A_pilot_made_for_a_hole_in_the_schedule_is_as_short_after_a_restart()
    {
        var pilot = new PilotRow("p1", null, PilotStage.Submitting, _rig.Time.GetUtcNow(), null, null) { Walltime = TimeSpan.FromMinutes(47) };
        _rig.WithLedger(ledger => ledger.Pilots.Add(pilot));
        _rig.Restart();
        _rig.Until(() => _rig.Batch.Pilots.ContainsKey("p1"), "it is submitted");
        Assert.That(_rig.Batch.Requests.Single(request => request.Tag == "p1").Walltime, Is.EqualTo(pilot.Walltime));
        _rig.WithLedger(ledger => Assert.That(ledger.Pilots.All().Single(row => row.Tag == "p1").Walltime, Is.EqualTo(pilot.Walltime)));
    }

    [Test]
    public void A_fence_that_was_cut_short_is_finished()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        Claim(agent);
        _rig.Ticks(20);
        _rig.WithLedger(ledger => ledger.Agents.SetStage(ledger.Agents.All().Single() with { Stage = AgentStage.Fencing, Strong = true, Reason = "its batch job has ended" }));
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        _rig.Restart();
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Requeued), "its job is offered again");
        _rig.Until(() => { _rig.Time.Advance(TimeSpan.FromSeconds(1)); return agent.Spool.CheckLive() == Liveness.Unknown; }, "its directory is removed");
    }

    [Test]
    public void A_bridge_that_was_overtaken_by_another_stops()
    {
        _ = _rig.Host;
        _rig.Ticks(3);
        var root = SpoolRoot.Open(new PosixFs(), _rig.Options.Spool);
        BridgeEpoch.Begin(root, 100, "another", RandomNonces.Next);
        Assert.That(() => _rig.Ticks(100), Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Conflict));
    }

    [Test]
    public void What_an_agent_runs_of_a_ledger_that_was_lost_is_stopped()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        LoseLedger();
        _rig.Until(() => agent.Messages().Contains(new Kill(new AttemptId(7, 1))), "its job is stopped");
        agent.Finish(queue, Outcome.Killed);
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "its file is over");
    }

    [Test]
    public void A_strict_file_of_a_ledger_that_was_lost_is_handed_back_and_not_begun()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7, repeatable: false));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        LoseLedger();
        agent.Publish(queue, false, []);
        _rig.Until(() => agent.Messages().Contains(new Yield(queue.Header.Name, 0)), "its agent would wait for the word to begin for ever");
        Assert.That(agent.Messages(), Does.Not.Contain(new Start(queue.Header.Name)));
    }

    private void LoseLedger()
    {
        _rig.WithLedger(_ => { });
        Directory.Delete(_rig.Options.State, recursive: true);
        Directory.CreateDirectory(_rig.Options.State);
        _rig.Restart();
    }

    private static void Hold(LedgerDatabase ledger, long job, JobStage stage)
    {
        var assignment = FakeCentral.Job(job);
        ledger.Assignments.Add(ledger.Jobs.Add(assignment.AttemptId, new Resources(1, 100, 100, 60), true, stage)!.Value, assignment, null);
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
