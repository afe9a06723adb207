namespace HpcGrid.Central.Database;

/// <summary>Numbers that are given once and never again, even when what had them is gone.</summary>
public static class CounterTable
{
    /// <summary>Takes that many numbers in a row; returns the first.</summary>
    public static long Take(Session session, string name, long count = 1) =>
        session.Number("UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value", name, count) is { } last
            ? last - count + 1
            : throw new InvalidOperationException($"no counter is called {name}");
}
