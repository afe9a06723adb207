namespace HpcGrid.Bridge.Pilots;

/// <summary>What decides how many pilots to start.</summary>
/// <param name="Nodes">The most that are wanted at a time.</param>
/// <param name="NodesPerPilot">Nodes of each pilot.</param>
/// <param name="CoresPerNode">Cores of each.</param>
/// <param name="HeldCores">Cores asked for by jobs held whose payload has not ended.</param>
/// <param name="Waiting">Jobs waiting at central that could run here: the broker has compared cores, memory and TTL with what a new pilot offers.</param>
/// <param name="Alive">Pilots queued, starting or running that take work; draining ones do not count.</param>
/// <param name="Occupied">Pilots that have not ended.</param>
/// <param name="Avoided">Nodes that get no work for now.</param>
/// <param name="Gangs">Jobs over several nodes that no living pilot can ever have room for.</param>
public sealed record PilotView(int Nodes, int NodesPerPilot, int CoresPerNode, long HeldCores, int Waiting, int Alive, int Occupied, int Gangs = 0,
    int Avoided = 0)
{
    /// <summary>Pilots that were submitted and do not run.</summary>
    public int Queued { get; init; }

    /// <summary>The most that may wait in the batch system's queue.</summary>
    public int MostQueued { get; init; } = int.MaxValue;

    /// <summary>Cores that a waiting job asks for: the mean of those that are held.</summary>
    public double CoresPerJob { get; init; } = 1;
}

/// <summary>How a pilot ended, as far as it says whether the next one is worth while.</summary>
public enum PilotEnd
{
    /// <summary>It had work, or was ended on purpose.</summary>
    Well,
    /// <summary>Its agents had nothing to do although work waited: it is not of the kind that waits.</summary>
    FoundNoWork,
    /// <summary>Gone at once, without an agent: something is broken.</summary>
    DiedYoung,
    /// <summary>The batch system did not take it.</summary>
    Refused,
}

/// <summary>How pilots fared lately: so many died young, found no work, were refused in a row.</summary>
public sealed record PilotFortune(int YoungDeaths, int Idle, int Refused = 0);

/// <summary>A hole in the batch system's schedule.</summary>
/// <param name="Nodes">Nodes that are idle.</param>
/// <param name="Lasts">For how long; null: for long.</param>
public sealed record BackfillHole(int Nodes, TimeSpan? Lasts);

/// <summary>How many pilots to start and to take back, and when. Pure.</summary>
public static class PilotRules
{
    /// <summary>
    /// As many as the work can fill, and one for each gang without a place, up to the nodes wanted and to what may wait in the queue.
    /// </summary>
    public static int ToStart(PilotView view)
    {
        if (Demand(view) <= 0) return 0;
        var wanted = Math.Max(Useful(view) - view.Alive, view.Gangs);
        return Math.Max(0, Math.Min(wanted, Math.Min(Most(view) - view.Occupied, view.MostQueued - view.Queued)));
    }

    /// <summary>Queued pilots that no work is left for.</summary>
    public static int Surplus(PilotView view) =>
        view.Gangs > 0 ? 0 : Math.Clamp(view.Alive - (Demand(view) <= 0 ? 0 : Useful(view)), 0, view.Queued);

    public static PilotFortune After(PilotFortune fortune, PilotEnd end) => end switch
    {
        PilotEnd.Well => new PilotFortune(0, 0),
        PilotEnd.FoundNoWork => fortune with { YoungDeaths = 0, Idle = fortune.Idle + 1 },
        PilotEnd.DiedYoung => fortune with { YoungDeaths = fortune.YoungDeaths + 1 },
        PilotEnd.Refused => fortune with { Refused = fortune.Refused + 1 },
        _ => throw new InvalidOperationException($"{end} is no end of a pilot"),
    };

    /// <summary>The pause before the next one.</summary>
    public static TimeSpan Pause(PilotFortune fortune)
    {
        var broken = Doubled(Limits.FirstRespawnPause, fortune.YoungDeaths - Limits.ForgivenDeaths, Limits.LongestRespawnPause);
        var refused = Doubled(Limits.FirstRespawnPause, fortune.Refused - 1, Limits.LongestRespawnPause);
        var idle = Doubled(Limits.FirstIdlePause, fortune.Idle - 1, Limits.LongestIdlePause);
        return new[] { broken, refused, idle }.Max();
    }

    /// <summary>
    /// How long the next pilot asks for: its whole time where there is a hole as long or none at all; otherwise as long as the longest hole that is worth it,
    /// because a shorter pilot starts at once. A hole shrinks until the pilot has begun, and some systems round up to minutes: it asks for a bit less.
    /// </summary>
    public static TimeSpan Walltime(TimeSpan whole, TimeSpan shortest, int nodes, IReadOnlyList<BackfillHole> holes)
    {
        var longest = TimeSpan.Zero;
        foreach (var hole in holes.Where(hole => hole.Nodes >= nodes))
        {
            if (hole.Lasts - Limits.HoleShrinks is not { } lasts || lasts >= whole) return whole;
            if (lasts > longest) longest = lasts;
        }
        return longest >= shortest && longest > TimeSpan.Zero ? TimeSpan.FromSeconds(Math.Floor(longest.TotalSeconds)) : whole;
    }

    private static long Demand(PilotView view) => view.HeldCores + (long)Math.Ceiling(view.Waiting * view.CoresPerJob);

    private static int Useful(PilotView view)
    {
        var cores = view.NodesPerPilot * view.CoresPerNode;
        return (int)Math.Min(Most(view), (Demand(view) + cores - 1) / cores);
    }

    private static int Most(PilotView view)
    {
        // Which nodes the batch system gives is its own affair: a pilot of several comes with good ones too, and the bad one of them is drained.
        var nodes = view.NodesPerPilot == 1 ? Math.Max(0, view.Nodes - view.Avoided) : view.Nodes;
        return nodes / view.NodesPerPilot;
    }

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan longest)
    {
        if (times < 0) return TimeSpan.Zero;
        var doubled = first * Math.Pow(2, Math.Min(times, 20));
        return doubled < longest ? doubled : longest;
    }
}
