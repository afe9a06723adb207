namespace HpcGrid.EndToEnd;

/// <summary>A folder for a local grid ($HPCGRID_HOME) and its commands. Disposal ends what a failed test has left and removes the folder.</summary>
internal sealed class LocalGridHome : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;

    /// <param name="pathFirst">A folder whose programs are found before those of the machine; null for none.</param>
    public LocalGridHome(string? pathFirst = null)
    {
        Folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "grids", "local-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Folder);
        _environment = new()
        {
            ["HPCGRID_HOME"] = Folder,
            ["HPCGRID_CLIENT"] = "",
            // A client.yaml of whoever runs the tests must not count.
            ["XDG_CONFIG_HOME"] = Path.Combine(Folder, "config"),
            ["DOTNET_EnableDiagnostics"] = "0",
        };
        if (pathFirst is not null) _environment["PATH"] = $"{pathFirst}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    public string Folder { get; }

    /// <summary>The command line, with this local grid.</summary>
    public Task<Finished> Cli(params string[] arguments) => Daemon.Run("hpcgrid", arguments, _environment);

    /// <summary>A command that must succeed; its standard output.</summary>
    public async Task<string> Ok(params string[] arguments)
    {
        var finished = await Cli(arguments);
        Assert.That(finished.ExitCode, Is.Zero, $"hpcgrid {string.Join(' ', arguments)}\n{finished.Output}\n{finished.Error}");
        return finished.Output;
    }

    /// <summary>Writes a file; its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Processes of this grid that run, payloads included.</summary>
    public IReadOnlyList<GridProcess> Processes() => GridProcess.Of(Folder);

    public async ValueTask DisposeAsync()
    {
        if (!Directory.Exists(Folder)) return;
        await Cli("local", "down");
        foreach (var process in Processes()) Daemon.KillNine(process.Id);
        Directory.Delete(Folder, recursive: true);
    }
}
