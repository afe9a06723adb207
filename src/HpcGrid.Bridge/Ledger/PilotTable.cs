using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Pilots by tag. The row is written before the batch system is asked, so that a lost answer never submits twice (R-H4).</summary>
internal sealed class PilotTable : Table
{
    private readonly Statement _add, _set, _all, _delete;

    public PilotTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO pilot(tag, stage, submitted_at, deadline, walltime) VALUES ($1, 0, $2, $3, $4)");
        _set = Prepare("UPDATE pilot SET batch_id = $2, stage = $3, ended_at = $4, deadline = $5 WHERE tag = $1");
        _all = Prepare("SELECT tag, batch_id, stage, submitted_at, deadline, ended_at, walltime FROM pilot");
        _delete = Prepare("DELETE FROM pilot WHERE tag = $1");
    }

    public void Add(PilotRow pilot) => _add.Run(
        pilot.Tag, Stored(pilot.SubmittedAt), pilot.Deadline is { } end ? Stored(end) : null, (long?)pilot.Walltime?.TotalSeconds);

    public void Set(PilotRow pilot) => _set.Run(pilot.Tag, pilot.BatchId, (int)pilot.Stage,
        pilot.EndedAt is { } ended ? Stored(ended) : null, pilot.Deadline is { } deadline ? Stored(deadline) : null);

    public List<PilotRow> All() => _all.Query(row => new PilotRow(
        row.GetString(0), row.TextOrNull(1), (PilotStage)row.GetInt32(2), row.Time(3), row.TimeOrNull(4), row.TimeOrNull(5))
    {
        Walltime = row.IsNull(6) ? null : TimeSpan.FromSeconds(row.GetInt64(6)),
    });

    public void Delete(string tag) => _delete.Run(tag);
}
