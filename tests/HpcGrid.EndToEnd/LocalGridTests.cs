using System.Text.Json;

namespace HpcGrid.EndToEnd;

/// <summary>`hpcgrid local`: the grid that people start on their own machine, through its commands alone.</summary>
public sealed class LocalGridTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    [Test]
    public async Task A_local_grid_goes_up_tells_its_state_runs_a_job_and_goes_down_with_nothing_left()
    {
        await using var home = new LocalGridHome();

        await home.Ok("local", "up", "--nodes", "2", "--cores-per-node", "1");
        var status = Json(await home.Ok("local", "status", "--json"));
        Assert.Multiple(() =>
        {
            Assert.That(status.GetProperty("centralRuns").GetBoolean());
            Assert.That(status.GetProperty("bridgeRuns").GetBoolean());
            Assert.That(status.GetProperty("home").GetString(), Is.EqualTo(home.Folder));
        });

        var jdl = home.Write("hello.jdl", """
            Command = { "/bin/sh", "-c", "echo hello $0", "#alien_counter#" };
            OutputFile = { "stdout" };
            Split = "production:1-3";
            """);
        var results = Path.Combine(home.Folder, "results");
        var said = await home.Ok("local", "run", jdl, "-o", results);
        Assert.That(said, Does.StartWith("3 jobs: 3 DONE, 0 failed"));
        Assert.That(Directory.EnumerateFiles(results, "stdout", SearchOption.AllDirectories).Select(File.ReadAllText),
            Is.EquivalentTo(new[] { "hello 1\n", "hello 2\n", "hello 3\n" }));

        await home.Ok("local", "down");
        Assert.That(home.Processes(), Is.Empty);
    }

    [Test]
    public async Task A_spool_on_another_filesystem_is_made_stays_the_grid_s_and_goes_with_it()
    {
        await using var home = new LocalGridHome();
        var elsewhere = Path.Combine("/dev/shm", "hpcgrid-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(elsewhere);
        try
        {
            var taken = await home.Cli("local", "up", "--nodes", "1", "--spool", elsewhere);
            Assert.That((taken.ExitCode, taken.Error.Contains("exists", StringComparison.Ordinal)), Is.EqualTo((2, true)), taken.Error);

            var spool = Path.Combine(elsewhere, "spool");
            await home.Ok("local", "up", "--nodes", "1", "--spool", spool);
            await home.Ok("run", "--", "/bin/true");
            Assert.That(Directory.EnumerateFileSystemEntries(spool), Is.Not.Empty);
            await home.Ok("local", "up", "--nodes", "1");
            var other = await home.Cli("local", "up", "--nodes", "1", "--spool", Path.Combine(elsewhere, "other"));
            Assert.That(other.ExitCode, Is.Not.Zero, other.Output);

            await home.Ok("local", "down", "--purge");
            Assert.That(Directory.EnumerateFileSystemEntries(elsewhere), Is.Empty);
        }
        finally { Directory.Delete(elsewhere, recursive: true); }
    }

    [Test]
    public async Task Going_up_and_down_twice_is_harmless_and_keeps_the_jobs()
    {
        await using var home = new LocalGridHome();
        await home.Ok("local", "up", "--nodes", "1");
        var before = home.Processes().Select(process => process.Id).ToList();
        await home.Ok("local", "up", "--nodes", "1");
        Assert.That(home.Processes().Select(process => process.Id), Is.EqualTo(before));
        var job = Json(await home.Ok("submit", "--json", "--", "/bin/true")).GetProperty("job").GetInt64();

        await home.Ok("local", "down");
        await home.Ok("local", "down");
        var down = await home.Cli("local", "status");
        Assert.That(down.ExitCode, Is.EqualTo(5), down.Output + down.Error);

        await home.Ok("local", "up", "--nodes", "1");
        Assert.That((await home.Cli("watch", job.ToString(System.Globalization.CultureInfo.InvariantCulture))).ExitCode, Is.Zero);
        await home.Ok("local", "down", "--purge");
        Assert.That(home.Processes(), Is.Empty);
        Assert.That(Directory.Exists(home.Folder), Is.False);
    }

    [Test]
    public async Task Nothing_is_left_after_its_daemons_were_killed_in_the_middle_of_work()
    {
        await using var home = new LocalGridHome();
        await home.Ok("local", "up", "--nodes", "2");
        await home.Ok("submit", "-n", "4", "--", "/bin/sh", "-c", "trap '' TERM; setsid sleep 600 & sleep 600");
        await Eventually.True(() => home.Processes().Count(process => process.Command.StartsWith("sleep", StringComparison.Ordinal)) >= 2,
            Bound, "payloads to run");
        var status = Json(await home.Ok("local", "status", "--json"));
        foreach (var daemon in new[] { "centralId", "bridgeId" }) Daemon.KillNine(status.GetProperty(daemon).GetInt32());

        await home.Ok("local", "down");

        // A guard that was ended may leave the sleep between two of its looks, for the rest of a twentieth of a second.
        await Eventually.True(() => home.Processes().Count == 0, TimeSpan.FromSeconds(5), "nothing to be left");
    }

    [Test]
    public async Task Where_the_kernel_forbids_network_namespaces_it_says_so_in_one_line_and_goes_on()
    {
        var programs = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "forbidden-" + Guid.NewGuid().ToString("N")[..8]));
        var unshare = Path.Combine(programs.FullName, "unshare");
        await File.WriteAllTextAsync(unshare, "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n");
        File.SetUnixFileMode(unshare, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            await using var home = new LocalGridHome(programs.FullName);
            var up = await home.Cli("local", "up", "--nodes", "1");
            Assert.That(up.ExitCode, Is.Zero, up.Error);
            Assert.That(up.Error.Split('\n').Where(line => line.Contains("namespace", StringComparison.Ordinal)),
                Is.EqualTo(new[] { "this kernel forbids network namespaces (unshare failed as root and through a user namespace): agents share this machine's network" }));
            Assert.That(await home.Ok("run", "--", "/bin/echo", "hello"), Does.StartWith("1 job: 1 DONE"));
            await home.Ok("local", "down");
            Assert.That(home.Processes(), Is.Empty);
        }
        finally { programs.Delete(recursive: true); }
    }

    [Test]
    public async Task Without_a_local_grid_the_commands_say_how_to_start_one()
    {
        await using var home = new LocalGridHome();
        var status = await home.Cli("local", "status");
        var ps = await home.Cli("ps");
        Assert.Multiple(() =>
        {
            Assert.That(status.ExitCode, Is.EqualTo(5));
            Assert.That(status.Error, Does.Contain("hpcgrid local up"));
            Assert.That(ps.ExitCode, Is.EqualTo(3));
            Assert.That(ps.Error, Does.Contain("hpcgrid local up"));
        });
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
