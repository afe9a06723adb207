using HpcGrid.Bridge.Batch;
using HpcGrid.Core;

namespace HpcGrid.Tests.Bridge;

/// <summary>Commands of a batch system that run elsewhere: behind words, and behind a shell that reads them once more (R-H16).</summary>
public sealed class CommandPlaceTests
{
    private static readonly string[] Odd = ["--format=%i|%j|%T|%r", "a b", "it's", "\"", "$(touch WAS_RUN)", "`touch WAS_RUN`", "two\nlines\n", "ünï 粒子", "", "*", "~", "\\", "'\\''",
        "&", ";", "> WAS_RUN", "!x", "#", "-n", "{ids}"];

    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-place-").FullName;
    private string _ssh = "";

    [SetUp]
    public void Write() => _ssh = FakeSsh.Write(_folder);

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Whatever_stands_in_a_word_arrives_as_it_is_through_a_shell_on_another_host()
    {
        var answer = await Run(Remote, ["printf", "%s\\n--\\n", .. Odd]);
        Assert.That(answer.Output, Is.EqualTo(string.Concat(Odd.Select(word => word + "\n--\n"))));
        Assert.That(answer.ExitCode, Is.Zero);
        Assert.That(Directory.EnumerateFiles(_folder, "WAS_RUN", SearchOption.AllDirectories), Is.Empty);
        Assert.That(File.Exists("WAS_RUN"), Is.False);
    }

    [Test]
    public async Task Standard_input_and_the_exit_code_pass_through() =>
        Assert.That(await Run(Remote, ["sh", "-c", "cat; echo oh >&2; exit 3"], "#!/bin/sh\n#SBATCH 'x'\n"),
            Is.EqualTo(new CommandAnswer(3, "#!/bin/sh\n#SBATCH 'x'\n", "oh\n")));

    [Test]
    public async Task The_language_is_C_on_the_other_host_too_and_a_prefix_stands_there() =>
        Assert.That((await Run(Remote with { Prefix = ["env", "WHERE=in a box"] }, ["sh", "-c", "echo $LC_ALL $LANG $HOP $WHERE"])).Output, Is.EqualTo("C C yes in a box\n"));

    [Test]
    public async Task A_plain_prefix_keeps_words_as_they_are() =>
        Assert.That((await Run(new CommandPlace([], ["env", "WHERE=here"]), ["sh", "-c", "echo \"$WHERE $1\"", "sh", "a|b  c"])).Output, Is.EqualTo("here a|b  c\n"));

    [Test]
    public async Task A_host_that_is_not_reached_and_a_command_that_it_has_not_conclude_nothing()
    {
        Assert.That((await Fails(["no-such-command"])).Message, Does.Contain("no-such-command").And.Contain("127"));
        await File.WriteAllTextAsync(_ssh + ".broken", "");
        Assert.That((await Fails(["true"])).Message, Does.Contain("255"));
    }

    [Test]
    public async Task A_commands_own_255_is_an_answer_of_it() =>
        Assert.That((await Run(Remote, ["sh", "-c", "echo 'No unfinished job found' >&2; exit 255"])), Is.EqualTo(new CommandAnswer(1, "", "No unfinished job found\n")));

    [Test]
    public void An_adapter_says_where_its_commands_run_and_is_told_what_is_hardly_meant()
    {
        Assert.That(Read("prefix: [apptainer, exec, slurm.sif]").Place.Words(["squeue", "-h"]), Is.EqualTo(new[] { "apptainer", "exec", "slurm.sif", "squeue", "-h" }));
        Assert.That(Read("remoteShell: [ssh, login2]").Place.Words(["squeue"]), Has.Count.EqualTo(3));
        Assert.That(AdapterRemarks.Of(Read("")), Is.Empty);
        Assert.That(AdapterRemarks.Of(Read("prefix: [/usr/bin/ssh, login2]")).Single(), Does.Contain("remoteShell"));
        Assert.That(AdapterRemarks.Of(Read("remoteShell: [ssh, login2]")).Single(), Does.Contain("submit.input: true"));
    }

    private CommandPlace Remote => new([_ssh, "login2"], []);

    private static Task<CommandAnswer> Run(CommandPlace place, string[] words, string? input = null) =>
        new BatchCommand(place, TimeSpan.FromMinutes(1), 1_000, TimeProvider.System).Run(words, input, default);

    private async Task<GridError> Fails(string[] words)
    {
        var error = await Assert.ThrowsAsync<GridError>(() => Run(Remote, words));
        Assert.That(error!.Code, Is.EqualTo(ErrorCode.Unavailable));
        return error;
    }

    private Adapter Read(string line)
    {
        var shipped = Path.Combine(AppContext.BaseDirectory, "hpc-templates/slurm");
        foreach (var file in Directory.GetFiles(shipped)) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        File.AppendAllText(Path.Combine(_folder, AdapterFile.Name), line + "\n");
        return AdapterFile.Read(_folder);
    }
}
