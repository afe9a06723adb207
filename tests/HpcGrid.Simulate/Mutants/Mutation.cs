using HpcGrid.Bridge.Pilots;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Mutants;

/// <summary>
/// One of the rules that the protocol does not follow, because they are wrong (PROTOCOL 7.5), put around the product from outside. The checker must catch each:
/// one that catches no mutant proves nothing.
/// </summary>
internal abstract class Mutation
{
    /// <summary>The product as it is.</summary>
    public static Mutation None { get; } = new Nothing();

    /// <summary>All that must be caught.</summary>
    public static IReadOnlyList<Mutation> All { get; } =
        [new FenceByRename(), new RenameOver(), new TrustReturnCode(), new ReuseNames(), new ExclusiveClaims(), new NoChecksum(), new StageInPlace()];

    public virtual string Name => GetType().Name;

    /// <summary>Faults without which it does no harm: they strike in every seed.</summary>
    public virtual IReadOnlyCollection<FaultRow> Needs => [];

    /// <summary>What is played, where it does harm.</summary>
    public virtual Scenario Shape(Scenario scenario) => scenario.With(Needs);

    /// <summary>The filesystem as agents get it.</summary>
    public virtual ISharedFs Agent(Grid grid, SimFs fs) => fs;

    /// <summary>The filesystem as bridges get it.</summary>
    public virtual ISharedFs Bridge(Grid grid, SimFs fs) => fs;

    /// <summary>The batch system's word as bridges get it.</summary>
    public virtual BatchState Says(Grid grid, SimPilot? pilot, BatchState truth) => truth;

    private sealed class Nothing : Mutation
    {
        public override string Name => "none";
    }
}
