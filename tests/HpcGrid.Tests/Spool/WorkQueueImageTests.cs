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
        var read = _world.Image.ReadQueue(_world.Image.Write(queue));
        Assert.That(read.Header, Is.EqualTo(queue.Header));
        Assert.That(read.Jobs.Select(job => (job.Id, job.Branch, job.Grant)), Is.EqualTo(queue.Jobs.Select(job => (job.Id, job.Branch, job.Grant))));
        Assert.That(read.Jobs.All(job => job.Spec.AsSpan().SequenceEqual("{\"user\":\"jdoe\"}"u8)), Is.True);
    }

    [Test]
    public void However_many_files_are_built_and_read_the_database_library_has_few_paths_to_remember()
    {
        for (var i = 0; i < 50; i++) _ = _world.Image.ReadQueue(_world.Image.Write(SpoolWorld.Queue(7)));
        var factory = typeof(Microsoft.Data.Sqlite.SqliteConnection).Assembly.GetType("Microsoft.Data.Sqlite.SqliteConnectionFactory")!;
        var groups = factory.GetField("_poolGroups", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!
            .GetValue(factory.GetField("Instance")!.GetValue(null))!;
        var paths = ((System.Collections.IDictionary)groups).Keys.Cast<string>().ToList();
        Assert.That(paths.Count(path => path.Contains(_world.ScratchPath, StringComparison.Ordinal)), Is.InRange(1, 4));
    }

    [Test]
    public void More_jobs_than_a_file_may_hold_are_refused() =>
        Assert.That(Assert.Throws<GridError>(() => _world.Image.Write(SpoolWorld.Queue(7, Limits.JobsPerQueue + 1)))!.Code, Is.EqualTo(ErrorCode.TooLarge));

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
        var read = _world.Image.ReadQueue(_world.Image.Write(queue));
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
        var read = _world.Image.ReadVersion(_world.Image.Write(version));
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
        Assert.That(_world.Image.ReadVersion(_world.Image.Write(version), Wanted).Reports.Select(report => report.Job), Is.EqualTo(new[] { 3, 4 }));
        var noted = version with { Notes = [new AgentNote(new AttemptId(1, 1), 1, "limit", DateTimeOffset.UnixEpoch, "near")] };
        Assert.That(_world.Image.ReadVersion(_world.Image.Write(noted), Wanted).Reports, Has.Count.EqualTo(4));
    }

    [Test]
    public void An_operator_can_read_an_image_with_sqlite_alone()
    {
        var file = Path.Combine(_world.Folder, "copy.db");
        File.WriteAllBytes(file, _world.Image.Write(SpoolWorld.Queue(7, 3)));
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM job";
        Assert.That(command.ExecuteScalar(), Is.EqualTo(3));
    }

    [Test]
    public void A_version_is_no_queue_and_a_queue_no_version()
    {
        Refuses(() => _world.Image.ReadQueue(_world.Image.Write(SpoolWorld.Version("1.n.x", 7, 1))));
        Refuses(() => _world.Image.ReadVersion(_world.Image.Write(SpoolWorld.Queue(7))));
    }

    [Test]
    public void Bytes_that_are_no_database_are_refused_even_with_a_good_trailer() =>
        Refuses(() => _world.Image.ReadQueue(Trailer.Seal("not a database"u8)));

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
        File.WriteAllBytes(file, Trailer.Open(_world.Image.Write(SpoolWorld.Queue(7))).ToArray());
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = change;
            command.ExecuteNonQuery();
        }
        Refuses(() => _world.Image.ReadQueue(Trailer.Seal(File.ReadAllBytes(file))));
    }

    [Test]
    public void No_scratch_file_stays_behind_even_after_a_failure()
    {
        _world.Image.Write(SpoolWorld.Queue(7));
        Refuses(() => _world.Image.ReadQueue(Trailer.Seal("not a database"u8)));
        Assert.Throws<GridError>(() => _world.Image.Write(SpoolWorld.Queue(7) with { Jobs = [new QueuedJob(new AttemptId(1, 1), 0, new byte[Limits.WorkQueueBytes + 1], "")] }));
        Assert.That(ScratchFiles(), Is.EqualTo(new[] { "w0/lock" }));
    }

    [Test]
    public void The_leftovers_of_a_dead_predecessor_are_removed_and_those_of_a_living_one_are_not()
    {
        File.WriteAllText(Path.Combine(_world.ScratchPath, "w0", "9.db"), "a living one's");
        Directory.CreateDirectory(Path.Combine(_world.ScratchPath, "w1"));
        File.WriteAllText(Path.Combine(_world.ScratchPath, "w1", "9.db"), "a dead one's");
        _ = _world.NewImage();
        Assert.That(ScratchFiles(), Is.EqualTo(new[] { "w0/9.db", "w0/lock", "w1/lock" }));
    }

    [Test]
    public void Who_goes_last_takes_the_scratch_directory_along_with_what_dead_ones_left()
    {
        var scratch = Path.Combine(_world.Folder, "shared");
        var (first, second) = (new WorkQueueImage(scratch), new WorkQueueImage(scratch));
        Directory.CreateDirectory(Path.Combine(scratch, "w7"));
        File.WriteAllText(Path.Combine(scratch, "w7", "lock"), "");
        File.WriteAllText(Path.Combine(scratch, "w7", "9.db"), "a dead one's");
        first.Dispose();
        Assert.That(Directory.EnumerateFileSystemEntries(scratch).Select(Path.GetFileName), Is.EqualTo(new[] { "w1" }), "a living one's stays");
        second.Dispose();
        Assert.That(Directory.Exists(scratch), Is.False);
    }

    [Test]
    public void Scratch_directories_come_and_go_under_many_at_once()
    {
        var scratch = Path.Combine(_world.Folder, "busy");
        Parallel.For(0, 200, _ =>
        {
            using var image = new WorkQueueImage(scratch);
            Assert.That(image.ReadQueue(image.Write(SpoolWorld.Queue(7))).Jobs, Has.Count.EqualTo(2));
        });
        Assert.That(Directory.Exists(scratch), Is.False);
    }

    [Test]
    public void Images_are_built_and_read_by_many_threads_at_once() =>
        Parallel.For(1, 33, id => Assert.That(_world.Image.ReadQueue(_world.Image.Write(SpoolWorld.Queue(id, 20))).Header.Name.Id, Is.EqualTo(id)));

    [Test]
    public void A_scratch_path_with_odd_characters_works()
    {
        using var image = new WorkQueueImage(Path.Combine(_world.Folder, "a b%20?#;'ü", "deep"));
        Assert.That(image.ReadQueue(image.Write(SpoolWorld.Queue(7))).Jobs, Has.Count.EqualTo(2));
    }

    private string[] ScratchFiles() =>
        [.. Directory.EnumerateFiles(_world.ScratchPath, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_world.ScratchPath, path)).Order(StringComparer.Ordinal)];

    private static void Refuses(Func<object> read) => Assert.That(Assert.Throws<GridError>(() => read())!.Code, Is.EqualTo(ErrorCode.Corrupt));
}
