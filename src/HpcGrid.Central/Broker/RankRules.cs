namespace HpcGrid.Central.Broker;

/// <summary>Whether a site that asks gets a job that would rather run elsewhere. Pure.</summary>
public static class RankRules
{
    /// <summary>
    /// True when the job is kept for a site where its Rank is greater and that has free slots now. It is kept for a bounded time: who asked
    /// in vain may never ask again.
    /// </summary>
    /// <param name="here">The job's rank at the site that asks.</param>
    /// <param name="elsewhere">Its ranks at other sites that match it and have free slots.</param>
    /// <param name="keptSince">Since when jobs like it are kept; null when they are not yet.</param>
    /// <param name="now">Now.</param>
    public static bool Keeps(double here, IEnumerable<double> elsewhere, DateTimeOffset? keptSince, DateTimeOffset now) =>
        (keptSince is not { } since || now - since < Limits.RankPatience) && elsewhere.Any(rank => rank > here);
}
