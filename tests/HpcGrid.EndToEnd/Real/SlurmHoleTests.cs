using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;

namespace HpcGrid.EndToEnd.Real;

/// <summary>What a real Slurm tells of holes in its schedule is true: a pilot that is made for one begins at once.</summary>
[NonParallelizable, Category("Scheduler")]
public sealed class SlurmHoleTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-hole-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_pilot_as_short_as_the_hole_begins_before_the_job_that_waits_and_a_whole_one_behind_it()
    {
        Needs.Root();
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        await using var slurm = await Scheduler.Up("dev-slurm", "HPCGRID_SLURM", Path.Combine(_folder, "slurm"), "2 4");
        var bridge = BridgeOf(slurm);
        // One of four nodes is idle until the second job gets all four.
        foreach (var nodes in (string[])["3", "4"])
            await Daemon.Run("/bin/sh", ["-c", $"sbatch --nodes={nodes} --exclusive --time=20 --output=/dev/null --wrap='sleep 600'"], slurm.Environment);
        IReadOnlyList<BackfillHole> holes = [];
        await Eventually.True(async () => (holes = await bridge.Holes(default)) is [{ Lasts: not null }], Bound, () => "Slurm to plan the waiting job");
        var whole = TimeSpan.FromHours(1);
        var lasts = PilotRules.Walltime(whole, TimeSpan.FromMinutes(5), nodes: 1, holes);
        Assert.That(lasts, Is.InRange(TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20)));

        var (longer, shorter) = (Pilot("p1-whole", whole), Pilot("p2-hole", lasts));
        await bridge.Submit(longer, default);
        await bridge.Submit(shorter, default);
        await Eventually.True(async () => await StateOf(bridge, shorter) == BatchState.Running, Bound, () => "the short pilot to begin");
        Assert.That(await StateOf(bridge, longer), Is.EqualTo(BatchState.Queued));
    }

    private static PilotRequest Pilot(string tag, TimeSpan walltime) => new(tag, 1, 2, walltime, DateTimeOffset.UtcNow + walltime);

    private static async Task<BatchState> StateOf(CommandBatchSystem bridge, PilotRequest pilot) => (await bridge.Status([pilot.Tag], default)).Single().State;

    private CommandBatchSystem BridgeOf(Scheduler slurm)
    {
        var adapter = AdapterFile.Read(Path.Combine(AppContext.BaseDirectory, "hpc-templates/slurm"));
        IReadOnlyList<string> There(IReadOnlyList<string> words) => ["env", $"SLURM_CONF={slurm.Environment["SLURM_CONF"]}", .. words];
        adapter = adapter with
        {
            Submit = There(adapter.Submit),
            Status = adapter.Status with { Words = There(adapter.Status.Words) },
            History = null,
            Backfill = adapter.Backfill! with { Words = There(adapter.Backfill.Words) },
        };
        var logs = Directory.CreateDirectory(Path.Combine(_folder, "logs")).FullName;
        return new CommandBatchSystem(adapter, new SubmitScript(adapter, new BatchOptions(), ["/bin/sh", "-c", "sleep 600"]),
            new PilotFolders(Path.Combine(_folder, "state"), logs), TimeProvider.System);
    }
}
