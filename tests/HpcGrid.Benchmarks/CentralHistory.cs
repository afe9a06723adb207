using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Fills the archive of a central that does not run with finished jobs: copies of a production that a real central has run and archived, under numbers of
/// their own. What is copied is what central itself wrote; that it is copied by SQL and not run saves days.
/// </summary>
internal static class CentralHistory
{
    private const int CopiesPerTransaction = 200;
    private const string Columns = "description, owner, subjobs, state, counter, submitted_at, known";

    /// <summary>How many jobs the archive has.</summary>
    public static long Count(string database)
    {
        using var connection = Open(database);
        return Number(connection, "SELECT COUNT(*) FROM archived_job");
    }

    /// <summary>Copies a master with its subjobs until the archive has at least so many jobs.</summary>
    public static void Fill(string database, long master, int subjobs, long jobs)
    {
        using var connection = Open(database);
        Run(connection, "PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144");
        var (size, next) = (subjobs + 1, Number(connection, "SELECT value FROM counter WHERE name = 'job'") + 1);
        Run(connection, $"CREATE TEMP TABLE one AS SELECT * FROM archived_job WHERE job BETWEEN {master} AND {master + subjobs}; " +
            $"CREATE TEMP TABLE told AS SELECT * FROM archived_history WHERE job BETWEEN {master} AND {master + subjobs}");
        for (var copies = (jobs + size - 1) / size; copies > 0; copies -= CopiesPerTransaction, next += CopiesPerTransaction * size)
        {
            var copy = $"WITH RECURSIVE copy(base) AS (SELECT {next} UNION ALL SELECT base + {size} FROM copy LIMIT {Math.Min(copies, CopiesPerTransaction)})";
            Run(connection, $"""
                BEGIN;
                {copy} INSERT INTO archived_job (job, master, part, {Columns})
                    SELECT base + job - {master}, CASE WHEN master IS NULL THEN NULL ELSE base END, part, {Columns} FROM copy CROSS JOIN one;
                {copy} INSERT INTO archived_history (job, events, samples) SELECT base + job - {master}, events, samples FROM copy CROSS JOIN told;
                {copy} INSERT INTO child_count (master, state, number) SELECT base, state, number FROM copy CROSS JOIN child_count WHERE master = {master};
                {copy} INSERT INTO node_count (master, node, running, ended) SELECT base, node, running, ended FROM copy CROSS JOIN node_count WHERE master = {master};
                COMMIT
                """);
        }
        Run(connection, "UPDATE counter SET value = (SELECT MAX(job) FROM archived_job) WHERE name = 'job'; PRAGMA journal_mode=WAL");
        // What is still to be written would be written while something else is measured.
        using var file = File.OpenHandle(database, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Registers files in a new directory below a user's home, as if they had been uploaded.</summary>
    public static void RegisterFiles(string database, string owner, string directory, int files)
    {
        using var connection = Open(database);
        var home = Number(connection, $"SELECT entry_id FROM entry WHERE name = '{owner}' AND type = 'd'");
        var next = Number(connection, "SELECT value FROM counter WHERE name = 'entry'") + 1;
        const string numbers = "WITH RECURSIVE file(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM file LIMIT ";
        var guid = $"printf('00000000-0000-4000-8000-%012d', n + {next})";
        Run(connection, $"""
            PRAGMA busy_timeout=60000;
            BEGIN IMMEDIATE;
            INSERT INTO entry (entry_id, parent_id, name, type, owner, grp, perm, size, created_at)
                SELECT {next}, entry_id, '{directory}', 'd', owner, grp, perm, 0, created_at FROM entry WHERE entry_id = {home};
            {numbers}{files}) INSERT INTO entry (entry_id, parent_id, name, type, owner, grp, perm, size, guid, sha256, created_at)
                SELECT {next} + n, {next}, printf('events_%06d.root', n), 'f', '{owner}', '{owner}', '644', 1048576, {guid}, printf('%064x', n), 0 FROM file;
            {numbers}{files}) INSERT INTO replica (guid, se, pfn, size)
                SELECT {guid}, 'HPCGRID::Central::Local', printf('00/%012d', n), 1048576 FROM file;
            UPDATE counter SET value = {next + files} WHERE name = 'entry';
            COMMIT
            """);
    }

    private static SqliteConnection Open(string database)
    {
        SqliteLibrary.Load();
        var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        return connection;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, 0);
        command.ExecuteNonQuery();
    }
}
