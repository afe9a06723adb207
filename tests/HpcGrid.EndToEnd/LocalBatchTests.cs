using System.Text.Json;

namespace HpcGrid.EndToEnd;

/// <summary>`hpcgrid local up --batch`: the shipped adapters on a simulated batch system, as a newcomer tries them.</summary>
public sealed class LocalBatchTests
{
    [TestCase("slurm", "squeue")]
    [TestCase("pbs", "qstat")]
    [TestCase("lsf", "bjobs")]
    public async Task A_local_grid_runs_jobs_through_a_batch_system_and_leaves_nothing(string batch, string command)
    {
        await using var home = new LocalGridHome();
        await home.Ok("local", "up", "--batch", batch, "--nodes", "2", "--cores-per-node", "1");
        var said = await home.Ok("local", "run", "-n", "3", "-o", Path.Combine(home.Folder, "results"), "--", "/bin/echo", "hello #alien_counter#");
        Assert.That(said, Does.StartWith("3 jobs: 3 DONE, 0 failed"));

        var status = JsonDocument.Parse(await home.Ok("local", "status", "--json")).RootElement;
        var commands = status.GetProperty("batch").GetProperty("commands").GetString()!;
        var queue = await Daemon.Run(Path.Combine(commands, command), [], new Dictionary<string, string>());
        Assert.That(queue.ExitCode, Is.Zero, queue.Error);
        Assert.That(queue.Output, Does.Match(@"\bp\d{7}"), "the pilots are jobs of that system, under their tags");
        Assert.That(status.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("node").GetString()), Is.All.Match("^node[12]$"));

        await home.Ok("local", "down");
        Assert.That(home.Processes(), Is.Empty);
        await home.Ok("local", "down", "--purge");
        Assert.That(Directory.Exists(home.Folder), Is.False);
    }

    [Test]
    public async Task Another_batch_system_wants_the_old_one_down_and_an_unknown_one_is_refused()
    {
        await using var home = new LocalGridHome();
        var unknown = await home.Cli("local", "up", "--batch", "cron");
        Assert.That((unknown.ExitCode, unknown.Error), Is.EqualTo((2, unknown.Error)));
        Assert.That(unknown.Error, Does.Contain("slurm, pbs, lsf"));
        await home.Ok("local", "up", "--batch", "slurm", "--nodes", "1");
        var other = await home.Cli("local", "up", "--batch", "pbs", "--nodes", "1");
        Assert.That(other.Error, Does.Contain("started through slurm; `hpcgrid local down` first"));
        await home.Ok("local", "down");
        Assert.That((await home.Cli("local", "up", "--batch", "pbs", "--nodes", "1")).Error, Does.Contain("started through openpbs"));
    }
}
