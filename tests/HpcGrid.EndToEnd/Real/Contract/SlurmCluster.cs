using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>A real Slurm of several nodes on this machine, by its own commands or by Torque's front ends.</summary>
internal sealed class SlurmCluster : RealCluster
{
    /// <summary>All nodes are this machine; to its programs each has its own name.</summary>
    private const string Hostname = """
        #!/bin/sh
        [ -n "$SLURMD_NODENAME" ] || exec /bin/hostname "$@"
        echo "$SLURMD_NODENAME"
        """;

    public SlurmCluster(ClusterNature nature, Scheduler scheduler) : base(nature, scheduler)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "node"));
        WriteProgram(Path.Combine(Folder, "node/hostname"), Hostname);
    }

    protected override string Surroundings => $"export PATH='{Folder}/node':$PATH";

    protected override string Hold => "#SBATCH --hold";

    protected override void Release(string id) => Real("scontrol", "release", id);

    protected override bool HasEnded(PilotRequest pilot) => Listed(pilot).All(line => line.Split('|')[1] is not ("PENDING" or "RUNNING" or "COMPLETING"));

    public override IReadOnlyList<string> JobsOf(PilotRequest pilot) => [.. Listed(pilot).Select(line => line.Split('|')[0])];

    public override void Requeue(PilotRequest pilot)
    {
        var id = JobsOf(pilot).Single();
        Obeyed("update", $"JobId={id}", "Requeue=1");
        // It comes again when the credential of its first start has run out: made to start sooner, its node may take the new one for the old one, which is revoked.
        Obeyed("requeue", id);
    }

    protected override string Picture() => string.Concat(Submitted.SelectMany(JobsOf).Select(id => Real("scontrol", "show", "job", id)));

    /// <summary>A controller that is busy, or a job in transition, refuses: it is asked again until it says nothing.</summary>
    private void Obeyed(params string[] order) => Until(() => Real(["scontrol", .. order]).Length == 0, string.Join(' ', order)).GetAwaiter().GetResult();

    public override void NodeDown(string node) => Real("scontrol", "update", $"NodeName={node}", "State=down", "Reason=test");

    public override void NodeUp(string node) => Real("scontrol", "update", $"NodeName={node}", "State=resume");

    private string[] Listed(PilotRequest pilot) =>
        Real("squeue", "--noheader", "--states=all", $"--name={pilot.Tag}", "--format=%i|%T").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
