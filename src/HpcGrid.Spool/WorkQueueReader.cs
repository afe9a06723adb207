using System.Globalization;
using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Spool;

/// <summary>
/// Reads images that somebody else wrote: size, trailer, schema and every value are checked; whatever is wrong is GridError(Corrupt).
/// The private copy is gone afterwards in any case.
/// </summary>
internal static class WorkQueueReader
{
    private const string JobColumns = "SELECT job, attempt, branch, spec, grant FROM job ORDER BY position";
    private const string ReportColumns = "SELECT job, attempt, report FROM job ORDER BY position";
    private const string NoteColumns = "SELECT job, attempt, counter, kind, time, text FROM event ORDER BY rowid";

    internal static WorkQueue ReadQueue(ScratchDirectory scratch, byte[] bytes) =>
        Read(scratch, bytes, WorkQueueSchema.KindOfQueue, (connection, meta) => new WorkQueue(
            HeaderOf(meta),
            SqliteScratch.Query(connection, JobColumns, Limits.JobsPerQueue, ReadJob),
            ReadBlobs(connection)));

    internal static WorkQueueVersion ReadVersion(ScratchDirectory scratch, byte[] bytes, Func<AttemptId, bool> wanted) =>
        Read(scratch, bytes, WorkQueueSchema.KindOfVersion, (connection, meta) =>
        {
            var notes = SqliteScratch.Query(connection, NoteColumns, Limits.NotesPerVersion, ReadNote);
            var reports = SqliteScratch.Query(
                connection, ReportColumns, Limits.JobsPerQueue, row => notes.Count > 0 || wanted(AttemptOf(row)) ? ReadReport(row) : null);
            return new WorkQueueVersion(
                HeaderOf(meta), Number(meta, "sequence"), Number(meta, "final") == 1, meta["agent"], Number(meta, "applied"),
                [.. reports.OfType<JobReport>()], ReadBlobs(connection)) { Notes = notes };
        });

    private static T Read<T>(ScratchDirectory scratch, byte[] bytes, string kind, Func<SqliteConnection, Dictionary<string, string>, T> read)
    {
        if (bytes.Length > Limits.WorkQueueBytes) throw GridError.Corrupt($"the file has {bytes.Length} bytes; {Limits.WorkQueueBytes} are possible");
        var path = scratch.Store(Trailer.Open(bytes).Span);
        try
        {
            using var connection = SqliteScratch.OpenUntrusted(path);
            CheckSchema(connection);
            var meta = ReadMeta(connection);
            if (meta["kind"] != kind) throw new FormatException($"it is a {meta["kind"]}, not a {kind}");
            return read(connection, meta);
        }
        catch (Exception e) when (e is SqliteException or FormatException or InvalidCastException or InvalidOperationException or OverflowException
                                      or JsonException or KeyNotFoundException or ArgumentException)
        {
            throw new GridError(ErrorCode.Corrupt, $"the file is no work-queue {kind} of this version: {e.Message}", null, e);
        }
        finally { scratch.Remove(path); }
    }

    private static void CheckSchema(SqliteConnection connection)
    {
        const string all = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL";
        var found = SqliteScratch.Query(connection, all, WorkQueueSchema.Tables.Count, row => Text(row, 0));
        if (!found.Order(StringComparer.Ordinal).SequenceEqual(WorkQueueSchema.Tables.Order(StringComparer.Ordinal)))
            throw new FormatException("its tables are others");
    }

    private static Dictionary<string, string> ReadMeta(SqliteConnection connection) =>
        SqliteScratch.Query(connection, "SELECT key, value FROM meta", Limits.MetaRows, row => (Key: Text(row, 0), Value: Text(row, 1)))
            .ToDictionary(row => row.Key, row => row.Value);

    private static WorkQueueHeader HeaderOf(Dictionary<string, string> meta)
    {
        if (Number(meta, "format") != Trailer.FormatVersion) throw new FormatException($"its format is {meta["format"]}");
        var name = new QueueName(Number(meta, "queue"), checked((int)Number(meta, "generation")));
        var start = meta["start"] switch
        {
            "optimistic" => StartMode.Optimistic,
            "acked" => StartMode.Acked,
            var other => throw new FormatException($"its start mode is {other}"),
        };
        return new WorkQueueHeader(name, Number(meta, "epoch"), Number(meta, "repeatable") == 1, start)
        {
            Gang = meta.ContainsKey("gang") ? new Gang(Number(meta, "gang"), meta["nodes"]) : null,
        };
    }

    private static Dictionary<string, byte[]> ReadBlobs(SqliteConnection connection) =>
        SqliteScratch.Query(connection, "SELECT sha256, bytes FROM blob", int.MaxValue, row => (Name: Text(row, 0), Bytes: Bytes(row, 1)))
            .ToDictionary(row => SpoolNames.IsSha256(row.Name) ? row.Name : throw new FormatException("a blob's name is no SHA-256"), row => row.Bytes);

    private static QueuedJob ReadJob(Row row) =>
        new(AttemptOf(row), Small(row, 2), Bytes(row, 3), Text(row, 4));

    private static JobReport ReadReport(Row row) =>
        JsonSerializer.Deserialize(row.Blob(2), GridJson.Default.JobReport) is { Attempt: > 0, Branch: >= 0 } report && report.AttemptId == AttemptOf(row)
            ? report
            : throw new FormatException("a report is about no job, or about another");

    private static AgentNote ReadNote(Row row) => new(
        AttemptOf(row), Small(row, 2), Text(row, 3),
        DateTimeOffset.ParseExact(Text(row, 4), "O", CultureInfo.InvariantCulture), Text(row, 5));

    private static string Text(Row row, int column) => row.TextOrNull(column) ?? throw new FormatException("a text is missing");

    private static byte[] Bytes(Row row, int column) => row.BytesOrNull(column) ?? throw new FormatException("bytes are missing");

    // SQLite answers 0 for a text that is no number: 0 is no job and no attempt.
    private static AttemptId AttemptOf(Row row) =>
        row.GetInt64(0) > 0 && Small(row, 1) > 0 ? new AttemptId(row.GetInt64(0), Small(row, 1)) : throw new FormatException("a row is about no job");

    private static int Small(Row row, int column) =>
        row.GetInt64(column) is >= 0 and <= int.MaxValue and var number ? (int)number : throw new FormatException("a number is out of range");

    private static long Number(Dictionary<string, string> meta, string key) => long.Parse(meta[key], NumberStyles.None, CultureInfo.InvariantCulture);
}
