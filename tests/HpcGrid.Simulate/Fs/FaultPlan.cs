using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Fs;

/// <summary>
/// Which faults a seed injects, and how often. Each seed has another selection (a world with everything at once never gets anywhere), and each kind its own
/// rate over two orders of magnitude. After <see cref="Heal"/> nothing is injected any more.
/// </summary>
internal sealed class FaultPlan
{
    private static readonly int Rows = Enum.GetValues<FaultRow>().Length;
    private readonly double[] _rates = new double[Rows];
    private readonly long[] _counts = new long[Rows], _staging = new long[Rows];
    private readonly Dice _dice;

    public FaultPlan(Dice dice, Scenario scenario)
    {
        _dice = dice;
        foreach (var row in Enum.GetValues<FaultRow>())
        {
            var rate = dice.LogBetween(0.0005, 0.05);
            var always = scenario.Always.Contains(row);
            if (dice.Chance(scenario.FaultShare) || always) _rates[(int)row] = always ? Math.Max(rate, scenario.AlwaysRate) : rate;
        }
    }

    /// <summary>How often each was injected.</summary>
    public IReadOnlyList<long> Counts => _counts;

    /// <summary>How often each was injected into an operation on the stage-in cache.</summary>
    public IReadOnlyList<long> StagingCounts => _staging;

    /// <summary>What the operation that is being done is about.</summary>
    public string Where { get; set; } = "";

    public bool Healed { get; private set; }

    public void Heal() => Healed = true;

    /// <summary>This seed injects it at all.</summary>
    public bool Has(FaultRow row) => !Healed && _rates[(int)row] > 0;

    /// <summary>Whether to inject it here and now; counted when so.</summary>
    public bool Strikes(FaultRow row)
    {
        if (!Has(row) || !_dice.Chance(_rates[(int)row])) return false;
        Count(row);
        return true;
    }

    /// <summary>It happened, by itself or by an event.</summary>
    public void Count(FaultRow row)
    {
        _counts[(int)row]++;
        if (Where.StartsWith(Grid.SpoolPath + "/cache", StringComparison.Ordinal)) _staging[(int)row]++;
    }
}
