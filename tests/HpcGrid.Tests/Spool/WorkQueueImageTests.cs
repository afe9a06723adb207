using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Microsoft.Data.Sqlite;
using Limits = HpcGrid.Spool.Limits;

namespace HpcGrid.Tests.Spool;

public sealed class WorkQueueImageTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(512)]
    public void A_queue_of_so_many_jobs_comes_back_in_its_order(int jobs)
    {
        var queue = SpoolWorld.Queue(7, jobs);
        var read = WorkQueueImage.ReadQueue(WorkQueueImage.Write(queue));
        Assert.That(read.Header, Is.EqualTo(queue.Header));
        Assert.That(read.Jobs.Select(job => (job.Id, job.Branch, job.Grant)), Is.EqualTo(queue.Jobs.Select(job => (job.Id, job.Branch, job.Grant))));
        Assert.That(read.Jobs.All(job => job.Spec.AsSpan().SequenceEqual("{\"user\":\"jdoe\"}"u8)), Is.True);
    }

    [Test]
    public void More_jobs_than_a_file_may_hold_are_refused() =>
        Assert.That(Assert.Throws<GridError>(() => WorkQueueImage.Write(SpoolWorld.Queue(7, Limits.JobsPerQueue + 1)))!.Code, Is.EqualTo(ErrorCode.TooLarge));

    [Test]
    public void Small_files_and_all_flags_come_back()
    {
        byte[] bytes = [0, 1, 2, 255, 0];
        var sha = Content.Of(bytes).Sha256;
        var queue = SpoolWorld.Queue(7) with
        {
            Header = new WorkQueueHeader(new QueueName(7, 3), 12, Repeatable: false, StartMode.Acked),
            Blobs = new Dictionary<string, byte[]> { [sha] = bytes, [Content.Of([]).Sha256] = [] },
        };
        var read = WorkQueueImage.ReadQueue(WorkQueueImage.Write(queue));
        Assert.That(read.Header, Is.EqualTo(queue.Header));
        Assert.That(read.Blobs[sha], Is.EqualTo(bytes));
        Assert.That(read.Blobs, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_version_comes_back_with_odd_names_and_texts()
    {
        const string odd = "a'b\"c\nd;rm -rf /\\ \t ü 日本 \u0000 end";
        var version = SpoolWorld.Version("1.n.x", 7, 3, final: true) with
        {
            AppliedMessage = 9,
            Reports =
            [
                new JobReport
                {
                    Job = 1, Attempt = 2, Branch = 3, Stage = ReportStage.Ended, Outcome = Outcome.OutputFailed, Reason = odd, StdoutTail = odd,
                    Payload = new PayloadResult { ExitCode = 0, WallSeconds = 1.5, CpuSeconds = 0.25, MaxRssKib = 99 },
                    Outputs = [new CollectedOutput(odd, new Content(5, new string('a', 64)), null, [])],
                },
            ],
            Notes = [new AgentNote(new AttemptId(1, 2), 10, "limit", DateTimeOffset.UnixEpoch.AddSeconds(1.5), odd)],
        };
        var read = WorkQueueImage.ReadVersion(WorkQueueImage.Write(version));
        Assert.That(read with { Reports = [], Blobs = version.Blobs, Notes = [] }, Is.EqualTo(version with { Reports = [], Notes = [] }));
        Assert.That(read.Reports[0].Reason, Is.EqualTo(odd));
        Assert.That(read.Reports[0].Outputs[0].Name, Is.EqualTo(odd));
        Assert.That(read.Reports[0].Payload!.CpuSeconds, Is.EqualTo(0.25));
        Assert.That(read.Notes, Is.EqualTo(version.Notes));
    }

    [Test]
    public void Reports_that_nobody_wants_are_passed_over_unless_there_are_remarks_about_them()
    {
        var version = SpoolWorld.Version("1.n.x", 7, 3, reports: 4);
        static bool Wanted(AttemptId id) => id.Job > 2;
        Assert.That(WorkQueueImage.ReadVersion(WorkQueueImage.Write(version), Wanted).Reports.Select(report => report.Job), Is.EqualTo(new[] { 3, 4 }));
        var noted = version with { Notes = [new AgentNote(new AttemptId(1, 1), 1, "limit", DateTimeOffset.UnixEpoch, "near")] };
        Assert.That(WorkQueueImage.ReadVersion(WorkQueueImage.Write(noted), Wanted).Reports, Has.Count.EqualTo(4));
    }

    [Test]
    public void An_operator_can_read_an_image_with_sqlite_alone()
    {
        var file = Path.Combine(_world.Folder, "copy.db");
        File.WriteAllBytes(file, WorkQueueImage.Write(SpoolWorld.Queue(7, 3)));
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM job";
        Assert.That(command.ExecuteScalar(), Is.EqualTo(3));
    }

    [Test]
    public void A_version_is_no_queue_and_a_queue_no_version()
    {
        Refuses(() => WorkQueueImage.ReadQueue(WorkQueueImage.Write(SpoolWorld.Version("1.n.x", 7, 1))));
        Refuses(() => WorkQueueImage.ReadVersion(WorkQueueImage.Write(SpoolWorld.Queue(7))));
    }

    [Test]
    public void Bytes_that_are_no_database_are_refused_even_with_a_good_trailer() =>
        Refuses(() => WorkQueueImage.ReadQueue(Trailer.Seal("not a database"u8)));

    [TestCase("DELETE FROM meta WHERE key = 'queue'")]
    [TestCase("UPDATE meta SET value = 'x' WHERE key = 'queue'")]
    [TestCase("UPDATE meta SET value = '2' WHERE key = 'format'")]
    [TestCase("UPDATE meta SET value = 'sometimes' WHERE key = 'start'")]
    [TestCase("UPDATE job SET spec = NULL")]
    [TestCase("UPDATE job SET job = 'many'")]
    [TestCase("CREATE TABLE more (x)")]
    [TestCase("ALTER TABLE job RENAME TO elsewhere; CREATE VIEW job AS SELECT * FROM elsewhere")]
    [TestCase("CREATE TRIGGER t AFTER INSERT ON job BEGIN DELETE FROM job; END")]
    [TestCase("DROP TABLE event")]
    [TestCase("INSERT INTO blob VALUES ('../../x', x'00')")]
    public void A_whole_database_with_wrong_content_is_refused(string change)
    {
        var file = Path.Combine(_world.Folder, "changed.db");
        File.WriteAllBytes(file, Trailer.Open(WorkQueueImage.Write(SpoolWorld.Queue(7))).ToArray());
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = change;
            command.ExecuteNonQuery();
        }
        Refuses(() => WorkQueueImage.ReadQueue(Trailer.Seal(File.ReadAllBytes(file))));
    }

    [Test]
    public void A_file_that_would_be_too_large_is_not_built()
    {
        var queue = SpoolWorld.Queue(7) with { Jobs = [new QueuedJob(new AttemptId(1, 1), 0, new byte[Limits.WorkQueueBytes + 1], "")] };
        Assert.That(Assert.Throws<GridError>(() => WorkQueueImage.Write(queue))!.Code, Is.EqualTo(ErrorCode.TooLarge));
    }

    [Test]
    public void Images_are_built_and_read_by_many_threads_at_once() =>
        Parallel.For(1, 33, id => Assert.That(WorkQueueImage.ReadQueue(WorkQueueImage.Write(SpoolWorld.Queue(id, 20))).Header.Name.Id, Is.EqualTo(id)));

    private static void Refuses(Func<object> read) => Assert.That(Assert.Throws<GridError>(() => read())!.Code, Is.EqualTo(ErrorCode.Corrupt));
}
