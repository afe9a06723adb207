using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Tests.Bridge;

/// <summary>The ledger on a real SQLite file.</summary>
public sealed class LedgerTests
{
    private static readonly Resources Need = new(1, 100, 100, 60);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "hpcgrid-ledger-" + Guid.NewGuid().ToString("N")[..12]);
    private LedgerDatabase _ledger = null!;

    private string File => Path.Combine(_folder, "ledger.db");

    [SetUp]
    public void Open()
    {
        Directory.CreateDirectory(_folder);
        _ledger = LedgerDatabase.Open(File);
    }

    [TearDown]
    public void Close()
    {
        _ledger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void What_a_transaction_wrote_is_there_after_opening_again()
    {
        _ledger.Transact(() => Hold(7));
        var id = _ledger.Id;
        _ledger.Dispose();
        _ledger = LedgerDatabase.Open(File);
        Assert.Multiple(() =>
        {
            Assert.That(_ledger.Jobs.Find(new AttemptId(7, 1)), Is.Not.Null);
            Assert.That(_ledger.Id, Is.EqualTo(id));
        });
    }

    [Test]
    public void A_transaction_that_throws_leaves_nothing()
    {
        Assert.That(() => _ledger.Transact(() => { Hold(7); throw GridError.Unavailable("disk full"); }), Throws.TypeOf<GridError>());
        Assert.That(_ledger.Jobs.Find(new AttemptId(7, 1)), Is.Null);
    }

    [Test]
    public void What_is_held_is_counted_along_and_anew_after_a_transaction_that_failed()
    {
        _ledger.Transact(() => Hold(7));
        Assert.That(_ledger.Jobs.Unended(), Is.EqualTo(new Holding(1, 1)));
        _ledger.Transact(() =>
        {
            Hold(8);
            Hold(9);
            _ledger.Jobs.SetStage(_ledger.Jobs.Find(new AttemptId(8, 1))!.Row, JobStage.Saving);
            _ledger.Jobs.Delete(_ledger.Jobs.Find(new AttemptId(7, 1))!.Row);
        });
        Assert.That(_ledger.Jobs.Unended(), Is.EqualTo(new Holding(1, 1)), "8 is being saved, 7 is gone");
        Assert.That(() => _ledger.Transact(() => { Hold(10); throw GridError.Unavailable("disk full"); }), Throws.TypeOf<GridError>());
        _ledger.Transact(() => _ledger.Jobs.Delete(_ledger.Jobs.Find(new AttemptId(8, 1))!.Row));
        Assert.That(_ledger.Jobs.Unended(), Is.EqualTo(new Holding(1, 1)));
    }

    [Test]
    public void A_ledger_of_an_earlier_format_is_carried_on_with_its_jobs()
    {
        var old = Path.Combine(_folder, "old.db");
        using (var connection = new SqliteConnection($"Data Source={old};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = SchemaTable.Sql + """
                INSERT INTO fact(name, value) VALUES ('format', '1'), ('id', '9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001');
                INSERT INTO job(job, attempt, stage, repeatable, cores, memory, disk, ttl) VALUES (7, 1, 1, 1, 2, 100, 100, 60);
                """;
            command.ExecuteNonQuery();
        }
        for (var time = 0; time < 2; time++)
        {
            using var ledger = LedgerDatabase.Open(old);
            Assert.That(ledger.Id, Is.EqualTo(Guid.Parse("9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001")));
            Assert.That(ledger.Jobs.ReadyShapes().Single().Shape.Need, Is.EqualTo(new Resources(2, 100, 100, 60)));
        }
    }

    [Test]
    public void A_second_process_is_refused() =>
        Assert.That(() => LedgerDatabase.Open(File), Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Conflict));

    [Test]
    public void A_file_that_is_no_ledger_is_named_as_damaged()
    {
        var other = Path.Combine(_folder, "other.db");
        System.IO.File.WriteAllText(other, new string('x', 10_000));
        Assert.That(() => LedgerDatabase.Open(other), Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Corrupt));
    }

    [Test]
    public void The_same_attempt_is_held_once()
    {
        Assert.That(_ledger.Jobs.Add(new AttemptId(7, 1), Need, true, JobStage.Ready), Is.Not.Null);
        Assert.That(_ledger.Jobs.Add(new AttemptId(7, 1), Need, true, JobStage.Ready), Is.Null);
        Assert.That(_ledger.Jobs.Add(new AttemptId(7, 2), Need, true, JobStage.Ready), Is.Not.Null);
    }

    [Test]
    public void A_requeued_job_waits_on_the_next_branch_with_its_queue_as_origin()
    {
        Hold(7);
        var row = _ledger.Jobs.Find(new AttemptId(7, 1))!.Row;
        _ledger.Jobs.Enqueue(row, new QueueName(5, 1));
        _ledger.Jobs.SetTold(row, Told.Running);
        _ledger.Jobs.Requeue(row, spared: false);
        var job = _ledger.Jobs.Find(new AttemptId(7, 1))!;
        Assert.Multiple(() =>
        {
            Assert.That(job.Branch, Is.EqualTo(1));
            Assert.That(job.Told, Is.EqualTo(Told.Nothing));
            Assert.That(_ledger.Jobs.ReadyShapes().Single(), Is.EqualTo((new JobShape(5, true, Need), 1)));
            Assert.That(_ledger.Jobs.InQueue(new QueueName(5, 1)), Is.Empty);
        });
    }

    [Test]
    public void A_queue_number_is_remembered_while_a_job_may_need_its_next_generation()
    {
        Hold(7);
        var row = _ledger.Jobs.Find(new AttemptId(7, 1))!.Row;
        _ledger.Queues.Add(new QueueName(5, 1), false, 1);
        _ledger.Queues.Add(new QueueName(5, 2), false, 1);
        _ledger.Jobs.Enqueue(row, new QueueName(5, 1));
        _ledger.Queues.End(new QueueName(5, 1));
        _ledger.Queues.End(new QueueName(5, 2));
        _ledger.Queues.DeleteOver();
        Assert.That(_ledger.Queues.LastGeneration(5), Is.EqualTo(2));
        _ledger.Jobs.Delete(row);
        Assert.That(_ledger.Queues.DeleteOver(), Is.EqualTo(2));
    }

    [Test]
    public void A_lower_version_never_replaces_a_higher_one()
    {
        var queue = new QueueName(5, 1);
        _ledger.Queues.Accept("a", queue, 7, true);
        _ledger.Queues.Accept("a", queue, 3, false);
        Assert.That(_ledger.Queues.Accepted("a")[queue], Is.EqualTo((7L, true)));
    }

    [Test]
    public void Events_wait_in_their_order_until_central_has_them()
    {
        for (var job = 1; job <= 5; job++) _ledger.Outbox.Add(BridgeEvents.Ended(new AttemptId(job, 1), 0, JobState.Killed, "x", DateTimeOffset.UnixEpoch));
        var first = _ledger.Outbox.Take(3);
        Assert.That(first.Select(pending => pending.Event.Job), Is.EqualTo(new long[] { 1, 2, 3 }));
        _ledger.Outbox.Remove(first[^1].Row);
        Assert.Multiple(() =>
        {
            Assert.That(_ledger.Outbox.Take(10).Select(pending => pending.Event.Job), Is.EqualTo(new long[] { 4, 5 }));
            Assert.That(_ledger.Outbox.Holds(new AttemptId(4, 1)));
            Assert.That(_ledger.Outbox.Holds(new AttemptId(1, 1)), Is.False);
        });
    }

    [Test]
    public void An_event_that_was_rolled_back_is_not_told_in_the_place_of_the_next()
    {
        Assert.That(() => _ledger.Transact(() =>
        {
            _ledger.Outbox.Add(BridgeEvents.Ended(new AttemptId(7, 1), 0, JobState.Killed, "never", DateTimeOffset.UnixEpoch));
            throw new InvalidOperationException("in the middle");
        }), Throws.InvalidOperationException);
        _ledger.Transact(() => _ledger.Outbox.Add(BridgeEvents.Ended(new AttemptId(8, 1), 0, JobState.Killed, "told", DateTimeOffset.UnixEpoch)));
        Assert.That(_ledger.Outbox.Take(10).Select(pending => pending.Event.Job), Is.EqualTo(new long[] { 8 }));
    }

    [Test]
    public void Events_that_an_earlier_process_wrote_are_told_like_its_own()
    {
        _ledger.Transact(() => _ledger.Outbox.Add(BridgeEvents.Ended(new AttemptId(7, 1), 0, JobState.Killed, "before", DateTimeOffset.UnixEpoch)));
        var own = _ledger.Outbox.Take(1).Single().Event;
        _ledger.Dispose();
        _ledger = LedgerDatabase.Open(File);
        var read = _ledger.Outbox.Take(1).Single().Event;
        Assert.That((read.Job, read.Key, read.What.GetType()), Is.EqualTo((own.Job, own.Key, own.What.GetType())));
    }

    [Test]
    public void A_match_request_is_closed_once()
    {
        var match = new OpenMatch(Guid.NewGuid(), 5, [1]);
        _ledger.Matches.Open(match);
        Assert.Multiple(() =>
        {
            Assert.That(_ledger.Matches.Pending()!.RequestId, Is.EqualTo(match.RequestId));
            Assert.That(_ledger.Matches.Close(match.RequestId));
            Assert.That(_ledger.Matches.Close(match.RequestId), Is.False);
        });
    }

    [Test]
    public void An_output_that_comes_after_all_others_were_saved_is_still_seen_behind_them()
    {
        _ledger.Transact(() => { Hold(7); Hold(8); });
        _ledger.Transact(() => Produce(7));
        var first = _ledger.Outputs.Pending(0, 10).Single();
        _ledger.Transact(() => _ledger.Outputs.Delete(JobRow(7)));
        _ledger.Transact(() => Produce(8));
        Assert.That(_ledger.Outputs.Pending(first.Row, 10).Select(output => output.Id.Job), Is.EqualTo(new[] { 8L }));
    }

    private void Produce(long job) =>
        _ledger.Outputs.Add(JobRow(job), new SavedOutput("a.txt", Guid.NewGuid(), Content.Of("a"u8), "SE", "", []), "agent", new QueueName(1, 1), null, [65]);

    private long JobRow(long job) => _ledger.Jobs.Find(new AttemptId(job, 1))!.Row;

    private void Hold(long job)
    {
        var assignment = FakeCentral.Job(job);
        _ledger.Assignments.Add(_ledger.Jobs.Add(assignment.AttemptId, Need, true, JobStage.Ready)!.Value, assignment, null);
    }
}
