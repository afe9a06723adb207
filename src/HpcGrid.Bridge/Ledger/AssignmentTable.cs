using System.Text.Json;
using HpcGrid.Bridge.Staging;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>What central sent with each job: written once, deleted once, beside the small row that changes.</summary>
internal sealed class AssignmentTable : Table
{
    private readonly Statement _add, _delete, _unstaged, _ready, _readyRow, _inputs, _token, _riders, _cached, _cachedOf, _spec;

    public AssignmentTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO assignment(row, spec, grant_token, job_token, sources, riders, cached) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        _delete = Prepare("DELETE FROM assignment WHERE row = $1");
        _unstaged = Prepare("""
            SELECT job.row, job, attempt, branch, sources, job_token FROM job JOIN assignment USING (row)
            WHERE stage = 0 AND job.row > $1 ORDER BY job.row LIMIT $2
            """);
        _ready = Prepare("""
            SELECT job.row, job, attempt, branch, spec, grant_token, riders FROM job JOIN assignment USING (row)
            WHERE stage = 1 AND queue = $1 AND repeatable = $2 AND cores = $3 AND memory = $4 AND disk = $5 AND ttl = $6 AND special = $7
            ORDER BY job.row LIMIT $8
            """);
        _readyRow = Prepare("""
            SELECT job.row, job, attempt, branch, spec, grant_token, riders FROM job JOIN assignment USING (row) WHERE stage = 1 AND job.row = $1
            """);
        _inputs = Prepare("UPDATE assignment SET riders = $2, cached = $3 WHERE row = $1");
        _token = Prepare("SELECT job_token FROM assignment WHERE row = $1");
        _spec = Prepare("SELECT spec FROM assignment WHERE row = $1");
        _riders = Prepare("SELECT DISTINCT riders FROM assignment WHERE riders <> ''");
        _cached = Prepare("SELECT DISTINCT cached FROM assignment WHERE cached <> ''");
        _cachedOf = Prepare("SELECT cached FROM assignment WHERE row = $1");
    }

    /// <param name="row">Of the job.</param>
    /// <param name="assignment">What central sent.</param>
    /// <param name="inputs">Where its inputs are; null while they are not known to be here.</param>
    public void Add(long row, Assignment assignment, StagedInputs? inputs) => _add.Run(
        row, System.Text.Encoding.UTF8.GetBytes(assignment.Spec), assignment.Grant, assignment.Token,
        assignment.Sources.Count == 0 ? null : JsonSerializer.SerializeToUtf8Bytes([.. assignment.Sources], GridJson.Default.ListSourceFile),
        inputs?.Riders ?? "", inputs?.Cached ?? "");

    public void Delete(long row) => _delete.Run(row);

    /// <summary>Jobs whose inputs are not known to be here, from a row on.</summary>
    public List<UnstagedJob> Unstaged(long afterRow, int limit) => _unstaged.Query(row => new UnstagedJob(
        row.GetInt64(0), new AttemptId(row.GetInt64(1), row.GetInt32(2)), row.GetInt32(3), Sources(row, 4), row.GetString(5)), afterRow, limit);

    /// <summary>Jobs of one shape that wait for a queue file, oldest first.</summary>
    public List<ReadyJob> Ready(JobShape shape, int limit) => _ready.Query(MakeReady,
        shape.Origin, shape.Repeatable ? 1 : 0, shape.Need.Cores, shape.Need.MemoryMib, shape.Need.DiskMib, shape.Need.TtlSeconds, shape.Need.Special,
        limit);

    /// <summary>One job that waits for a queue file; empty when it does not.</summary>
    public List<ReadyJob> Ready(long row) => _readyRow.Query(MakeReady, row);

    /// <summary>Its inputs are here.</summary>
    public void SetInputs(long row, StagedInputs inputs) => _inputs.Run(row, inputs.Riders, inputs.Cached);

    /// <summary>The specification as central sent it; empty when there is no such row.</summary>
    public byte[] Spec(long row) => _spec.First(found => found.GetBytes(0), row) ?? [];

    public string Token(long row) => _token.First(found => found.GetString(0), row) ?? "";

    /// <summary>Every small input of a held job: these must stay in the stage area.</summary>
    public HashSet<string> Riders() => [.. _riders.Query(row => row.GetString(0)).SelectMany(Split)];

    /// <summary>Every large input of a held job: these are pinned in the spool's cache.</summary>
    public HashSet<string> Cached() => [.. _cached.Query(row => row.GetString(0)).SelectMany(Split)];

    /// <summary>The large inputs of one job; empty when there is no such row.</summary>
    public IReadOnlyList<string> Cached(long row) => Split(_cachedOf.First(found => found.GetString(0), row) ?? "");

    private static ReadyJob MakeReady(Row row) => new(
        row.GetInt64(0), new AttemptId(row.GetInt64(1), row.GetInt32(2)), row.GetInt32(3),
        row.GetBytes(4), row.GetString(5), Split(row.GetString(6)));

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IReadOnlyList<SourceFile> Sources(Row row, int column) =>
        row.IsNull(column) ? [] : JsonSerializer.Deserialize(row.GetBytes(column), GridJson.Default.ListSourceFile) ?? [];
}
