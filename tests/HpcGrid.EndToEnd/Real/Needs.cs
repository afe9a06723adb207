namespace HpcGrid.EndToEnd.Real;

/// <summary>What a test needs of this machine. Where it is missing the test shows as skipped, with the reason.</summary>
internal static class Needs
{
    /// <summary>Checked out with the tests.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>How much of the full proof is run; .ci/run takes a part. HPCGRID_REAL_SCALE=1 is all of it.</summary>
    public static double Scale { get; } = double.Parse(
        Environment.GetEnvironmentVariable("HPCGRID_REAL_SCALE") ?? "0.1", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>So many of the full proof's number, and at least the least that still shows something.</summary>
    public static int Part(int full, int least) => Math.Max(least, (int)(full * Scale));

    public static void Root()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("needs root, to mount filesystems");
    }

    public static void File(string path, string what)
    {
        if (!System.IO.File.Exists(path)) Assert.Ignore($"{what} is not installed ({path})");
    }

    public static void Program(string name, string package)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!$"{path}:/usr/sbin:/sbin".Split(':').Any(folder => System.IO.File.Exists(Path.Combine(folder, name))))
            Assert.Ignore($"{name} is not installed (package {package})");
    }

    /// <summary>Runs a program that must succeed; what it printed.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        var finished = await Daemon.Run("/bin/sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin; exec \"$0\" \"$@\"", program, .. arguments], new Dictionary<string, string>());
        Assert.That(finished.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}\n{finished.Output}\n{finished.Error}");
        return finished.Output;
    }

    /// <summary>Waits for a moment that nothing tells of.</summary>
    public static async Task Pass(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(folder, "HpcGrid.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("HpcGrid.sln is not above the tests");
        return folder;
    }
}
