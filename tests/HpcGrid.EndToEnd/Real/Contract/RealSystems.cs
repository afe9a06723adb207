using HpcGrid.Bridge;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>The real schedulers that the contract is checked on. Each is started once, when the first case wants it, and ended after the last.</summary>
[SetUpFixture]
public sealed class RealSystems
{
    public static readonly string[] All = ["slurm", "torque", "sge"];

    /// <summary>Every node has two cores, which is what a pilot asks for there: no two of them meet on one.</summary>
    private const string SlurmSize = "2 16", SlotsOfGridEngine = "32";

    private static readonly string Folder = Directory.CreateTempSubdirectory("hpcgrid-contract-").FullName;
    private static readonly Lazy<Scheduler> Slurm = new(() =>
    {
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        return Start("dev-slurm", "HPCGRID_SLURM", "slurm", SlurmSize);
    });
    private static readonly Lazy<Scheduler> GridEngine = new(() =>
    {
        Needs.Program("apt-get", "apt, for Grid Engine's packages");
        return Start("dev-sge", "HPCGRID_SGE", "sge", SlotsOfGridEngine);
    });

    [OneTimeTearDown]
    public static async Task Down()
    {
        foreach (var scheduler in new[] { Slurm, GridEngine }.Where(scheduler => scheduler.IsValueCreated)) await scheduler.Value.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>The same Slurm at a site that starts its agents with another launcher.</summary>
    internal static SlurmCluster OpenSlurm(string start)
    {
        Needs.Root();
        return new SlurmCluster(NatureOfSlurm("slurm") with { Options = new BatchOptions { Start = start } }, Slurm.Value);
    }

    /// <summary>Skips the case where there is no such scheduler here.</summary>
    internal static ContractCluster Open(string system)
    {
        Needs.Root();
        switch (system)
        {
            case "slurm": return new SlurmCluster(NatureOfSlurm(system), Slurm.Value);
            case "torque":
                Needs.File("/usr/share/doc/slurm-wlm-torque/copyright", "slurm-wlm-torque");
                // Its front ends have no pbsdsh; what starts processes on nodes is Slurm's.
                return new SlurmCluster(NatureOfTorque, Slurm.Value);
            default: return new GridEngineCluster(NatureOfGridEngine, GridEngine.Value);
        }
    }

    private static ClusterNature NatureOfTorque
    {
        get
        {
            var slurm = NatureOfSlurm("torque");
            return slurm with
            {
                Options = new BatchOptions { Start = "srun" },
                Lacks = new Dictionary<Ability, string>(slurm.Lacks)
                {
                    [Ability.KnownEnds] = "the qstat of slurm-wlm-torque says C of a cancelled job while Slurm still ends its processes",
                },
            };
        }
    }

    private static ClusterNature NatureOfSlurm(string system) => new(system)
    {
        // That is its accounting daemon's, which is not started.
        KeepsHistory = false,
        Lacks = new Dictionary<Ability, string> { [Ability.LongWalltime] = "the warning of a pilot of half an hour comes after 25 real minutes" },
    };

    private static ClusterNature NatureOfGridEngine => new("sge")
    {
        Options = new BatchOptions { Attributes = new Dictionary<string, string> { ["pe"] = "smp" } },
        ShortWalltime = TimeSpan.FromSeconds(10),
        WalltimeSignal = "USR2",
        Lacks = new Dictionary<Ability, string>
        {
            [Ability.SeveralNodes] = "its execution daemon is one for each host, and this is one host",
            [Ability.NodeDeath] = "its one node is this machine",
            [Ability.Requeue] = "a job that was submitted with -r n is not started again by anybody",
            [Ability.LongWalltime] = "a pilot of half an hour takes half a real hour",
        },
    };

    private static Scheduler Start(string tool, string variable, string name, string size) =>
        Scheduler.Up(tool, variable, Path.Combine(Folder, name), size).GetAwaiter().GetResult();
}
