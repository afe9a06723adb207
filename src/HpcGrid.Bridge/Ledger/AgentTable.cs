using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>The agents seen on the spool, how far each was given up, and the last numbers of messages and leases sent to it.</summary>
internal sealed class AgentTable : Table
{
    private readonly Statement _add, _all, _stage, _delete, _message, _lease;

    public AgentTable(SqliteConnection connection) : base(connection)
    {
        _add = Prepare("INSERT INTO agent(agent, node, pilot, batch_id, stage, since) VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT DO NOTHING");
        _all = Prepare("SELECT agent, node, pilot, batch_id, stage, strong, since, reason FROM agent");
        _stage = Prepare("UPDATE agent SET stage = $2, strong = $3, since = $4, reason = $5 WHERE agent = $1");
        _delete = Prepare("DELETE FROM agent WHERE agent = $1");
        _message = Prepare("UPDATE agent SET message = MAX(message, $2) + 1 WHERE agent = $1 RETURNING message");
        _lease = Prepare("UPDATE agent SET lease = lease + 1 WHERE agent = $1 RETURNING lease");
    }

    public void Add(AgentRow agent) => _add.Run(agent.Agent, agent.Node, agent.Pilot, agent.BatchId, Stored(agent.Since));

    public List<AgentRow> All() => _all.Query(row => new AgentRow(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), (AgentStage)row.GetInt32(4),
        row.GetInt32(5) != 0, row.Time(6), row.GetString(7)));

    public void SetStage(AgentRow agent) => _stage.Run(agent.Agent, (int)agent.Stage, agent.Strong ? 1 : 0, Stored(agent.Since), agent.Reason);

    public void Delete(string agent) => _delete.Run(agent);

    /// <summary>
    /// The next message's number; never used before for this agent, and beyond those of bridges that ruled before, of which this ledger may know nothing: an
    /// agent says only the highest number that it has applied.
    /// </summary>
    public long NextMessage(string agent, long epoch) => _message.Number(agent, epoch * Limits.NumbersPerEpoch) ?? throw Unknown(agent);

    public long NextLease(string agent) => _lease.Number(agent) ?? throw Unknown(agent);

    private static InvalidOperationException Unknown(string agent) => new($"agent {agent} is not in the ledger");
}
