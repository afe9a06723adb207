using HpcGrid.Core;
using HpcGrid.SimBatch.Lsf;
using HpcGrid.SimBatch.Others;
using HpcGrid.SimBatch.Pbs;
using HpcGrid.SimBatch.Slurm;

namespace HpcGrid.SimBatch;

/// <summary>The batch systems that can be simulated.</summary>
internal static class Dialects
{
    private static readonly Dialect[] All =
    [
        new SlurmDialect(), new PbsDialect(), new LsfDialect(), new TorqueDialect(), new GridEngineDialect(), new CondorDialect(), new CobaltDialect(),
        new FluxDialect(),
    ];

    public static IReadOnlyList<string> Names => [.. All.Select(dialect => dialect.Name)];

    /// <summary>Throws GridError(Invalid) with the names that there are.</summary>
    public static Dialect Find(string name) => Array.Find(All, dialect => dialect.Name == name || (name == "pbs" && dialect is PbsDialect))
        ?? throw GridError.Invalid($"no batch system '{name}' is simulated", $"Known: {string.Join(", ", Names)}.");
}
