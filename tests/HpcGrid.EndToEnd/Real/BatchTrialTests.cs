using System.Text.Json;

namespace HpcGrid.EndToEnd.Real;

/// <summary>`hpcgrid-bridge batch test` and a production on real schedulers; skipped where they cannot run.</summary>
[NonParallelizable, Category("Scheduler")]
public sealed class BatchTrialTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-trial-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Grid_Engine_passes_all_checks_and_a_production_survives_its_cancelled_pilots()
    {
        Needs.Root();
        Needs.Program("apt-get", "apt, for Grid Engine's packages");
        await using var sge = await Scheduler.Up("dev-sge", "HPCGRID_SGE", Path.Combine(_folder, "sge"), "8");
        await Passes("sge", "main.q", walltime: 10, sge.Environment);

        await using var grid = await Grid.Start(new GridSetup
        {
            System = "sge",
            More = "  pollSeconds: 1\n  idleExit: 10\n  queue: main.q\n  attributes: {pe: smp}",
            BridgeEnvironment = sge.Environment,
        });
        var master = (await grid.Submit("""
            Command = {"/bin/sh", "-c", "sleep 0.5; echo #alien_counter#"};
            Split = "production:1-60";
            TTL = 60;
            MemorySize = "50MB";
            WorkDirectorySize = "20MB";
            KeepOutput = "tail";
            """)).Job;
        await Eventually.True(async () => (await grid.Subjobs(master)).Count(job => job.State == "DONE") > 5, Bound, () => "the first jobs to end");
        // With -notify Grid Engine says USR2 before it kills: the agents end what they have and hand back the rest.
        await Daemon.Run("/bin/sh", ["-c", "qdel -u \"$(id -un)\""], sge.Environment);
        var progress = await grid.UntilFinal(master, Bound);
        Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = 60 }));
        Assert.That((await grid.Subjobs(master)).Select(job => job.Attempt), Is.All.EqualTo(1), "a cancelled pilot costs no try");
        var logs = Directory.GetFiles(grid.SpoolRoot + ".pilots").Select(File.ReadAllText).ToList();
        Assert.That(logs, Has.Some.Contains("asked to end"), string.Join("\n", logs));
    }

    [Test]
    public async Task The_front_ends_of_Torque_over_Slurm_pass_all_checks()
    {
        Needs.Root();
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        Needs.File("/usr/share/doc/slurm-wlm-torque/copyright", "slurm-wlm-torque");
        await using var slurm = await Scheduler.Up("dev-slurm", "HPCGRID_SLURM", Path.Combine(_folder, "slurm"), "8");
        await Passes("torque", "main", walltime: 60, slurm.Environment);
    }

    private async Task Passes(string system, string queue, int walltime, IReadOnlyDictionary<string, string> environment)
    {
        var notes = Directory.CreateDirectory(Path.Combine(_folder, system + "-notes")).FullName;
        var finished = await Daemon.Run("hpcgrid-bridge", ["batch", "test", queue, "--system", system, "--folder", notes, "--json",
            "--walltime", walltime.ToString(System.Globalization.CultureInfo.InvariantCulture), "--patience", "120"], environment);
        TestContext.Out.WriteLine(finished.Output + finished.Error);
        using var report = JsonDocument.Parse(finished.Output);
        var checks = report.RootElement.GetProperty("checks").EnumerateArray()
            .ToDictionary(check => check.GetProperty("name").GetString()!, check => check.GetProperty("verdict").GetString());
        Assert.That(checks.Where(check => check.Value == "Failed"), Is.Empty);
        Assert.That(checks.Keys, Is.SupersetOf(new[] { "submit", "a lost answer", "one agent on each node", "cancel", "nothing lives on", "cancel again", "walltime" }));
        Assert.That(finished.ExitCode, Is.Zero);
    }
}
