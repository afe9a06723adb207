using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class EventTests : CentralTests
{
    [Test]
    public async Task Events_repeated_and_in_any_order_give_the_same_rows([Range(0, 5)] int seed)
    {
        await Submit(Production(2));
        var bridge = await TestBridge.Join(Central);
        var jobs = await bridge.Match(2);
        var inOrder = History(jobs[0].AttemptId);
        var shuffled = History(jobs[1].AttemptId).SelectMany(@event => new[] { @event, @event, @event }).ToArray();
        new Random(seed).Shuffle(shuffled);
        await bridge.Report([.. inOrder]);
        // The end ends the attempt, whenever it comes; gaps in the history are filled afterwards.
        foreach (var @event in shuffled) Assert.That(await bridge.Report(@event), Is.Empty);
        var (one, other) = (await LineOf(jobs[0].Job), await LineOf(jobs[1].Job));
        var (traceOne, traceOther) = (await Jdoe.Call(new TraceJob(jobs[0].Job), default), await Jdoe.Call(new TraceJob(jobs[1].Job), default));
        Assert.Multiple(() =>
        {
            Assert.That((other.State, other.Node, other.StartedAt, other.EndedAt), Is.EqualTo((one.State, one.Node, one.StartedAt, one.EndedAt)));
            Assert.That(other.Payload, Is.EqualTo(one.Payload));
            Assert.That(traceOther.Events.Select(@event => (@event.Key, @event.What.GetType())), Is.EqualTo(traceOne.Events.Select(@event => (@event.Key, @event.What.GetType()))));
        });
    }

    [Test]
    public async Task The_stored_row_is_the_fold_of_the_stored_history()
    {
        await Submit(Production(3));
        var bridge = await TestBridge.Join(Central);
        foreach (var job in await bridge.Match(3)) await bridge.Report([.. History(job.AttemptId)]);
        await Jdoe.Call(new ResubmitJobs([2]), default);
        foreach (var job in new long[] { 1, 2, 3, 4 })
        {
            var trace = await Jdoe.Call(new TraceJob(job), default);
            var row = Central.Database.Read(session => HpcGrid.Central.Events.JobTable.Find(session, job))!;
            var folded = JobMachine.Replay(job, trace.Events);
            Assert.That((row.Known.Position, row.Known.Node, row.Known.Reason, row.Known.Payload), Is.EqualTo((folded.Position, folded.Node, folded.Reason, folded.Payload)), $"job {job}");
        }
    }

    [Test]
    public async Task Done_registers_the_outputs_and_their_members()
    {
        var job = (await Submit($"{Echo} Output = {{\"out.txt\"}};")).Job;
        var bridge = await TestBridge.Join(Central);
        var assignment = (await bridge.Match(1))[0];
        var member = new SavedMember("inner.root", Guid.NewGuid(), Content.Of([7, 7]));
        var outputs = new[] { await bridge.Upload(assignment, "out.txt", [1, 2, 3]), await bridge.Upload(assignment, "archive.zip", [4], member) };
        Assert.That(await bridge.Report(TestBridge.Ended(assignment.AttemptId, JobState.Done, outputs)), Is.Empty);
        var log = await Jdoe.Call(new ReadLog(job), default);
        var directory = $"{TestCentral.Jdoe}/hpcgrid-job-{job}";
        var inner = await Jdoe.Call(new StatEntry(directory + "/inner.root"), default);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((log.State, log.StdoutTail), Is.EqualTo(("DONE", "hello\n")));
            Assert.That(log.Files, Is.EqualTo(new[] { directory + "/archive.zip", directory + "/inner.root", directory + "/out.txt" }));
            Assert.That(await Central.Get(Jdoe, directory + "/out.txt"), Is.EqualTo(new byte[] { 1, 2, 3 }));
            Assert.That((inner.Entry.Type, inner.ArchivePath, inner.Entry.Job), Is.EqualTo(("m", directory + "/archive.zip", job)));
        });
    }

    [Test]
    public async Task An_output_that_is_not_as_uploaded_makes_the_job_ERROR_SV_and_registers_nothing(
        [Values("missing", "checksum", "escape", "twice", "of another attempt")] string fault)
    {
        var job = (await Submit(Production(2))).Job + 1;
        var bridge = await TestBridge.Join(Central);
        var assignments = await bridge.Match(2);
        var good = await bridge.Upload(assignments[0], "good", [1]);
        SavedOutput bad = fault switch
        {
            "missing" => good with { Name = "bad", Guid = Guid.NewGuid() },
            "checksum" => await bridge.Upload(assignments[0], "bad", [2]) with { Content = Content.Of([3]) },
            "escape" => await bridge.Upload(assignments[0], "../../../../bin/bad", [2]),
            "twice" => await bridge.Upload(assignments[0], "good", [2]),
            _ => await bridge.Upload(assignments[1], "bad", [2]),
        };
        await bridge.Report(TestBridge.Ended(assignments[0].AttemptId, JobState.Done, good, bad));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await StateOf(job), Is.EqualTo("ERROR_SV"));
            Assert.That((await LineOf(job)).Reason, Does.Contain("outputs"));
            Assert.That((await Jdoe.Call(new ReadLog(job), default)).Files, Is.Empty);
            Assert.That((await Jdoe.Call(new ListDirectory(TestCentral.Jdoe), default)).Entries, Is.Empty);
        });
    }

    [Test]
    public async Task A_late_end_of_an_old_attempt_is_fenced_and_registers_nothing()
    {
        var job = (await Submit(Echo)).Job;
        var bridge = await TestBridge.Join(Central);
        var old = (await bridge.Match(1))[0];
        var output = await bridge.Upload(old, "out", [1]);
        await Jdoe.Call(new KillJobs([job]), default);
        await Jdoe.Call(new ResubmitJobs([job]), default);
        var fenced = await bridge.Report(TestBridge.Running(old.AttemptId), TestBridge.Ended(old.AttemptId, JobState.Done, output));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(fenced, Is.EqualTo(new[] { old.AttemptId }));
            Assert.That(await StateOf(job), Is.EqualTo("WAITING"));
            Assert.That((await Jdoe.Call(new ReadLog(job), default)).Files, Is.Empty);
            Assert.That((await Jdoe.Call(new TraceJob(job), default)).Events.Select(@event => @event.What).OfType<Noted>().Single().Text, Does.Contain("late end"));
        });
    }

    [Test]
    public async Task A_bridge_reports_on_what_it_holds_and_on_what_it_can_see()
    {
        await Central.Accounts.Add("summit", HpcGrid.Central.Identity.Role.Bridge);
        var job = (await Submit(Echo)).Job;
        var (titan, summit) = (await TestBridge.Join(Central), await TestBridge.Join(Central, "summit"));
        var id = (await titan.Match(1))[0].AttemptId;
        var forged = new JobEvent(job, new EventKey(1, 0, EventSource.Central, 99), DateTimeOffset.UnixEpoch, new Ended(JobState.Done));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await summit.Report(TestBridge.Ended(id, JobState.Done)), Is.EqualTo(new[] { id }));
            Assert.That(await titan.Report(forged), Is.EqualTo(new[] { id }));
            Assert.That(await titan.Report(TestBridge.Ended(new AttemptId(4711, 1), JobState.Done)), Is.EqualTo(new[] { new AttemptId(4711, 1) }));
            Assert.That(await titan.Report(TestBridge.Ended(new AttemptId(job, 2), JobState.Done)), Is.EqualTo(new[] { new AttemptId(job, 2) }));
            Assert.That(await StateOf(job), Is.EqualTo("ASSIGNED"));
            Assert.That(await titan.Report(TestBridge.Ended(id, JobState.ErrorSplit)), Is.Empty);
            Assert.That(await StateOf(job), Is.EqualTo("FAILED"));
        });
    }

    [Test]
    public async Task A_master_ends_with_its_last_subjob_and_opens_again_with_a_resubmitted_one()
    {
        var master = (await Submit(Production(3))).Job;
        var bridge = await TestBridge.Join(Central);
        var jobs = await bridge.Match(3);
        await bridge.Finish(jobs[0].AttemptId);
        await bridge.Finish(jobs[1].AttemptId, JobState.ErrorE);
        Assert.That(await StateOf(master), Is.EqualTo("SPLIT"));
        await bridge.Finish(jobs[2].AttemptId);
        var failed = await LineOf(master);
        Assert.That((failed.State, failed.Reason), Is.EqualTo(("FAILED", "1 of 3 subjobs failed")));
        Assert.That((await Jdoe.Call(new ResubmitJobs([master]), default)).Jobs[0].Message, Does.StartWith("1 subjobs"));
        Assert.That((await LineOf(master)).State, Is.EqualTo("SPLIT"));
        var again = (await bridge.Match(5)).Single();
        Assert.That(again.AttemptId, Is.EqualTo(new AttemptId(jobs[1].Job, 2)));
        await bridge.Finish(again.AttemptId);
        var done = await LineOf(master);
        Assert.That((done.State, done.Children), Is.EqualTo(("DONE", new Dictionary<string, int> { ["DONE"] = 3 })));
    }

    [Test]
    public async Task Batches_of_many_jobs_are_one_report()
    {
        await Submit(Production(1000));
        var bridge = await TestBridge.Join(Central);
        var jobs = await bridge.Match(1000);
        await bridge.Report([.. jobs.SelectMany(job => History(job.AttemptId))]);
        Assert.That(await StateOf(1), Is.EqualTo("DONE"));
        await Refused(ErrorCode.TooLarge, "events", () => bridge.Report([.. Enumerable.Repeat(TestBridge.Started(jobs[0].AttemptId), 20_001)]));
    }

    private static IEnumerable<JobEvent> History(AttemptId id) =>
    [
        TestBridge.Started(id), TestBridge.Running(id), TestBridge.Requeued(id, 1), TestBridge.Started(id, 1), TestBridge.Running(id, 1), TestBridge.Saving(id, 1),
        TestBridge.Ended(id, JobState.Done),
    ];
}
