using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>A batch system on another host, through a real ssh (R-H16).</summary>
[Category("Scheduler")]
public sealed class SshTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-ssh-").FullName;
    private Sshd _sshd = null!;

    [SetUp]
    public async Task Start() => _sshd = await Sshd.Start(Path.Combine(_folder, "sshd"));

    [TearDown]
    public async Task Clean()
    {
        if (_sshd is not null) await _sshd.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Words_standard_input_and_exit_codes_arrive_as_they_are_in_the_language_C()
    {
        string[] odd = ["%i|%j", "it's", "\"", "$(touch /WAS_RUN)", "`id`", "two\nlines", "ünï 粒子", "", "*", "\\", "a  b", ";", "&&"];
        var command = new BatchCommand(new CommandPlace(_sshd.Client, []), TimeSpan.FromMinutes(1), 1_000, TimeProvider.System);
        var answer = await command.Run(["sh", "-c", "[ -n \"$SSH_CONNECTION\" ] || exit 9; echo $LC_ALL; printf '%s\\n--\\n' \"$@\"; cat; exit 3", "sh", .. odd], "#!/bin/sh\n#SBATCH 'x'\n", default);
        Assert.That(answer.Output, Is.EqualTo("C\n" + string.Concat(odd.Select(word => word + "\n--\n")) + "#!/bin/sh\n#SBATCH 'x'\n"));
        Assert.That(answer.ExitCode, Is.EqualTo(3));
    }

    [Test]
    public async Task A_host_that_lets_nobody_in_concludes_nothing()
    {
        var command = new BatchCommand(new CommandPlace([.. _sshd.Client.Select(word => word.Replace("/key", "/host", StringComparison.Ordinal))], []),
            TimeSpan.FromMinutes(1), 1_000, TimeProvider.System);
        var error = await Assert.ThrowsAsync<GridError>(() => command.Run(["true"], null, default));
        Assert.That(error!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(error.Message, Does.Contain("Permission denied"));
    }

    [Test]
    public async Task Slurm_is_asked_and_told_through_ssh()
    {
        Needs.Program("slurmctld", "slurm-wlm");
        Needs.Program("munged", "munge");
        using var cluster = RealSystems.OpenSlurm("srun");
        cluster.Place = new CommandPlace(_sshd.Client, []);
        var (bridge, pilot) = (cluster.Bridge(), cluster.Pilot());
        await bridge.Submit(pilot, default);
        await cluster.Started(pilot);
        await cluster.UntilState(bridge, pilot, BatchState.Running);
        File.Delete(Path.Combine(cluster.StateOf(pilot), "id"));
        Assert.That(await cluster.Bridge().Submit(pilot, default), Is.EqualTo(cluster.JobsOf(pilot).Single()), "it is found by its name");
        await cluster.UntilCancelled(bridge, pilot);
    }
}
