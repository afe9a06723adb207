using HpcGrid.Bridge;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.Tests.Batch;

/// <summary>The batch systems that are simulated, as the contract sees them.</summary>
internal static class Flavours
{
    public static readonly string[] All = ["slurm", "openpbs", "lsf", "torque", "sge", "htcondor", "cobalt", "flux"];

    /// <summary>The machine that is simulated, where it is not one of plain nodes.</summary>
    public static string[] Machine(string system) => system switch
    {
        "lsf" => ["--launchers", "jsrun", "--service-node"],
        "cobalt" => ["--launchers", "aprun", "--service-node"],
        _ => [],
    };

    public static ClusterNature Nature(string system)
    {
        var atWalltime = system is "lsf" or "sge" ? "USR2" : "TERM";
        return new ClusterNature(system)
        {
            Options = system == "sge" ? new BatchOptions { Attributes = new Dictionary<string, string> { ["pe"] = "smp" } } : new BatchOptions(),
            // HTCondor has no queues.
            Wrong = system == "htcondor" ? new BatchOptions { Directives = ["nonsense"] } : new BatchOptions { Queue = "nowhere" },
            ForgetsEnds = system == "cobalt",
            ShortWalltime = TimeSpan.FromMinutes(20),
            WalltimeSignal = atWalltime,
            FirstSignal = system is "slurm" or "lsf" or "flux" ? "USR1" : atWalltime,
        };
    }
}
