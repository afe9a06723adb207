using HpcGrid.Central.Database;

namespace HpcGrid.Central.Events;

/// <summary>How many jobs an owner has, masters not counted.</summary>
/// <param name="Unfinished">That have not ended.</param>
/// <param name="Active">Of these: that a bridge holds.</param>
public sealed record OwnerLoad(long Unfinished, long Active);

/// <summary>Counts of jobs by owner; changed together with the jobs, so that nobody has to count them.</summary>
public static class OwnerLoadTable
{
    public static void Add(Session session, string owner, long unfinished, long active) =>
        session.Execute(
            "INSERT INTO owner_load (owner, unfinished, active) VALUES ($1, $2, $3) " +
            "ON CONFLICT (owner) DO UPDATE SET unfinished = owner_load.unfinished + $2, active = owner_load.active + $3",
            owner, unfinished, active);

    public static OwnerLoad Of(Session session, string owner) =>
        session.First("SELECT unfinished, active FROM owner_load WHERE owner = $1", reader => new OwnerLoad(reader.GetInt64(0), reader.GetInt64(1)), owner)
            ?? new OwnerLoad(0, 0);
}
