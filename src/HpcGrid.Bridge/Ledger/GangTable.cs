using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Agents that are kept together for one job each. A row is there before any of them is told, and goes when the last may be freed.</summary>
internal sealed class GangTable : Table
{
    private readonly Statement _add, _stage, _delete, _all;

    public GangTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO gang(number, row, branch, members, stage) VALUES ($1, $2, $3, $4, 0)");
        _stage = Prepare("UPDATE gang SET stage = $2 WHERE number = $1");
        _delete = Prepare("DELETE FROM gang WHERE number = $1");
        _all = Prepare("SELECT number, row, branch, members, stage FROM gang ORDER BY number");
    }

    public void Add(GangRow gang) => _add.Run(gang.Number, gang.Row, gang.Branch, string.Join(' ', gang.Members));

    public void SetStage(long number, GangStage stage) => _stage.Run(number, (int)stage);

    public void Delete(long number) => _delete.Run(number);

    /// <summary>Oldest first.</summary>
    public List<GangRow> All() => _all.Query(row =>
        new GangRow(row.GetInt64(0), row.GetInt64(1), row.GetInt32(2), row.GetString(3).Split(' '), (GangStage)row.GetInt32(4)));
}
