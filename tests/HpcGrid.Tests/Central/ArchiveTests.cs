using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class ArchiveTests : CentralTests
{
    /// <summary>What ends in a moment counts too.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromHours(-1);

    [Test]
    public async Task What_ended_long_ago_leaves_the_tables_of_what_changes_and_every_answer_stays_the_same()
    {
        var bridge = await TestBridge.Join(Central);
        var master = (await Submit(Production(3, "RetryCount = 0;"))).Job;
        var held = await bridge.Match(3);
        await bridge.Report(TestBridge.Started(held[0].AttemptId), TestBridge.Running(held[0].AttemptId));
        await bridge.Client.Call(new ReportSamples([new JobSample { Job = held[0].Job, Attempt = 1, At = DateTimeOffset.UnixEpoch, CpuSeconds = 7 }]), default);
        await bridge.Report(TestBridge.Ended(held[0].AttemptId, JobState.Done, await bridge.Upload(held[0], "out", [1])));
        await bridge.Finish(held[1].AttemptId, JobState.ErrorE);
        await bridge.Finish(held[2].AttemptId);
        var before = await AllAnswers(master);
        await ArchiveAll();
        Assert.That(Rows("job", "event", "sample"), Is.EqualTo(new[] { 0L, 0, 0 }));
        Assert.That(await AllAnswers(master), Is.EqualTo(before));
        Assert.That(before, Does.Contain("hello").And.Contain("/out").And.Contain("\"cpuSeconds\":7"));
    }

    [Test]
    public async Task What_is_not_over_stays()
    {
        var bridge = await TestBridge.Join(Central);
        var production = (await Submit(Production(2))).Job;
        var killed = (await Submit(Echo)).Job;
        var held = await bridge.Match(3);
        await bridge.Finish(held[0].AttemptId);
        await Jdoe.Call(new KillJobs([killed]), default);
        await ArchiveAll();
        Assert.That(Rows("job"), Is.EqualTo(new[] { 4L }), "a production that runs, and a job whose bridge has not stopped it");
        await bridge.Report(TestBridge.Ended(new AttemptId(killed, 1), JobState.Killed));
        await bridge.Finish(held[1].AttemptId);
        await ArchiveAll(TimeSpan.FromHours(100));
        Assert.That(Rows("job"), Is.EqualTo(new[] { 4L }), "what ended lately");
        await ArchiveAll();
        Assert.That(Rows("job"), Is.EqualTo(new[] { 0L }));
        Assert.That(await StateOf(production), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task An_archived_job_is_resubmitted_as_any_other_and_counts_stay_right([Values] bool byMaster)
    {
        var bridge = await TestBridge.Join(Central);
        var master = (await Submit(Production(2, "RetryCount = 0;"))).Job;
        var held = await bridge.Match(2);
        await bridge.Finish(held[0].AttemptId);
        await bridge.Finish(held[1].AttemptId, JobState.ErrorE);
        await ArchiveAll();
        Assert.That((await Jdoe.Call(new ResubmitJobs([byMaster ? master : held[1].Job]), default)).Jobs[0].Ok, Is.True);
        Assert.That(Rows("job", "archived_job"), Is.EqualTo(new[] { 2L, 1 }), "what changes came back: the job and its master");
        Assert.That((await LineOf(master)).Children, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 1, ["WAITING"] = 1 }));
        Assert.That(Load(), Is.EqualTo(new OwnerLoad(1, 0)));
        var again = (await bridge.Match(5)).Single();
        Assert.That(again.AttemptId, Is.EqualTo(new AttemptId(held[1].Job, 2)));
        await bridge.Finish(again.AttemptId);
        await ArchiveAll();
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(Load(), Is.EqualTo(new OwnerLoad(0, 0)));
            Assert.That(await StateOf(master), Is.EqualTo("DONE"));
            Assert.That(Rows("job", "event", "archived_job", "archived_history"), Is.EqualTo(new[] { 0L, 0, 3, 3 }));
            Assert.That((await Jdoe.Call(new TraceJob(again.Job), default)).Events.Select(@event => @event.Key.Attempt).Distinct(), Is.EqualTo(new[] { 1, 2 }));
        });
    }

    [Test]
    public async Task A_node_runs_again_though_all_of_its_graph_is_archived()
    {
        var bridge = await TestBridge.Join(Central);
        var master = (await Submit(Production(2, "RetryCount = 0;"))).Job;
        await Central.Database.Write(session => DependencyOf(session, master + 2, master + 1));
        foreach (var one in await bridge.Match(2)) await bridge.Finish(one.AttemptId, JobState.ErrorE);
        await ArchiveAll();
        await Jdoe.Call(new ResubmitJobs([master + 2]), default);
        Assert.That(await bridge.Match(2), Is.Empty, "the node before it has failed");
        Assert.That((await Jdoe.Call(new DescribeJob(master + 2), default)).WaitsFor, Is.EqualTo(new[] { master + 1 }));
        await Jdoe.Call(new ResubmitJobs([master + 1]), default);
        foreach (var expected in new[] { master + 1, master + 2 })
        {
            var one = (await bridge.Match(2)).Single();
            Assert.That(one.Job, Is.EqualTo(expected));
            await bridge.Finish(one.AttemptId);
        }
        Assert.That(await StateOf(master), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_late_report_finds_its_archived_job()
    {
        var bridge = await TestBridge.Join(Central);
        var job = (await Submit(Echo)).Job;
        var id = (await bridge.Match(1))[0].AttemptId;
        await bridge.Finish(id);
        await ArchiveAll();
        Assert.That(await bridge.Report(TestBridge.Running(id)), Is.Empty, "it was known");
        var late = new JobEvent(job, new EventKey(1, 0, EventSource.Bridge, 9), DateTimeOffset.UnixEpoch, new Noted("late news"));
        Assert.That(await bridge.Report(late), Is.Empty);
        var trace = (await Jdoe.Call(new TraceJob(job), default)).Events;
        Assert.That(trace.Count(@event => @event.What is Running), Is.EqualTo(1));
        Assert.That(trace.Select(@event => @event.What).OfType<Noted>().Single().Text, Is.EqualTo("late news"));
        Assert.That(await StateOf(job), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_crash_in_the_middle_loses_nothing_and_the_next_look_goes_on()
    {
        const int Jobs = 1200;
        var master = (await Submit(Production(Jobs))).Job;
        await Jdoe.Call(new KillJobs([master]), default);
        await new Archive(Central.Database, AtOnce, Central.Clock).Step();
        Assert.That(Rows("archived_job"), Is.EqualTo(new[] { (long)HpcGrid.Central.Limits.JobsPerArchiveStep }));
        Assert.That((await Jdoe.Call(new ListJobs { Master = master, Limit = 2000 }, default)).Jobs.Select(line => line.Job),
            Is.EqualTo(Enumerable.Range(1, Jobs).Select(number => master + number).Reverse()));
        // What a crash leaves: the files as they are now, nothing closed.
        var copy = Path.Combine(Central.Home.Path, "after-crash.db");
        foreach (var suffix in new[] { "", "-wal" }) File.Copy(Central.Home.Database + suffix, copy + suffix);
        using var reopened = CentralDatabase.Open(copy);
        Assert.That(reopened.Read(session => JobTable.ChildrenFrom(session, JobTable.Find(session, master)!, 0, 2 * Jobs)).Count, Is.EqualTo(Jobs));
        var goesOn = new Archive(reopened, AtOnce, Central.Clock);
        while (await goesOn.Step()) { }
        Assert.That(reopened.Read(session => Count(session, "job") + Count(session, "event")), Is.Zero);
        Assert.That(reopened.Read(session => Count(session, "archived_job")), Is.EqualTo(Jobs + 1));
        Assert.That(reopened.Read(session => EventTable.Of(session, master + Jobs)).Select(@event => @event.What).OfType<Ended>().Single().State, Is.EqualTo(JobState.Killed));
    }

    [Test]
    public async Task Pages_of_a_listing_go_on_in_the_archive()
    {
        var jobs = new List<long>();
        for (var i = 0; i < 6; i++) jobs.Add((await Submit(Echo)).Job);
        await Jdoe.Call(new KillJobs([jobs[0], jobs[2], jobs[5]]), default);
        await ArchiveAll();
        Assert.That(Rows("job", "archived_job"), Is.EqualTo(new[] { 3L, 3 }));
        var found = new List<long>();
        for (long? before = null; ;)
        {
            var page = await Jdoe.Call(new ListJobs { Limit = 2, Before = before }, default);
            found.AddRange(page.Jobs.Select(line => line.Job));
            if (page.Next is not { } next) break;
            before = next;
        }
        Assert.That(found, Is.EqualTo(jobs.AsEnumerable().Reverse()));
        Assert.That((await Jdoe.Call(new ListJobs { States = ["KILLED"] }, default)).Jobs, Has.Count.EqualTo(3));
    }

    [Test]
    public void A_history_reads_as_it_was_written_and_damage_is_seen()
    {
        HistoryEntry[] entries = [new(new EventKey(2, 1, EventSource.Agent, 1L << 40), 1234, [1, 2, 3]), new(new EventKey(1, 0, EventSource.Central, 1), -5, [])];
        var bytes = HistoryCodec.Encode(entries);
        Assert.That(HistoryCodec.Decode(1, bytes).Select(entry => (entry.Key, entry.At, Convert.ToHexString(entry.What))),
            Is.EqualTo(entries.Select(entry => (entry.Key, entry.At, Convert.ToHexString(entry.What)))));
        Assert.That(Assert.Throws<GridError>(() => HistoryCodec.Decode(1, bytes[..^6]))!.Code, Is.EqualTo(ErrorCode.Corrupt));
        Assert.That(Assert.Throws<GridError>(() => HistoryCodec.Decode(1, [9, .. bytes[1..]]))!.Code, Is.EqualTo(ErrorCode.Corrupt));
    }

    private static void DependencyOf(Session session, long job, long after) => HpcGrid.Central.Broker.DependencyTable.Insert(session, job, after);

    /// <summary>By an archive of the test's own, beside central's.</summary>
    private async Task ArchiveAll(TimeSpan? age = null)
    {
        var archive = new Archive(Central.Database, age ?? AtOnce, Central.Clock);
        while (await archive.Step()) { }
    }

    private OwnerLoad Load() => Central.Database.Read(session => OwnerLoadTable.Of(session, "jdoe"));

    private long[] Rows(params string[] tables) => Central.Database.Read(session => tables.Select(table => Count(session, table)).ToArray());

    private static long Count(Session session, string table) => session.Number($"SELECT COUNT(*) FROM {table}") ?? 0;

    /// <summary>All that can be asked of a production and its jobs, as text.</summary>
    private async Task<string> AllAnswers(long master)
    {
        var answers = new List<Reply>
        {
            await Jdoe.Call(new FollowJob(master), default) with { Now = default },
            await Jdoe.Call(new ListJobs(), default),
            await Jdoe.Call(new ListJobs { Subjobs = true }, default),
            await Jdoe.Call(new ListJobs { Master = master, States = ["ERROR_E"] }, default),
            await Jdoe.Call(new ListJobs { Jobs = [master, master + 2] }, default),
            await Jdoe.Call(new ListOutputs(master), default),
        };
        for (var job = master; job <= master + 3; job++)
            answers.AddRange([await Jdoe.Call(new DescribeJob(job), default), await Jdoe.Call(new TraceJob(job), default),
                await Jdoe.Call(new ReadLog(job), default), await Jdoe.Call(new ReadSamples(job), default)]);
        return string.Join('\n', answers.Select(answer => JsonSerializer.Serialize(answer, GridJson.Default.Reply)));
    }
}
