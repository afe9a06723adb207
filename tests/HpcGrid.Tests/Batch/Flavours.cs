namespace HpcGrid.Tests.Batch;

/// <summary>The batch systems that the contract is checked on.</summary>
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

    /// <summary>What a site must say for the shipped template.</summary>
    public static Dictionary<string, string> Attributes(string system) => system == "sge" ? new() { ["pe"] = "smp" } : [];

    /// <summary>It forgets a job that has ended at once and for ever.</summary>
    public static bool ForgetsEnds(string system) => system == "cobalt";

    /// <summary>What a pilot gets first when its walltime is over.</summary>
    public static string WalltimeSignal(string system) => system is "lsf" or "sge" ? "USR2" : "TERM";

    /// <summary>What a long pilot gets first of all.</summary>
    public static string FirstSignal(string system) => system is "slurm" or "lsf" or "flux" ? "USR1" : WalltimeSignal(system);
}
