using System.Diagnostics;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using Limits = HpcGrid.Central.Limits;

namespace HpcGrid.Tests.Central;

internal sealed class WriteQueueTests
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "hpcgrid-test-database-" + Guid.NewGuid().ToString("N"));

    [SetUp]
    public void MakeDirectory() => Directory.CreateDirectory(_directory);

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task A_failing_request_does_not_spoil_the_others_of_its_group()
    {
        using var database = Open();
        using var held = new ManualResetEventSlim();
        var blocker = database.Write(session => { held.Wait(); Insert(session, "first"); });
        var tasks = Enumerable.Range(0, 50).Select(i => database.Write(session =>
        {
            Insert(session, "row" + i);
            if (i % 5 == 0) throw GridError.Invalid("no " + i);
        })).ToList();
        held.Set();
        await blocker;
        for (var i = 0; i < tasks.Count; i++)
            if (i % 5 == 0) Assert.That((await Assert.ThrowsAsync<GridError>(() => tasks[i]))?.Message, Is.EqualTo("no " + i));
            else await tasks[i];
        Assert.That(database.Read(Count), Is.EqualTo(41));
    }

    [Test]
    public async Task A_long_request_is_answered_while_the_next_one_runs()
    {
        using var database = Open();
        using var answered = new ManualResetEventSlim();
        var first = database.Write(session =>
        {
            var begun = Stopwatch.GetTimestamp();
            Insert(session, "long");
            while (Stopwatch.GetElapsedTime(begun) < Limits.WorkPerCommit) { }
        });
        var second = database.Write(session =>
        {
            Assert.That(answered.Wait(TimeSpan.FromSeconds(30)), "the first request was not answered");
            Insert(session, "next");
        });
        await first;
        answered.Set();
        await second;
        Assert.That(database.Read(Count), Is.EqualTo(2));
    }

    [Test]
    public async Task What_was_answered_is_there_after_a_crash()
    {
        using var database = Open();
        await database.Write(session => Insert(session, "kept"));
        // What a crash leaves: the files as they are now, nothing closed.
        var copy = Path.Combine(_directory, "after-crash.db");
        foreach (var suffix in new[] { "", "-wal" }) File.Copy(PathOf + suffix, copy + suffix);
        using var reopened = CentralDatabase.Open(copy);
        Assert.That(reopened.Read(Count), Is.EqualTo(1));
    }

    [Test]
    public async Task News_go_out_only_of_requests_that_succeeded()
    {
        using var database = Open();
        var news = new List<string>();
        await database.Write(session => session.AfterCommit(() => news.Add("good")));
        await Assert.ThrowsAsync<GridError>(() => database.Write(session =>
        {
            session.AfterCommit(() => news.Add("bad"));
            session.OnRollback(() => news.Add("undone"));
            throw GridError.Invalid("no");
        }));
        Assert.That(news, Is.EqualTo(new[] { "good", "undone" }));
    }

    [Test]
    public async Task A_part_that_fails_is_undone_and_the_rest_of_the_request_stays()
    {
        using var database = Open();
        await database.Write(session =>
        {
            Insert(session, "kept");
            Assert.Throws<GridError>(() => session.Part(() => { Insert(session, "undone"); throw GridError.Invalid("no"); }));
        });
        Assert.That(database.Read(Count), Is.EqualTo(1));
    }

    [Test]
    public void A_database_of_a_newer_version_is_refused()
    {
        using (var database = Open())
            database.Write(session => session.Execute("INSERT INTO schema_version (version, applied_at) VALUES (1000, 0)")).Wait();
        Assert.That(Assert.Throws<GridError>(() => Open().Dispose())!.Code, Is.EqualTo(ErrorCode.Conflict));
    }

    [Test]
    public void Readers_change_nothing()
    {
        using var database = Open();
        Assert.Catch(() => database.Read(session => { Insert(session, "x"); return true; }));
        Assert.That(database.Read(Count), Is.Zero);
    }

    [Test]
    public async Task Many_ids_are_found_in_batches()
    {
        using var database = Open();
        await database.Write(session => { for (var i = 1; i <= 250; i++) session.Execute("INSERT INTO waiting (description, job) VALUES (1, $1)", i); });
        var found = database.Read(session => session.QueryMany("SELECT job FROM waiting WHERE description = 1 AND job IN ({ids})",
            [.. Enumerable.Range(1, 300).Select(i => (long)i)], reader => reader.GetInt64(0)));
        Assert.That(found.Distinct().Count(), Is.EqualTo(250));
    }

    private string PathOf => Path.Combine(_directory, "test.db");

    private CentralDatabase Open() => CentralDatabase.Open(PathOf);

    private static void Insert(Session session, string name) => session.Execute("INSERT INTO counter (name, value) VALUES ($1, -1)", name);

    private static long Count(Session session) => session.Number("SELECT COUNT(*) FROM counter WHERE value = -1") ?? 0;
}
