using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>
/// Outputs on their way, with the GUID fixed before the first upload so that a repeated one is the same file; small ones with
/// their bytes, so that the agent may forget them. And the end of each job that waits for its outputs.
/// </summary>
internal sealed class OutputTable : Table
{
    private readonly Statement _add, _pending, _uploaded, _open, _all, _delete, _onSpool, _ofAgent, _bytes, _await, _ending, _over;

    public OutputTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO output(job_row, saved, agent, queue, generation, spool_file, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        _pending = Prepare("""
            SELECT output.row, job, attempt, saved, agent, output.queue, output.generation, spool_file, job_token
            FROM output JOIN job ON job.row = job_row JOIN assignment ON assignment.row = job_row
            WHERE uploaded = 0 AND output.row > $1 ORDER BY output.row LIMIT $2
            """);
        _uploaded = Prepare("UPDATE output SET uploaded = 1, saved = $2, bytes = NULL WHERE row = $1 AND uploaded = 0 RETURNING job_row");
        _open = Prepare("SELECT count(*) FROM output WHERE job_row = $1 AND uploaded = 0");
        _all = Prepare("SELECT saved FROM output WHERE job_row = $1 ORDER BY row");
        _delete = Prepare("DELETE FROM output WHERE job_row = $1");
        _onSpool = Prepare("SELECT count(*) FROM output WHERE queue = $1 AND generation = $2 AND spool_file IS NOT NULL AND uploaded = 0");
        _ofAgent = Prepare("SELECT count(*) FROM output WHERE agent = $1 AND spool_file IS NOT NULL AND uploaded = 0");
        _bytes = Prepare("SELECT bytes FROM output WHERE row = $1 AND bytes IS NOT NULL");
        _await = Prepare("INSERT OR REPLACE INTO ending(job_row, event) VALUES ($1, $2)");
        _ending = Prepare("SELECT event FROM ending WHERE job_row = $1");
        _over = Prepare("DELETE FROM ending WHERE job_row = $1");
    }

    /// <summary>Stores an output to upload; bytes when it rides in the version, otherwise the file in the agent's out/.</summary>
    public void Add(long jobRow, SavedOutput output, string agent, QueueName queue, string? spoolFile, byte[]? bytes) =>
        _add.Run(jobRow, Encode(output), agent, queue.Id, queue.Generation, spoolFile, bytes);

    public List<PendingOutput> Pending(long afterRow, int limit) => _pending.Query(row => new PendingOutput(
        row.GetInt64(0), new AttemptId(row.GetInt64(1), row.GetInt32(2)), Decode(row, 3), row.GetString(4),
        new QueueName(row.GetInt64(5), row.GetInt32(6)), row.TextOrNull(7), row.GetString(8)), afterRow, limit);

    public byte[]? Bytes(long row) => _bytes.First(found => found.GetBytes(0), row);

    /// <summary>The row of its job, or null when it was dropped or uploaded before.</summary>
    public long? MarkUploaded(long row, SavedOutput output) => _uploaded.Number(row, Encode(output));

    public bool AllUploaded(long jobRow) => _open.Number(jobRow) == 0;

    public List<SavedOutput> Of(long jobRow) => _all.Query(row => Decode(row, 0), jobRow);

    /// <summary>True while files of this queue's jobs still have to be read from the spool: it must not be acked (B4).</summary>
    public bool OnSpool(QueueName queue) => _onSpool.Number(queue.Id, queue.Generation) > 0;

    /// <summary>True while files of this agent still have to be read from the spool: its directory must stay.</summary>
    public bool OnSpool(string agent) => _ofAgent.Number(agent) > 0;

    /// <summary>The event to send when all outputs of the job are uploaded.</summary>
    public void Await(long jobRow, JobEvent ending) => _await.Run(jobRow, JsonSerializer.SerializeToUtf8Bytes(ending, GridJson.Default.JobEvent));

    public JobEvent? Ending(long jobRow) =>
        _ending.First(row => row.GetBytes(0), jobRow) is { } bytes ? JsonSerializer.Deserialize(bytes, GridJson.Default.JobEvent) : null;

    public void Delete(long jobRow)
    {
        _delete.Run(jobRow);
        _over.Run(jobRow);
    }

    private static byte[] Encode(SavedOutput output) => JsonSerializer.SerializeToUtf8Bytes([output], GridJson.Default.ListSavedOutput);

    private static SavedOutput Decode(Row row, int column) =>
        JsonSerializer.Deserialize(row.GetBytes(column), GridJson.Default.ListSavedOutput)![0];
}
