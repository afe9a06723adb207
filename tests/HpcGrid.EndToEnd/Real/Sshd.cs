using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HpcGrid.EndToEnd.Real;

/// <summary>An OpenSSH server of our own on loopback: own keys, own port, own configuration, all of it in one folder.</summary>
internal sealed class Sshd : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly string _folder;

    private Sshd(string folder, int port)
    {
        _folder = folder;
        Client = ["ssh", "-F", "none", "-p", port.ToString(CultureInfo.InvariantCulture), "-i", Path.Combine(folder, "key"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
            "-o", "StrictHostKeyChecking=yes", "-o", $"UserKnownHostsFile={folder}/known", "127.0.0.1"];
    }

    /// <summary>What leads to a shell there.</summary>
    public IReadOnlyList<string> Client { get; }

    /// <summary>The test shows as skipped where there is no OpenSSH.</summary>
    /// <param name="folder">A folder to be made.</param>
    public static async Task<Sshd> Start(string folder)
    {
        Needs.Root();
        Needs.Program("sshd", "openssh-server");
        Needs.Program("ssh", "openssh-client");
        Directory.CreateDirectory(folder);
        foreach (var key in (string[])["host", "key"]) await Needs.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, key));
        File.Copy(Path.Combine(folder, "key.pub"), Path.Combine(folder, "authorized"));
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "known"), $"[127.0.0.1]:{port} {await File.ReadAllTextAsync(Path.Combine(folder, "host.pub"))}");
        await File.WriteAllTextAsync(Path.Combine(folder, "config"), $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {folder}/host
            AuthorizedKeysFile {folder}/authorized
            PidFile {folder}/pid
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password

            """);
        // Where the server shuts its unprivileged part in; the package makes it when its service starts.
        Directory.CreateDirectory("/run/sshd");
        await Needs.Run("sh", "-c", $"exec $(command -v sshd) -f '{folder}/config' -E '{folder}/log'");
        await Eventually.True(() => File.Exists(Path.Combine(folder, "pid")), Bound, "sshd to listen");
        return new Sshd(folder, port);
    }

    public async ValueTask DisposeAsync()
    {
        await Needs.Run("sh", "-c", $"kill $(cat '{_folder}/pid')");
        await Eventually.True(() => !File.Exists(Path.Combine(_folder, "pid")), Bound, "sshd to end");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
