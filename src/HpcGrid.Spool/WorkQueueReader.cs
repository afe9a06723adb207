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
/// Read where they lie in memory.
/// </summary>
internal static class WorkQueueReader
{
    private const string JobColumns = "SELECT job, attempt, branch, spec, grant FROM job ORDER BY position";
    private const string ReportColumns = "SELECT job, attempt, report FROM job ORDER BY position";
    private const string NoteColumns = "SELECT job, attempt, counter, kind, time, text FROM event ORDER BY rowid";

    internal static WorkQueue ReadQueue(byte[] bytes) =>
        Read(bytes, WorkQueueSchema.KindOfQueue, (image, meta) => new WorkQueue(
            HeaderOf(meta),
            Query(image, JobColumns, Limits.JobsPerQueue, ReadJob),
            ReadBlobs(image)));

    internal static WorkQueueVersion ReadVersion(byte[] bytes, Func<AttemptId, bool> wanted) =>
        Read(bytes, WorkQueueSchema.KindOfVersion, (image, meta) =>
        {
            var notes = Query(image, NoteColumns, Limits.NotesPerVersion, ReadNote);
            var reports = Query(
                image, ReportColumns, Limits.JobsPerQueue, row => notes.Count > 0 || wanted(AttemptOf(row)) ? ReadReport(row) : null);
            return new WorkQueueVersion(
                HeaderOf(meta), Number(meta, "sequence"), Number(meta, "final") == 1, meta["agent"], Number(meta, "applied"),
                [.. reports.OfType<JobReport>()], ReadBlobs(image)) { Notes = notes };
        });

    private static T Read<T>(byte[] bytes, string kind, Func<MemoryDatabase, Dictionary<string, string>, T> read)
    {
        if (bytes.Length > Limits.WorkQueueBytes) throw GridError.Corrupt($"the file has {bytes.Length} bytes; {Limits.WorkQueueBytes} are possible");
        var content = Trailer.Open(bytes);
        try
        {
            using var image = MemoryDatabase.OpenUntrusted(content);
            CheckSchema(image);
            var meta = ReadMeta(image);
            if (meta["kind"] != kind) throw new FormatException($"it is a {meta["kind"]}, not a {kind}");
            return read(image, meta);
        }
        // A node without memory says nothing about the file.
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_NOMEM)
        {
            throw GridError.Unavailable("a work-queue file could not be read: " + e.Message, "Is this machine short of memory?", e);
        }
        catch (Exception e) when (e is SqliteException or FormatException or InvalidCastException or InvalidOperationException or OverflowException
                                      or JsonException or KeyNotFoundException or ArgumentException)
        {
            throw new GridError(ErrorCode.Corrupt, $"the file is no work-queue {kind} of this version: {e.Message}", null, e);
        }
    }

    private static void CheckSchema(MemoryDatabase image)
    {
        const string all = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL";
        var found = Query(image, all, WorkQueueSchema.Tables.Count, row => Text(row, 0));
        if (!found.Order(StringComparer.Ordinal).SequenceEqual(WorkQueueSchema.Tables.Order(StringComparer.Ordinal)))
            throw new FormatException("its tables are others");
    }

    private static Dictionary<string, string> ReadMeta(MemoryDatabase image) =>
        Query(image, "SELECT key, value FROM meta", Limits.MetaRows, row => (Key: Text(row, 0), Value: Text(row, 1)))
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

    private static Dictionary<string, byte[]> ReadBlobs(MemoryDatabase image) =>
        Query(image, "SELECT sha256, bytes FROM blob", int.MaxValue, row => (Name: Text(row, 0), Bytes: Bytes(row, 1)))
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

    /// <summary>Every row as <paramref name="read"/> makes it. Throws FormatException when there are more.</summary>
    private static List<T> Query<T>(MemoryDatabase image, string sql, int atMost, Func<Row, T> read)
    {
        using var statement = image.Prepare(sql + " LIMIT $1");
        var rows = statement.Query(read, (long)atMost + 1);
        return rows.Count <= atMost ? rows : throw new FormatException($"more than {atMost} rows in: {sql}");
    }

    private static string Text(Row row, int column) => row.TextOrNull(column) ?? throw new FormatException("a text is missing");

    private static byte[] Bytes(Row row, int column) => row.BytesOrNull(column) ?? throw new FormatException("bytes are missing");

    // SQLite answers 0 for a text that is no number: 0 is no job and no attempt.
    private static AttemptId AttemptOf(Row row) =>
        row.GetInt64(0) > 0 && Small(row, 1) > 0 ? new AttemptId(row.GetInt64(0), Small(row, 1)) : throw new FormatException("a row is about no job");

    private static int Small(Row row, int column) =>
        row.GetInt64(column) is >= 0 and <= int.MaxValue and var number ? (int)number : throw new FormatException("a number is out of range");

    private static long Number(Dictionary<string, string> meta, string key) => long.Parse(meta[key], NumberStyles.None, CultureInfo.InvariantCulture);
}
