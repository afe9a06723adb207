using System.Globalization;
using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Spool;

/// <summary>Builds images in one pass: no journal, no fsync, one prepared statement per table. The scratch file is gone afterwards in any case.</summary>
internal static class WorkQueueWriter
{
    internal static byte[] Write(ScratchDirectory scratch, WorkQueue queue)
    {
        if (queue.Jobs.Count > Limits.JobsPerQueue)
            throw new GridError(ErrorCode.TooLarge, $"{queue.Header.Name} has {queue.Jobs.Count} jobs; {Limits.JobsPerQueue} are possible");
        return Build(scratch, connection =>
        {
            WriteMeta(connection, MetaOf(queue.Header, WorkQueueSchema.KindOfQueue));
            WriteJobs(connection, queue.Jobs);
            WriteBlobs(connection, queue.Blobs);
        });
    }

    internal static byte[] Write(ScratchDirectory scratch, WorkQueueVersion version) => Build(scratch, connection =>
    {
        WriteMeta(connection,
        [
            .. MetaOf(version.Header, WorkQueueSchema.KindOfVersion),
            ("sequence", Text(version.Sequence)),
            ("final", version.Final ? "1" : "0"),
            ("agent", version.Agent),
            ("applied", Text(version.AppliedMessage)),
        ]);
        WriteReports(connection, version.Reports);
        WriteBlobs(connection, version.Blobs);
        WriteNotes(connection, version.Notes);
    });

    private static byte[] Build(ScratchDirectory scratch, Action<SqliteConnection> fill)
    {
        var path = scratch.NewFile();
        try
        {
            using (var connection = SqliteScratch.Create(path))
            {
                SqliteScratch.Execute(connection, "BEGIN");
                foreach (var table in WorkQueueSchema.Tables) SqliteScratch.Execute(connection, table);
                fill(connection);
                SqliteScratch.Execute(connection, "COMMIT");
            }
            var image = scratch.Load(path, room: Trailer.Length);
            Trailer.SealInPlace(image);
            return image;
        }
        catch (SqliteException e)
        {
            throw GridError.Unavailable($"a work-queue file could not be built at {path}: {e.Message}", "Is the scratch directory's filesystem full?", e);
        }
        finally { scratch.Remove(path); }
    }

    private static (string Key, string Value)[] MetaOf(WorkQueueHeader header, string kind) =>
    [
        ("kind", kind),
        ("format", Text(Trailer.FormatVersion)),
        ("queue", Text(header.Name.Id)),
        ("generation", Text(header.Name.Generation)),
        ("epoch", Text(header.Epoch)),
        ("repeatable", header.Repeatable ? "1" : "0"),
        ("start", header.StartMode == StartMode.Acked ? "acked" : "optimistic"),
        .. header.Gang is { } gang ? [("gang", Text(gang.Number)), ("nodes", gang.Nodes)] : Array.Empty<(string, string)>(),
    ];

    private static void WriteMeta(SqliteConnection connection, IEnumerable<(string Key, string Value)> meta)
    {
        using var insert = new Statement(connection, "INSERT INTO meta VALUES ($1, $2)");
        foreach (var (key, value) in meta) insert.Run(key, value);
    }

    private static void WriteJobs(SqliteConnection connection, IReadOnlyList<QueuedJob> jobs)
    {
        using var insert = new Statement(connection, "INSERT INTO job (job, attempt, branch, spec, grant) VALUES ($1, $2, $3, $4, $5)");
        foreach (var job in jobs) insert.Run(job.Id.Job, job.Id.Attempt, job.Branch, job.Spec, job.Grant);
    }

    private static void WriteReports(SqliteConnection connection, IReadOnlyList<JobReport> reports)
    {
        using var insert = new Statement(connection,
            "INSERT INTO job (job, attempt, branch, stage, outcome, exit, signal, wall, cpu, rss, report) "
            + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        foreach (var report in reports)
        {
            var payload = report.Payload;
            insert.Run(report.Job, report.Attempt, report.Branch, report.Stage.ToString(), report.Outcome?.ToString(), payload?.ExitCode, payload?.Signal,
                payload?.WallSeconds, payload?.CpuSeconds, payload?.MaxRssKib, JsonSerializer.SerializeToUtf8Bytes(report, GridJson.Default.JobReport));
        }
    }

    private static void WriteBlobs(SqliteConnection connection, IReadOnlyDictionary<string, byte[]> blobs)
    {
        if (blobs.Count == 0) return;
        using var insert = new Statement(connection, "INSERT INTO blob VALUES ($1, $2)");
        foreach (var (sha256, bytes) in blobs) insert.Run(sha256, bytes);
    }

    private static void WriteNotes(SqliteConnection connection, IReadOnlyList<AgentNote> notes)
    {
        if (notes.Count == 0) return;
        using var insert = new Statement(connection, "INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6)");
        foreach (var note in notes)
            insert.Run(note.Id.Job, note.Id.Attempt, note.Counter, note.Kind, note.At.ToString("O", CultureInfo.InvariantCulture), note.Text);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
