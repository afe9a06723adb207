using HpcGrid.Central.Database;

namespace HpcGrid.Central.Broker;

/// <summary>Waiting jobs of one description.</summary>
public sealed record Demand(long Description, string Owner, int Priority, DateTimeOffset Since, int Number);

/// <summary>Jobs that may be given out, small and hot; and their groups, which are all a match looks at.</summary>
public static class WaitingTable
{
    /// <summary>Jobs numbered from first on.</summary>
    public static void AddRange(Session session, DescriptionRow description, long first, int number, DateTimeOffset now)
    {
        for (var job = first; job < first + number; job++) Insert(session, description.Id, job);
        AddDemand(session, description, number, now);
    }

    public static void Add(Session session, DescriptionRow description, IReadOnlyCollection<long> jobs, DateTimeOffset now)
    {
        foreach (var job in jobs) Insert(session, description.Id, job);
        AddDemand(session, description, jobs.Count, now);
    }

    /// <summary>Takes the oldest jobs out.</summary>
    public static List<long> Take(Session session, long description, int most)
    {
        var jobs = session.Query("SELECT job FROM waiting WHERE description = $1 ORDER BY job LIMIT $2", reader => reader.GetInt64(0), description, most);
        if (jobs.Count > 0) Reduce(session, description, session.Execute("DELETE FROM waiting WHERE description = $1 AND job <= $2", description, jobs[^1]));
        return jobs;
    }

    /// <summary>Takes one job out; false when it was not waiting.</summary>
    public static bool Remove(Session session, long description, long job)
    {
        if (session.Execute("DELETE FROM waiting WHERE description = $1 AND job = $2", description, job) == 0) return false;
        Reduce(session, description, 1);
        return true;
    }

    /// <summary>Groups, the oldest of the highest priority first.</summary>
    public static List<Demand> Demands(Session session, int most) =>
        session.Query("SELECT description, owner, priority, since, number FROM demand ORDER BY priority DESC, since LIMIT $1",
            reader => new Demand(reader.GetInt64(0), reader.GetString(1), (int)reader.GetInt64(2), reader.Time(3), (int)reader.GetInt64(4)), most);

    private static void Insert(Session session, long description, long job) =>
        session.Execute("INSERT INTO waiting (description, job) VALUES ($1, $2)", description, job);

    private static void AddDemand(Session session, DescriptionRow description, int number, DateTimeOffset now) =>
        session.Execute(
            "INSERT INTO demand (description, owner, priority, since, number) VALUES ($1, $2, $3, $4, $5) " +
            "ON CONFLICT (description) DO UPDATE SET number = demand.number + $5",
            description.Id, description.Owner, description.Priority, now.ToUnixTimeMilliseconds(), number);

    private static void Reduce(Session session, long description, int number)
    {
        session.Execute("UPDATE demand SET number = number - $2 WHERE description = $1", description, number);
        session.Execute("DELETE FROM demand WHERE description = $1 AND number <= 0", description);
    }
}
