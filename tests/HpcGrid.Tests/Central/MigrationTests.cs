using HpcGrid.Central;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Tests.Central;

/// <summary>Databases of earlier versions, made by the scripts that they were made by.</summary>
internal sealed class MigrationTests
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "hpcgrid-test-migration-" + Guid.NewGuid().ToString("N") + ".db");

    [TearDown]
    public void Remove()
    {
        foreach (var end in new[] { "", "-wal", "-shm" }) File.Delete(_path + end);
    }

    [Test]
    public void The_load_of_owners_is_counted_from_the_jobs_that_are_there()
    {
        Make(2,
            Job(1, "jdoe", 2, JobState.Split), Job(2, "jdoe", 0, JobState.Waiting, 1), Job(3, "jdoe", 0, JobState.Running, 1),
            Job(4, "jdoe", 0, JobState.Zombie), Job(5, "jdoe", 0, JobState.Done), Job(6, "jdoe", 0, JobState.ErrorE),
            Job(7, "mary", 0, JobState.Saving), Job(8, "bob", 0, JobState.Killed));
        using var database = CentralDatabase.Open(_path);
        Assert.That(new[] { "jdoe", "mary", "bob" }.Select(owner => database.Read(session => OwnerLoadTable.Of(session, owner))),
            Is.EqualTo(new[] { new OwnerLoad(3, 2), new OwnerLoad(1, 1), new OwnerLoad(0, 0) }));
    }

    [Test]
    public void Replicas_get_the_size_of_their_file_and_uploads_lie_in_the_first_element()
    {
        var (known, unknown) = (Guid.NewGuid(), Guid.NewGuid());
        Make(7,
            "INSERT INTO entry (entry_id, parent_id, name, type, owner, grp, perm, size, guid, created_at) VALUES "
                + $"(2, 1, 'f', 'f', 'jdoe', 'jdoe', '644', 42, '{known}', 0)",
            $"INSERT INTO replica (guid, se, pfn) VALUES ('{known}', 'V::S::N', 'x'), ('{unknown}', 'V::S::N', 'y')",
            $"INSERT INTO upload (guid, pfn, size, sha256, job, attempt, owner, stored_at) VALUES ('{unknown}', 'y', 1, 'a', 0, 0, 'jdoe', 0)");
        using var database = CentralDatabase.Open(_path);
        Assert.Multiple(() =>
        {
            Assert.That(database.Read(HpcGrid.Central.Storage.ElementTable.Use)["V::S::N"], Is.EqualTo(new HpcGrid.Central.Storage.ElementUse(2, 42)));
            Assert.That(database.Read(session => HpcGrid.Central.Storage.UploadTable.Find(session, unknown))!.Elements, Is.Empty);
        });
    }

    [Test]
    public async Task Jobs_of_a_database_without_an_archive_are_found_and_can_be_archived()
    {
        Make(10, Job(1, "jdoe", 1, JobState.Done), Job(2, "jdoe", 0, JobState.Done, 1), Job(3, "jdoe", 0, JobState.Waiting));
        using var database = CentralDatabase.Open(_path);
        Assert.That(database.Read(JobTable.Last), Is.EqualTo(3));
        await database.Write(session => ArchiveTable.MoveIn(session, 1, 2));
        Assert.That(database.Read(session => JobTable.Find(session, [1, 2, 3]).ConvertAll(row => (row.Job, row.IsArchived))),
            Is.EquivalentTo(new[] { (1L, true), (2, true), (3, false) }));
        await database.Write(session => ArchiveTable.MoveOut(session, 2));
        Assert.That(database.Read(session => JobTable.Find(session, 2))!.IsArchived, Is.False);
    }

    private static string Job(long job, string owner, int subjobs, JobState state, long? master = null) =>
        "INSERT INTO job (job, master, description, owner, subjobs, state, counter, submitted_at) VALUES "
        + $"({job}, {(master is { } number ? number : "NULL")}, 1, '{owner}', {subjobs}, {(int)state}, 0, 0)";

    /// <summary>A database as the first scripts make it, with what is put in.</summary>
    private void Make(int version, params string[] statements)
    {
        using var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        SqliteLibrary.Load();
        connection.Open();
        Run("CREATE TABLE schema_version (version BIGINT NOT NULL, applied_at BIGINT NOT NULL)");
        var assembly = typeof(CentralOptions).Assembly;
        foreach (var (name, index) in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Take(version).Select((name, i) => (name, i)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            Run(reader.ReadToEnd());
            Run($"INSERT INTO schema_version VALUES ({index + 1}, 0)");
        }
        foreach (var statement in statements) Run(statement);

        void Run(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
