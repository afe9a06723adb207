namespace HpcGrid.EndToEnd.Real;

/// <summary>A scheduler started by one of tools/dev-*, and what to export to talk to it.</summary>
internal sealed class Scheduler : IAsyncDisposable
{
    private readonly string _tool;

    private Scheduler(string tool, Dictionary<string, string> environment) => (_tool, Environment) = (tool, environment);

    public Dictionary<string, string> Environment { get; }

    /// <summary>The test shows as skipped, with what the tool says, where it cannot start.</summary>
    /// <param name="tool">"dev-slurm".</param>
    /// <param name="variable">Where it shall lie, to the tool.</param>
    /// <param name="folder">That place; a folder to be made.</param>
    /// <param name="size">Words after `up`.</param>
    public static async Task<Scheduler> Up(string tool, string variable, string folder, string size)
    {
        var environment = new Dictionary<string, string> { [variable] = folder };
        var path = Path.Combine(Needs.Repository, "tools", tool);
        var output = Path.Combine(Path.GetDirectoryName(folder)!, tool + ".out");
        // Daemons that it leaves behind keep its outputs open: they go to a file.
        var up = await Daemon.Run("/bin/sh", ["-c", $"\"$0\" up {size} > \"$1\" 2>&1", path, output], environment);
        var said = await File.ReadAllTextAsync(output);
        if (up.ExitCode != 0) Assert.Ignore($"{tool} cannot start: {said.Trim()}");
        foreach (var line in said.Split('\n').Where(line => line.StartsWith("export ", StringComparison.Ordinal)))
        {
            var (name, value) = (line["export ".Length..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            environment[name] = value.Replace("$PATH", System.Environment.GetEnvironmentVariable("PATH"), StringComparison.Ordinal);
        }
        return new Scheduler(path, environment);
    }

    public async ValueTask DisposeAsync() => await Daemon.Run("/bin/sh", ["-c", "\"$0\" down > /dev/null 2>&1", _tool], Environment);
}
