using HpcGrid.Agent.Outputs;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Tests.Agent;

/// <summary>Starting processes from this one, by both ways of changing the directory.</summary>
public sealed class SpawnerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid spawn ü ").FullName;

    [TearDown]
    public void CleanUp() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Words_directory_and_exit_code_are_right([Values] bool useShell)
    {
        var (exit, stdout) = Run(useShell, "/bin/sh", "-c", "pwd -P; printf '%s|' \"$0\" \"$@\"; exit 7", "a b", "'; exit 1 #", "ü\n", "");
        Assert.That(stdout, Is.EqualTo($"{_folder}\na b|'; exit 1 #|ü\n||"));
        Assert.That(exit.ExitCode, Is.EqualTo(7));
    }

    [Test]
    public void Ignored_and_blocked_signals_are_not_inherited([Values] bool useShell)
    {
        // .NET ignores SIGPIPE for itself; a payload must not.
        // 32 and 33 are the C library's own: posix_spawn lets a child ignore them.
        var (_, stdout) = Run(useShell, "/bin/sh", "-c", "grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2");
        Assert.That(stdout.Replace("180000000", "000000000", StringComparison.Ordinal), Is.EqualTo("0000000000000000\n0000000000000000\n"));
    }

    [Test]
    public void A_script_without_a_first_line_is_run_by_the_shell()
    {
        var script = Path.Combine(_folder, "script");
        File.WriteAllText(script, "echo \"$1\"");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.That(Run(false, script, "a 'word'").Stdout, Is.EqualTo("a 'word'\n"));
    }

    [Test]
    public void A_brand_and_the_bound_of_core_files_are_inherited_by_those_that_clear_their_environment([Values] bool useShell)
    {
        var brand = new Brand("n1.b1.aaaa");
        var (first, second) = (brand.Next(), brand.Next());
        if (first is null) Assert.Ignore("this machine bounds real-time CPU time: there is no room for a brand");
        var (_, limits) = Run(useShell, order => order with { Brand = second, CoreBytes = 4096 }, "/bin/sh", "-c", "env -i setsid sh -c 'exec cat /proc/self/limits'");
        Assert.That(first, Is.Not.EqualTo(second));
        Assert.That(limits, Does.Match($@"Max realtime timeout +{Brand.PrefixOf("n1.b1.aaaa")}000000002 "));
        Assert.That(limits, Does.Match("Max core file size +(0|4096) "));
        Assert.That(Run(useShell, order => order, "/bin/cat", "/proc/self/limits").Stdout, Does.Match("Max realtime timeout +unlimited"));
    }

    [TestCase("ab€", 3, true, "€")]
    [TestCase("ab€", 2, true, "")]
    [TestCase("ab€", 4, true, "b€")]
    [TestCase("abc", 2, true, "bc")]
    [TestCase("abc", 3, false, "abc")]
    public void A_tail_never_begins_with_half_a_character(string text, int bytes, bool cut, string expected) =>
        Assert.That(Tail.Text(System.Text.Encoding.UTF8.GetBytes(text).AsSpan()[^bytes..], cut), Is.EqualTo(expected));

    [TestCase(nameof(OutputFiles.Truncate), "new\n")]
    [TestCase(nameof(OutputFiles.Append), "old\nnew\n")]
    public void What_is_in_the_files_of_a_programs_output_goes_or_stays(string files, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "stdout"), "old\n");
        Assert.That(Run(false, order => order with { Files = Enum.Parse<OutputFiles>(files) }, "/bin/echo", "new").Stdout, Is.EqualTo(expected));
    }

    [TestCase("*.root", "a.root", true)]
    [TestCase("*.root", "a.root.bak", false)]
    [TestCase("a?c", "abc", true)]
    [TestCase("a?c", "ac", false)]
    [TestCase("*a*b*", "xxaxxbxx", true)]
    [TestCase("*a*b*", "xxbxxaxx", false)]
    [TestCase("*", "", true)]
    [TestCase("", "", true)]
    public void Patterns_match_whole_names(string pattern, string name, bool matches) =>
        Assert.That(OutputPattern.Matches(pattern, name), Is.EqualTo(matches));

    private (ChildExit Exit, string Stdout) Run(bool useShell, params string[] argv) => Run(useShell, order => order, argv);

    private (ChildExit Exit, string Stdout) Run(bool useShell, Func<SpawnOrder, SpawnOrder> change, params string[] argv)
    {
        using var spawner = new Spawner(useShell);
        var stdout = Path.Combine(_folder, "stdout");
        var result = spawner.Start(change(new SpawnOrder(argv[0], argv, ["PATH=/usr/bin:/bin"], _folder, stdout, Path.Combine(_folder, "stderr"), OutputFiles.Truncate)));
        Assert.That(result.Fault, Is.Null);
        var exit = Reaper.Wait(result.ProcessId, TimeProvider.System)!;
        return (exit, File.ReadAllText(stdout));
    }
}
