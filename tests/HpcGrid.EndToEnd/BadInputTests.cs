using HpcGrid.Core;

namespace HpcGrid.EndToEnd;

/// <summary>Wrong input gets a clear answer; odd input travels unharmed.</summary>
public sealed class BadInputTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    [Test]
    public async Task A_wrong_description_is_refused_with_place_and_remedy_and_nothing_is_stored()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var error = await Assert.ThrowsAsync<GridError>(() => grid.Submit("Executable = \"a.sh\";\nArguments = \"unfinished;\n"));
        Assert.Multiple(() =>
        {
            Assert.That(error!.Code, Is.EqualTo(ErrorCode.Invalid));
            Assert.That(error.Message, Does.Contain("line 2"));
            Assert.That(error.Hint, Is.Not.Null.And.Not.Empty);
        });
        Assert.That(await grid.Ok("ps", "--json"), Does.Not.Contain("\"job\""));
    }

    [Test]
    public async Task An_input_that_does_not_exist_is_named_at_submission()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var error = await Assert.ThrowsAsync<GridError>(() => grid.Submit("""
            Command = {"/bin/true"}; InputFile = {"LF:/hpcgrid/user/p/physicist/no-such-file.dat"};
            """));
        Assert.That(error!.Message, Does.Contain("no-such-file.dat"));
    }

    [Test]
    public async Task An_input_whose_bytes_have_changed_ends_the_job_as_ERROR_IB_with_its_name()
    {
        await using var grid = await Grid.Start(nodes: 1);
        await grid.Upload("input.dat", "what was written");
        Assert.That(await Damage(Path.Combine(grid.Folder, "central"), "what was written"u8.ToArray(), "what was damaged"u8.ToArray()), Is.EqualTo(1));
        var job = await grid.Submit("""Command = {"/bin/cat", "input.dat"}; InputFile = {"LF:/hpcgrid/user/p/physicist/input.dat"};""");

        var progress = await grid.UntilFinal(job.Job, Bound);

        Assert.That(progress.State, Is.EqualTo("ERROR_IB"));
        Assert.That(await grid.Ok("trace", $"{job.Job}"), Does.Contain("input.dat"));
    }

    [TestCase("exit 3", "ERROR_E", "exit 3")]
    [TestCase("kill -SEGV $$", "ERROR_E", "signal 11")]
    [TestCase("exit 0", "ERROR_SV", "must-exist.txt")]
    public async Task A_failed_job_says_what_failed(string script, string state, string reason)
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = await grid.Submit($$"""Command = {"/bin/sh", "-c", "{{script}}"}; OutputFile = {"must-exist.txt"};""");
        var progress = await grid.UntilFinal(job.Job, Bound);
        Assert.That(progress.State, Is.EqualTo(state));
        Assert.That(await grid.Ok("trace", $"{job.Job}"), Does.Contain(reason));
    }

    [Test]
    public async Task A_job_that_fails_its_validation_ends_as_ERROR_V()
    {
        await using var grid = await Grid.Start(nodes: 1);
        await grid.Upload("refuse.sh", "#!/bin/sh\nexit 1\n");
        var job = await grid.Submit("""Command = {"/bin/true"}; ValidationCommand = "/hpcgrid/user/p/physicist/refuse.sh";""");
        Assert.That((await grid.UntilFinal(job.Job, Bound)).State, Is.EqualTo("ERROR_V"));
    }

    [Test]
    public async Task A_job_that_passes_its_TTL_is_stopped_with_all_its_descendants()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = await grid.Submit("""Command = {"/bin/sh", "-c", "trap '' TERM; setsid sleep 300 & sleep 300"}; TTL = 2;""");
        Assert.That((await grid.UntilFinal(job.Job, Bound)).State, Is.EqualTo("ERROR_E"));
        Assert.That(await grid.Ok("trace", $"{job.Job}"), Does.Contain("TTL"));
        Assert.That(grid.Processes().Where(process => process.Command.StartsWith("sleep", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_running_job_that_is_killed_ends_as_KILLED_and_so_does_its_payload()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = await grid.Submit("""Command = {"/bin/sleep", "300"};""");
        await Eventually.True(() => grid.Processes().Any(process => process.Command.StartsWith("/bin/sleep", StringComparison.Ordinal)), Bound, "the payload to run");
        await grid.Ok("kill", $"{job.Job}");
        Assert.That((await grid.UntilFinal(job.Job, Bound)).State, Is.EqualTo("KILLED"));
        await Eventually.True(() => !grid.Processes().Any(process => process.Command.StartsWith("/bin/sleep", StringComparison.Ordinal)), Bound, "the payload to end");
    }

    [Test]
    public async Task Odd_names_and_arguments_travel_unharmed()
    {
        string[] odd = ["a b", "it's", "\"quoted\"", "; rm -rf ~", "$(id)", "`id`", "new\nline", "żółć 漢字", "*", "-n", "\\back\\slash", ""];
        await using var grid = await Grid.Start(nodes: 1);
        var list = string.Join(", ", odd.Select(text => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\""));
        const string Print = "for a; do printf '%s\\\\0' \\\"\\$a\\\"; done > 'out put;1.txt'";
        var job = await grid.Submit($$"""
            Command = {"/bin/sh", "-c", "{{Print}}", "sh", {{list}}};
            OutputFile = {"out put;1.txt"};
            OutputDir = "/hpcgrid/user/p/physicist/odd ;$(id) żółć";
            """);
        Assert.That((await grid.UntilFinal(job.Job, Bound)).State, Is.EqualTo("DONE"));
        var said = await grid.Ok("cat", "/hpcgrid/user/p/physicist/odd ;$(id) żółć/out put;1.txt");
        Assert.That(said.Split('\0')[..^1], Is.EqualTo(odd));
    }

    /// <summary>Changes bytes wherever they are stored, in a file of their own or in a pack; how many files it found them in.</summary>
    private static async Task<int> Damage(string folder, byte[] written, byte[] damaged)
    {
        var found = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path) is var name && (name.Contains(".db", StringComparison.Ordinal) || name.EndsWith(".lock", StringComparison.Ordinal))) continue;
            await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes);
            if (bytes.AsSpan().IndexOf(written) is var at && at < 0) continue;
            found++;
            file.Position = at;
            await file.WriteAsync(damaged);
        }
        return found;
    }
}
