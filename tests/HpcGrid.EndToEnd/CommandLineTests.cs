using System.Text.Json;
using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>What users type, on a real grid.</summary>
public sealed class CommandLineTests
{
    [Test]
    public async Task A_running_job_is_followed_to_its_end_and_every_byte_comes_once()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = Job(await grid.Ok("submit", "--json", "--", "/bin/sh", "-c",
            "i=0; while [ $i -lt 300 ]; do echo \"line $i\"; [ $((i % 3)) = 0 ] && echo \"error $i\" >&2; i=$((i+1)); sleep 0.02; done; head -c 300000 /dev/zero | tr '\\0' x; echo; echo the end"));

        var followed = await grid.Cli("logs", "-f", job);

        var lines = string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i}\n")) + new string('x', 300_000) + "\nthe end\n";
        var errors = string.Concat(Enumerable.Range(0, 300).Where(i => i % 3 == 0).Select(i => $"error {i}\n"));
        Assert.Multiple(() =>
        {
            Assert.That(followed.ExitCode, Is.Zero, followed.Error);
            Assert.That(followed.Output == lines, $"{followed.Output.Length} characters instead of {lines.Length}");
            Assert.That(string.Concat(followed.Error.Split('\n').Where(line => line.StartsWith("error", StringComparison.Ordinal)).Select(line => line + "\n")), Is.EqualTo(errors));
        });
    }

    [Test]
    public async Task A_patience_that_is_no_number_is_refused_before_central_is_asked()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var environment = new Dictionary<string, string>(grid.Environment) { ["HPCGRID_PATIENCE"] = "soon" };
        var refused = await Daemon.Run("hpcgrid", ["ps"], environment);
        Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((2, "")));
        Assert.That(refused.Error, Does.Contain("$HPCGRID_PATIENCE is 'soon'"));
        await grid.Ok("ps");
    }

    [Test]
    public async Task Lines_and_arrays_become_jobs_whatever_is_in_them()
    {
        await using var grid = await Grid.Start(nodes: 2);
        string[] lines = ["plain", " blanks  stay ", "\"double\" 'single'", "$HOME `id` $(id)", "; rm -rf /", "back\\slash\\n", "ä 粒子 🙂", "-n", "{\"a\": 1}"];
        var file = Path.Combine(grid.Folder, "lines.txt");
        await File.WriteAllTextAsync(file, string.Join('\n', lines) + "\n");

        var each = Job(await grid.Ok("submit", "--json", "--each-line", file, "--", "/usr/bin/printf", "<%s>\\n"));
        var array = Job(await grid.Ok("submit", "--json", "--array", "5-25:10", "--", "/bin/echo", "number {}"));
        // A description of the catalogue finds its program beside it.
        await grid.Ok("mkdir", "kept");
        await grid.Upload("kept/say.sh", "#!/bin/sh\necho said $1\n");
        await grid.Upload("kept/say.jdl", "Executable = \"say.sh\"; Arguments = \"$1\"; TTL = 60; MemorySize = \"50MB\"; WorkDirectorySize = \"50MB\";");
        var kept = Job(await grid.Ok("submit", "--json", "grid:kept/say.jdl", "hello"));
        await grid.Ok("wait", each, array, kept);

        Assert.That(await grid.Ok("logs", kept), Is.EqualTo("said hello\n"));
        Assert.That(await Outputs(grid, each), Is.EquivalentTo(lines.Select(line => $"<{line}>\n")));
        Assert.That(await Outputs(grid, array), Is.EquivalentTo(new[] { "number 5\n", "number 15\n", "number 25\n" }));
    }

    [Test]
    public async Task A_failure_is_explained_reported_and_resubmitted()
    {
        await using var grid = await Grid.Start(nodes: 2);
        var master = Job(await grid.Ok("submit", "--json", "--array", "1-20", "--", "/bin/sh", "-c", "[ $(($0 % 5)) != 3 ] || { echo \"cannot do $0\" >&2; exit 3; }", "{}"));
        Assert.That((await grid.Cli("wait", master, "--timeout", "3min")).ExitCode, Is.EqualTo(1));

        var why = JsonDocument.Parse(await grid.Ok("why", master, "--json")).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(why.GetProperty("cause").GetString(), Is.EqualTo("subjobs-exit"));
            Assert.That(why.GetProperty("failures")[0].GetProperty("count").GetInt32(), Is.EqualTo(4));
            Assert.That(why.GetProperty("lastLines")[0].GetString(), Does.StartWith("cannot do "));
        });
        var report = Path.Combine(grid.Folder, "report.html");
        await grid.Ok("report", master, "-o", report);
        Assert.That(await File.ReadAllTextAsync(report), Does.Contain("<svg").And.Contain("exit 3"));
        Assert.That((await grid.Ok("export", master, "--failed")).TrimEnd().Split('\n'), Has.Length.EqualTo(5));
        await grid.Ok("resubmit", "--failed", master);
        Assert.That((await grid.Cli("wait", master, "--timeout", "3min")).ExitCode, Is.EqualTo(1));
        var lines = (await grid.Subjobs(long.Parse(master, System.Globalization.CultureInfo.InvariantCulture))).Where(line => line.State == "ERROR_E");
        Assert.That(lines.Select(line => line.Attempt), Is.All.EqualTo(2));
    }

    [Test]
    public async Task A_dry_run_shows_what_would_run_and_a_reader_that_goes_away_is_no_error()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var plan = await grid.Ok("submit", "--dry-run", "--array", "1-1000", "--", "/bin/echo", "{}");
        Assert.That(plan, Does.Contain("1000 subjobs").And.Contain("/bin/echo 10"));
        Assert.That(await grid.Ok("ps"), Is.Empty);
        await grid.Ok("submit", "-n", "500", "--", "/bin/true");
        var piped = await Daemon.Run("/bin/sh", ["-c", $"\"{Path.Combine(AppContext.BaseDirectory, "hpcgrid")}\" ps --subjobs --limit 0 | head -n 1"], grid.Environment);
        Assert.That(piped.Output, Does.StartWith("JOB"));
        Assert.That(piped.Error, Is.Empty);
        var doctor = JsonDocument.Parse((await grid.Cli("doctor", "--json", "--bridge", Path.Combine(grid.Folder, "bridge.yaml"))).Output).RootElement;
        Assert.That(doctor.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("health").GetString() == "Bad"), Is.Empty, doctor.ToString());
    }

    private static string Job(string json) => JsonDocument.Parse(json).RootElement.GetProperty("job").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<IReadOnlyList<string>> Outputs(Grid grid, string master)
    {
        await using var client = grid.Connect();
        var entries = (await client.Call(new ListOutputs(long.Parse(master, System.Globalization.CultureInfo.InvariantCulture)), default)).Entries;
        return await grid.Read(entries.Select(entry => entry.Path).Where(path => path.EndsWith("/stdout", StringComparison.Ordinal)));
    }
}
