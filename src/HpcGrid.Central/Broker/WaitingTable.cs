using HpcGrid.Central.Database;

namespace HpcGrid.Central.Broker;

/// <summary>Waiting jobs of one description.</summary>
public sealed record Demand(long Description, string Owner, int Priority, DateTimeOffset Since, int Number, double Price = 1);

/// <summary>Jobs that may be given out, small and hot; and their groups, which are all a match looks at.</summary>
public static class WaitingTable
{
    /// <summary>Jobs numbered from first on.</summary>
    public static void AddRange(Session session, KnownDescription description, long first, int number, DateTimeOffset now)
    {
        for (var job = first; job < first + number; job++) Insert(session, description.Row.Id, job);
        AddDemand(session, description, number, now);
    }

    public static void Add(Session session, KnownDescription description, IReadOnlyCollection<long> jobs, DateTimeOffset now)
    {
        foreach (var job in jobs) Insert(session, description.Row.Id, job);
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

    /// <summary>True when it may be given out.</summary>
    public static bool Contains(Session session, long description, long job) =>
        session.Number("SELECT 1 FROM waiting WHERE description = $1 AND job = $2", description, job) is not null;

    /// <summary>Groups, the oldest of the highest priority first.</summary>
    public static List<Demand> Demands(Session session, int most) =>
        session.Query("SELECT description, owner, priority, since, number, price FROM demand ORDER BY priority DESC, since LIMIT $1",
            reader => new Demand(reader.GetInt64(0), reader.GetString(1), (int)reader.GetInt64(2), reader.Time(3), (int)reader.GetInt64(4),
                reader.GetDouble(5)), most);

    /// <summary>Groups with a time limit whose first job has waited for longer than that.</summary>
    public static List<(long Description, string Owner, long MaxWaitingSeconds)> Overdue(Session session, DateTimeOffset now) =>
        session.Query("SELECT description, owner, max_waiting FROM demand WHERE max_waiting IS NOT NULL AND since + max_waiting * 1000 < $1",
            reader => (reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2)), now.ToUnixTimeMilliseconds());

    /// <summary>Owners of waiting groups with a time limit.</summary>
    public static List<string> OwnersInHaste(Session session) =>
        session.Query("SELECT DISTINCT owner FROM demand WHERE max_waiting IS NOT NULL", reader => reader.GetString(0));

    /// <summary>Waiting jobs of a group after a number, by number.</summary>
    public static List<long> Page(Session session, long description, long after, int most) =>
        session.Query("SELECT job FROM waiting WHERE description = $1 AND job > $2 ORDER BY job LIMIT $3", reader => reader.GetInt64(0),
            description, after, most);

    /// <summary>Since when the group's first job waits.</summary>
    public static void SetSince(Session session, long description, DateTimeOffset since) =>
        session.Execute("UPDATE demand SET since = $2 WHERE description = $1", description, since.ToUnixTimeMilliseconds());

    private static void Insert(Session session, long description, long job) =>
        session.Execute("INSERT INTO waiting (description, job) VALUES ($1, $2)", description, job);

    private static void AddDemand(Session session, KnownDescription description, int number, DateTimeOffset now) =>
        session.Execute(
            "INSERT INTO demand (description, owner, priority, since, number, max_waiting, price) VALUES ($1, $2, $3, $4, $5, $6, $7) " +
            "ON CONFLICT (description) DO UPDATE SET number = demand.number + $5",
            description.Row.Id, description.Row.Owner, description.Row.Priority, now.ToUnixTimeMilliseconds(), number, description.Job.MaxWaitingSeconds,
            description.Job.Price);

    private static void Reduce(Session session, long description, int number)
    {
        session.Execute("UPDATE demand SET number = number - $2 WHERE description = $1", description, number);
        session.Execute("DELETE FROM demand WHERE description = $1 AND number <= 0", description);
    }
}
