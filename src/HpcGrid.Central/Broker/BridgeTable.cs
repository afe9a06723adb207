using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Broker;

/// <summary>A bridge as central knows it.</summary>
/// <param name="Ledger">The ledger it had when it last said hello.</param>
/// <param name="SeenAt">When its leases were last extended.</param>
/// <param name="Lost">Silent for longer than a lease.</param>
/// <param name="Spool">What it rules: who comes before it on the same spool is not heard any more.</param>
public sealed record BridgeRow(string Name, string Site, Guid Ledger, DateTimeOffset SeenAt, bool Lost, SpoolEpoch Spool);

/// <summary>Rows of bridges.</summary>
public static class BridgeTable
{
    private const string Columns = "name, site, ledger, seen_at, lost, spool, epoch";

    public static BridgeRow? Find(Session session, string name) => session.First($"SELECT {Columns} FROM bridge WHERE name = $1", Read, name);

    public static List<BridgeRow> All(Session session) => session.Query($"SELECT {Columns} FROM bridge ORDER BY name", Read);

    public static void Save(Session session, BridgeRow bridge) =>
        session.Execute(
            $"INSERT INTO bridge ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7) " +
            "ON CONFLICT (name) DO UPDATE SET site = $2, ledger = $3, seen_at = $4, lost = $5, spool = $6, epoch = $7",
            bridge.Name, bridge.Site, bridge.Ledger.ToString("D"), bridge.SeenAt.ToUnixTimeMilliseconds(), bridge.Lost ? 1 : 0,
            bridge.Spool.Id.ToString("D"), bridge.Spool.Epoch);

    /// <summary>Nobody was silent while central itself was away.</summary>
    public static void ForgiveAll(Session session, DateTimeOffset now) => session.Execute("UPDATE bridge SET seen_at = $1", now.ToUnixTimeMilliseconds());

    private static BridgeRow Read(Row reader) =>
        new(reader.GetString(0), reader.GetString(1), Guid.Parse(reader.GetString(2)), reader.Time(3), reader.Flag(4),
            new SpoolEpoch(Guid.Parse(reader.GetString(5)), reader.GetInt64(6)));
}
