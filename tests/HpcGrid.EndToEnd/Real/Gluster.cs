namespace HpcGrid.EndToEnd.Real;

/// <summary>A GlusterFS of one brick with two mounts that cache apart (tools/dev-gluster), for one test.</summary>
internal sealed class Gluster : IAsyncDisposable
{
    private readonly string _folder;

    private Gluster(string folder) => _folder = folder;

    /// <summary>The login node's mount.</summary>
    public string A => Path.Combine(_folder, "A");

    /// <summary>The compute nodes' mount.</summary>
    public string B => Path.Combine(_folder, "B");

    /// <summary>Starts it, or skips the test where it cannot run.</summary>
    public static async Task<Gluster> Up(bool coherent)
    {
        Needs.Root();
        Needs.File("/usr/sbin/glusterd", "GlusterFS");
        Needs.File("/usr/sbin/mount.glusterfs", "GlusterFS' client");
        if (!System.IO.File.Exists("/dev/fuse")) Assert.Ignore("this kernel has no FUSE (/dev/fuse)");
        var gluster = new Gluster(Path.Combine(Needs.Repository, "artifacts", "gluster-" + Guid.NewGuid().ToString("N")[..6]));
        try
        {
            await gluster.Tool([.. new[] { "up" }, .. coherent ? new[] { "--coherent" } : []]);
            return gluster;
        }
        catch
        {
            await gluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGSTOP of the server for a while: calls block, as at a fail-over.</summary>
    public async Task Stall(TimeSpan time)
    {
        await Tool(["stop"]);
        await Needs.Pass(time);
        await Tool(["continue"]);
    }

    /// <summary>kill -9 of the server, and its start after a while: calls fail, as at a crash.</summary>
    public async Task Crash(TimeSpan time)
    {
        await Tool(["kill"]);
        await Needs.Pass(time);
        await Tool(["start"]);
    }

    public async ValueTask DisposeAsync() => await Tool(["down"]);

    private Task Tool(IEnumerable<string> words) => Needs.Run(Path.Combine(Needs.Repository, "tools/dev-gluster"), [.. words, _folder]);
}
