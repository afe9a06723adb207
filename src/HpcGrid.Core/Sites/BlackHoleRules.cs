namespace HpcGrid.Core.Sites;

/// <summary>How jobs of one kind (a production, a user's program) ended lately.</summary>
/// <param name="Ended">All of them.</param>
/// <param name="Failed">Those that failed at once.</param>
public readonly record struct Endings(int Ended, int Failed)
{
    public static Endings operator +(Endings left, Endings right) => new(left.Ended + right.Ended, left.Failed + right.Failed);
}

/// <summary>What ended lately in one place (a node, a site), by kind of job.</summary>
public sealed record PlaceRecord(string Place, IReadOnlyDictionary<string, Endings> Kinds)
{
    public Endings All => Kinds.Values.Aggregate(default(Endings), (sum, kind) => sum + kind);
}

/// <summary>A place that fails what others do well.</summary>
public sealed record BlackHole(string Place, string Reason);

/// <summary>
/// Finds black holes (R-A13): nodes, or sites, on which jobs fail at once, so that they swallow more and more of them. What a place fails is held
/// against it only as far as the others do the same kind of job better; a user's broken production fails everywhere and says nothing about a place.
/// </summary>
public static class BlackHoleRules
{
    /// <summary>Fewer ends prove nothing, neither of a place nor of the others.</summary>
    public const int LeastJobs = 5;

    /// <summary>The part of a place's jobs that must have failed at once.</summary>
    public const double FailedPart = 0.8;

    /// <summary>So many different kinds of job failing in one place are hardly all broken, even when no other place has tried them.</summary>
    public const int ManyKinds = 3;

    public static IReadOnlyList<BlackHole> Find(IReadOnlyCollection<PlaceRecord> places)
    {
        var found = new List<BlackHole>();
        foreach (var place in places)
        {
            var all = place.All;
            if (all.Ended < LeastJobs || all.Failed < all.Ended * FailedPart) continue;
            var others = Sum(places.Where(other => other.Place != place.Place));
            var rest = others.Values.Aggregate(default(Endings), (sum, kind) => sum + kind);
            if (rest.Ended < LeastJobs) continue;
            var unexpected = Unexpected(place, others, rest);
            // Half of the failures at least must be the place's own: a large broken production leaves some doubt in each of many.
            if (unexpected >= LeastJobs && unexpected >= all.Failed / 2.0)
                found.Add(new BlackHole(place.Place, $"{all.Failed} of its last {all.Ended} jobs failed at once, {rest.Failed} of {rest.Ended} elsewhere"));
        }
        return found;
    }

    /// <summary>How many of the place's failures the others would not have had.</summary>
    private static double Unexpected(PlaceRecord place, Dictionary<string, Endings> others, Endings rest)
    {
        var failing = place.Kinds.Where(kind => kind.Value.Failed > 0).ToList();
        var unexpected = 0.0;
        foreach (var (kind, endings) in failing)
        {
            var elsewhere = others.GetValueOrDefault(kind);
            var likely = elsewhere.Ended > 0 ? Likely(elsewhere) : failing.Count >= ManyKinds ? Likely(rest) : 1;
            unexpected += endings.Failed * (1 - likely);
        }
        return unexpected;
    }

    /// <summary>How likely a job fails, after so many: a few ends leave it open (Laplace's rule).</summary>
    private static double Likely(Endings endings) => (endings.Failed + 1.0) / (endings.Ended + 2.0);

    private static Dictionary<string, Endings> Sum(IEnumerable<PlaceRecord> places)
    {
        var sum = new Dictionary<string, Endings>();
        foreach (var (kind, endings) in places.SelectMany(place => place.Kinds)) sum[kind] = sum.GetValueOrDefault(kind) + endings;
        return sum;
    }
}
