using System.Globalization;
using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Spool;

/// <summary>Builds images in memory and in one pass: no journal, one prepared statement per table.</summary>
internal static class WorkQueueWriter
{
    internal static byte[] Write(WorkQueue queue)
    {
        if (queue.Jobs.Count > Limits.JobsPerQueue)
            throw new GridError(ErrorCode.TooLarge, $"{queue.Header.Name} has {queue.Jobs.Count} jobs; {Limits.JobsPerQueue} are possible");
        return Build(image =>
        {
            WriteMeta(image, MetaOf(queue.Header, WorkQueueSchema.KindOfQueue));
            WriteJobs(image, queue.Jobs);
            WriteBlobs(image, queue.Blobs);
        });
    }

    internal static byte[] Write(WorkQueueVersion version) => Build(image =>
    {
        WriteMeta(image,
        [
            .. MetaOf(version.Header, WorkQueueSchema.KindOfVersion),
            ("sequence", Text(version.Sequence)),
            ("final", version.Final ? "1" : "0"),
            ("agent", version.Agent),
            ("applied", Text(version.AppliedMessage)),
        ]);
        WriteReports(image, version.Reports);
        WriteBlobs(image, version.Blobs);
        WriteNotes(image, version.Notes);
    });

    private static byte[] Build(Action<MemoryDatabase> fill)
    {
        try
        {
            using var image = MemoryDatabase.CopyOf(WorkQueueSchema.Empty);
            image.Execute("BEGIN");
            fill(image);
            image.Execute("COMMIT");
            var bytes = image.ToBytes(room: Trailer.Length);
            if (bytes.Length > Limits.WorkQueueBytes)
                throw new GridError(ErrorCode.TooLarge, $"a work-queue file would have {bytes.Length} bytes; {Limits.WorkQueueBytes} are possible",
                    "Put fewer or smaller files into it.");
            Trailer.SealInPlace(bytes);
            return bytes;
        }
        catch (SqliteException e)
        {
            throw GridError.Unavailable($"a work-queue file could not be built: {e.Message}", "Is this machine short of memory?", e);
        }
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

    private static void WriteMeta(MemoryDatabase image, IEnumerable<(string Key, string Value)> meta)
    {
        using var insert = image.Prepare("INSERT INTO meta VALUES ($1, $2)");
        foreach (var (key, value) in meta) insert.Run(key, value);
    }

    private static void WriteJobs(MemoryDatabase image, IReadOnlyList<QueuedJob> jobs)
    {
        using var insert = image.Prepare("INSERT INTO job (job, attempt, branch, spec, grant) VALUES ($1, $2, $3, $4, $5)");
        foreach (var job in jobs) insert.Run(job.Id.Job, job.Id.Attempt, job.Branch, job.Spec, job.Grant);
    }

    private static void WriteReports(MemoryDatabase image, IReadOnlyList<JobReport> reports)
    {
        using var insert = image.Prepare(
            "INSERT INTO job (job, attempt, branch, stage, outcome, exit, signal, wall, cpu, rss, report) "
            + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        foreach (var report in reports)
        {
            var payload = report.Payload;
            insert.Run(report.Job, report.Attempt, report.Branch, report.Stage.ToString(), report.Outcome?.ToString(), payload?.ExitCode, payload?.Signal,
                payload?.WallSeconds, payload?.CpuSeconds, payload?.MaxRssKib, JsonSerializer.SerializeToUtf8Bytes(report, GridJson.Default.JobReport));
        }
    }

    private static void WriteBlobs(MemoryDatabase image, IReadOnlyDictionary<string, byte[]> blobs)
    {
        if (blobs.Count == 0) return;
        using var insert = image.Prepare("INSERT INTO blob VALUES ($1, $2)");
        foreach (var (sha256, bytes) in blobs) insert.Run(sha256, bytes);
    }

    private static void WriteNotes(MemoryDatabase image, IReadOnlyList<AgentNote> notes)
    {
        if (notes.Count == 0) return;
        using var insert = image.Prepare("INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6)");
        foreach (var note in notes)
            insert.Run(note.Id.Job, note.Id.Attempt, note.Counter, note.Kind, note.At.ToString("O", CultureInfo.InvariantCulture), note.Text);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
