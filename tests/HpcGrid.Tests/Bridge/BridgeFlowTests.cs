using HpcGrid.Bridge.Pilots;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>The way of a job through a whole bridge; the test plays central, the batch system, the storage element and the agents.</summary>
public sealed class BridgeFlowTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_job_goes_from_assignment_through_a_queue_file_to_its_end()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "running is told");
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.Done));
            Assert.That(_rig.Central.EndOf(7)!.StdoutTail, Is.EqualTo("hello"));
            Assert.That(_rig.Central.Of(7).Select(e => e.What.GetType().Name), Is.EqualTo(new[] { "Ended", "Started", "Running" }));
        });
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the agent is told to forget the queue file");
    }

    [Test]
    public void A_version_that_comes_again_or_late_changes_nothing()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, 5, false, [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded)]);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        agent.Publish(queue, 4, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        agent.Publish(queue, 6, true, [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.ExecutionFailed)]);
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the final version is acked");
        _rig.Ticks(50);
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.EndsOf(7), Is.EqualTo(1));
            Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.Done));
        });
    }

    [Test]
    public void An_output_is_uploaded_and_verified_before_the_end_is_told()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        var bytes = "result"u8.ToArray();
        var content = Content.Of(bytes);
        var report = agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded) with { Outputs = [new CollectedOutput("out.txt", content, null, [])] };
        agent.Publish(queue, true, [report], new Dictionary<string, byte[]> { [content.Sha256] = bytes });
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        var output = _rig.Central.EndOf(7)!.Outputs.Single();
        Assert.Multiple(() =>
        {
            Assert.That(output.Name, Is.EqualTo("out.txt"));
            Assert.That(output.Se, Is.EqualTo("VO::SITE::SE"));
            Assert.That(output.Pfn, Is.EqualTo(Pfn.Of(output.Guid)));
            Assert.That(_rig.Storage.Files["/se/" + output.Pfn], Is.EqualTo(bytes));
            Assert.That(_rig.Central.Of(7).Any(e => e.What is Saving));
        });
    }

    [Test]
    public void A_large_output_is_read_from_the_spool_before_the_agent_may_forget_it()
    {
        _rig.Storage.PutFault = System.Net.HttpStatusCode.ServiceUnavailable;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        var name = new OutputName(queue.Jobs[0].Id, 0, 0, "big.bin");
        var from = new MemoryStream(bytes);
        Assert.That(agent.Spool.PublishLargeOutput(name, from.Read).Errno, Is.EqualTo(Errno.None));
        agent.Publish(queue, true,
            [agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded) with { Outputs = [new CollectedOutput("big.bin", Content.Of(bytes), name.FileName, [])] }]);
        _rig.Until(() => _rig.Storage.Puts.Count > 2, "the upload is tried again");
        Assert.That(agent.Messages(), Does.Not.Contain(new Ack(queue.Header.Name)));
        _rig.Storage.PutFault = null;
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the agent may forget");
        Assert.That(_rig.Central.EndOf(7)!.Outputs.Single().Content, Is.EqualTo(Content.Of(bytes)));
    }

    [Test]
    public void A_full_spool_is_told_which_large_outputs_are_saved_though_their_file_is_not_over()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(8));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        var first = queue.Jobs[0];
        var output = Large(agent, first.Id);
        _ = Large(agent, Claim(agent).Jobs[0].Id);
        agent.Publish(queue, false, [agent.Report(first, ReportStage.Ended, Outcome.Succeeded) with { Outputs = [output] }]);
        _rig.Until(() => _rig.Central.EndOf(first.Id.Job) is not null, "the first one's end is told");
        _rig.Ticks(20);
        Assert.That(agent.Messages().OfType<Saved>(), Is.Empty, "there is room");
        agent.Beat(full: true);
        _rig.Until(() => agent.Messages().OfType<Saved>().Any(), "the agent may make room");
        _rig.Ticks(20);
        Assert.That(agent.Messages().OfType<Saved>(), Is.EqualTo(new[] { new Saved(first.Id) }), "the second one is not even reported");
    }

    private static CollectedOutput Large(PlayedAgent agent, AttemptId id)
    {
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        var name = new OutputName(id, 0, 0, "big.bin");
        Assert.That(agent.Spool.PublishLargeOutput(name, new MemoryStream(bytes).Read).Errno, Is.EqualTo(Errno.None));
        return new CollectedOutput("big.bin", Content.Of(bytes), name.FileName, []);
    }

    [Test]
    public void An_output_that_the_storage_element_refuses_for_good_ends_in_ERROR_SV()
    {
        _rig.Storage.PutFault = System.Net.HttpStatusCode.Forbidden;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        var content = Content.Of("result"u8);
        var report = agent.Report(queue.Jobs[0], ReportStage.Ended, Outcome.Succeeded) with { Outputs = [new CollectedOutput("out.txt", content, null, [])] };
        agent.Publish(queue, true, [report], new Dictionary<string, byte[]> { [content.Sha256] = "result"u8.ToArray() });
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.ErrorSV));
            Assert.That(_rig.Central.EndOf(7)!.Reason, Does.Contain("out.txt"));
        });
    }

    [Test]
    public void A_job_that_is_handed_back_is_offered_as_the_next_generation()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Finish(queue, Outcome.HandedBack);
        var again = Claim(agent);
        Assert.Multiple(() =>
        {
            Assert.That(again.Header.Name, Is.EqualTo(new QueueName(queue.Header.Name.Id, 2)));
            Assert.That(again.Jobs.Single().Branch, Is.EqualTo(1));
        });
        agent.Finish(again);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        Assert.That(_rig.Central.Of(7).Count(e => e.What is Requeued), Is.EqualTo(1));
    }

    [Test]
    public void What_a_final_version_does_not_mention_is_handed_back()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, true, []);
        Assert.That(Claim(agent).Jobs.Single().Branch, Is.EqualTo(1));
    }

    [Test]
    public void A_job_of_a_dead_agent_is_offered_again_once()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        agent.Publish(queue, false, [agent.Report(queue.Jobs[0], ReportStage.Running)]);
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Running), "running is told");
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        _rig.Until(() => _rig.Central.Of(7).Any(e => e.What is Requeued), "it is offered again");
        var next = _rig.Agent();
        var again = Claim(next);
        Assert.That(again.Jobs.Single().Branch, Is.EqualTo(1));
        next.Finish(again);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Ticks(100);
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.Of(7).Count(e => e.What is Requeued), Is.EqualTo(1));
            Assert.That(_rig.Central.EndsOf(7), Is.EqualTo(1));
            Assert.That(agent.Spool.CheckLive(), Is.Not.EqualTo(Liveness.Live));
        });
    }

    [Test]
    public void A_result_that_a_dead_agent_had_published_counts()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Batch.Pilots[_rig.Batch.Pilots.Keys.Single()] = BatchState.Ended;
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "the end is told");
        _rig.Ticks(100);
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False);
    }

    [Test]
    public void A_silent_agent_is_given_up_only_after_the_time_in_which_it_must_have_killed_its_children()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        Claim(agent);
        _rig.Ticks(250, 2);
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False, "500 s of silence are not enough");
        _rig.Until(() => { _rig.Time.Advance(TimeSpan.FromSeconds(1)); return _rig.Central.Of(7).Any(e => e.What is Requeued); }, "the pilot is cancelled and the job offered again");
        Assert.That(_rig.Batch.Cancelled, Is.Not.Empty);
    }

    [Test]
    public void A_batch_system_that_does_not_answer_makes_nobody_dead()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Batch.Away = true;
        for (var i = 0; i < 200; i++)
        {
            agent.Beat();
            _rig.Ticks(1, 1);
        }
        Assert.That(_rig.Central.Of(7).Any(e => e.What is Requeued), Is.False);
        agent.Finish(queue);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "its result counts");
    }

    [Test]
    public void Central_being_away_stops_no_agent()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Central.IsConnected = false;
        agent.Finish(queue);
        _rig.Until(() => agent.Messages().Contains(new Ack(queue.Header.Name)), "the result is committed and acked");
        Assert.That(_rig.Central.EndOf(7), Is.Null);
        _rig.Central.IsConnected = true;
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the end is told later");
    }

    [Test]
    public void Draining_gives_back_what_has_not_begun_and_finishes_what_runs()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(8));
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count > 0, "the second job lies in the pool");
        _rig.Host.Drain();
        _rig.Until(() => agent.Messages().Contains(new Drain()), "the agent is told");
        _rig.Until(() => _rig.Central.EndOf(8)?.State == JobState.Expired, "the second job is given back");
        agent.Finish(queue);
        agent.Beat(left: true);
        _rig.Until(() => _rig.Host.IsDrained, "all is delivered");
        Assert.That(_rig.Central.EndOf(7)!.State, Is.EqualTo(JobState.Done));
    }

    [Test]
    public void What_was_taken_out_of_the_pool_a_moment_ago_reconciliation_leaves_to_who_took_it()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        _rig.Until(() => agent.Spool.ListPool(0, 10).Items.Count == 1, "it is offered");
        var offer = agent.Spool.ListPool(0, 10).Items[0];
        var withdrawn = Path.Combine(_rig.Options.Spool, "bridge", "withdrawn", offer.Name.FileName);
        File.Move(Path.Combine(_rig.Options.Spool, "pool", "00", offer.FileName), withdrawn);
        agent.Beat();
        _rig.Ticks(2, 61);
        Assert.That(File.Exists(withdrawn));
        _rig.Host.Drain();
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Expired, "it is given back");
        Assert.That(File.Exists(withdrawn), Is.False);
    }

    [Test]
    public void A_bridge_that_drains_while_jobs_run_asks_no_more_of_the_spool_than_before()
    {
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        var agent = _rig.Agent();
        Claim(agent);
        _rig.Host.Drain();
        _rig.Until(() => agent.Messages().Contains(new Drain()), "the agent is told");
        var looks = 0;
        _rig.Faults.Rule = (_, _, path) =>
        {
            if (path.EndsWith("/withdrawn", StringComparison.Ordinal)) looks++;
            return null;
        };
        _rig.Ticks(400);
        Assert.That(looks, Is.LessThanOrEqualTo(1), "in 20 s, and with it nothing is to be taken back");
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
