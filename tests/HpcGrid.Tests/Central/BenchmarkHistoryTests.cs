using HpcGrid.Benchmarks;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;

namespace HpcGrid.Tests.Central;

/// <summary>What is measured beside ten million finished jobs is only worth something when those are as central would have left them.</summary>
internal sealed class BenchmarkHistoryTests : CentralTests
{
    private const int Subjobs = 3;

    [Test]
    public async Task Finished_jobs_made_for_a_benchmark_are_what_central_leaves_of_an_equal_production()
    {
        var bridge = await TestBridge.Join(Central);
        var first = await RunAndArchive(bridge);
        var before = Central.Database.Read(Sizes);
        var second = await RunAndArchive(bridge);
        var grown = Central.Database.Read(Sizes).ToDictionary(table => table.Key, table => table.Value - before[table.Key]);
        var (expected, sizes) = (Central.Database.Read(session => Everything(session, second)), Central.Database.Read(Sizes));

        var copy = Path.Combine(Central.Home.Path, "copy.db");
        foreach (var suffix in new[] { "", "-wal" }) File.Copy(Central.Home.Database + suffix, copy + suffix);
        CentralHistory.Fill(copy, first, Subjobs, Subjobs + 1);
        using var made = CentralDatabase.Open(copy);
        Assert.Multiple(() =>
        {
            var third = second + Subjobs + 1;
            Assert.That(made.Read(session => Everything(session, third)), Is.EqualTo(expected));
            Assert.That(made.Read(Sizes), Is.EquivalentTo(sizes.ToDictionary(table => table.Key, table => table.Value + grown[table.Key])));
            Assert.That(made.Read(session => session.Number("SELECT value FROM counter WHERE name = 'job'")), Is.EqualTo(third + Subjobs));
            Assert.That(CentralHistory.Count(copy), Is.EqualTo(3 * (Subjobs + 1)));
        });
    }

    private async Task<long> RunAndArchive(TestBridge bridge)
    {
        var master = (await Submit(Production(Subjobs, "RetryCount = 0;"))).Job;
        var held = await bridge.Match(Subjobs);
        foreach (var one in held) await bridge.Finish(one.AttemptId, one == held[0] ? JobState.ErrorE : JobState.Done);
        var archive = new Archive(Central.Database, TimeSpan.FromHours(-1), Central.Clock);
        while (await archive.Step()) { }
        return master;
    }

    /// <summary>How many rows each table has, but for what is used by the hour.</summary>
    private static Dictionary<string, long> Sizes(Session session) => session
        .Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'owner_usage'", row => row.GetString(0))
        .ToDictionary(table => table, table => session.Number($"SELECT COUNT(*) FROM {table}") ?? 0);

    /// <summary>All that is left of a production, its number and the times aside.</summary>
    private static List<string> Everything(Session session, long master)
    {
        var left = new List<string>();
        void Add(string sql, int columns) => left.AddRange(session.Query(sql, row => Text(row, columns), master, master + Subjobs));
        Add("SELECT job - $1, master - $1, part, description, owner, subjobs, state, counter FROM archived_job WHERE job >= $1 AND job <= $2 ORDER BY job", 8);
        Add("SELECT state, number FROM child_count WHERE master >= $1 AND master <= $2", 2);
        Add("SELECT node, running, ended FROM node_count WHERE master >= $1 AND master <= $2", 3);
        for (var job = master; job <= master + Subjobs; job++)
        {
            var known = JobTable.Find(session, job)!.Known;
            left.Add($"{known with { Id = job - master, EndedAt = known.EndedAt with { Value = default } }}");
            left.AddRange(ArchiveTable.Events(session, job).Select(entry => $"{job - master} {entry.Key} {Convert.ToHexString(entry.What)}"));
        }
        return left;
    }

    private static string Text(Row row, int columns) => string.Join(' ', Enumerable.Range(0, columns).Select(column => row.TextOrNull(column) ?? "-"));
}
