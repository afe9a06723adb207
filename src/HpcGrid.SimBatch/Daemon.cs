using System.Globalization;
using System.Net.Sockets;
using HpcGrid.Core;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch;

/// <summary>
/// The scheduler of a simulated cluster: answers its commands over a socket in its folder, and starts, watches and ends the jobs.
/// When it is killed the jobs go on, and the next one finds them; when it is asked to end it ends them.
/// </summary>
internal sealed class Daemon(ClusterSetup setup, Dialect dialect)
{
    private readonly object _turn = new();

    /// <summary>Until it is told to end. Throws GridError(Conflict) when one runs in this folder already.</summary>
    public async Task Run(CancellationToken ct)
    {
        Directory.CreateDirectory(setup.Jobs, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The socket's path may be too long for a socket: it is named from here.
        Environment.CurrentDirectory = setup.Home;
        await using var only = Lock();
        var simulation = new Simulation(setup, dialect, TimeProvider.System);
        Links.Write(setup, dialect.Commands.Concat(setup.Launchers));
        File.Delete(ClusterSetup.Socket);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(ClusterSetup.Socket));
        listener.Listen();
        var started = Processes.StartTime(Environment.ProcessId) ?? 0;
        await File.WriteAllTextAsync(setup.ProcessFile, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {started}"), ct);
        await Console.Out.WriteLineAsync($"{dialect.Name} with {setup.Nodes} nodes in {setup.Home}; {simulation.Network}");
        var desk = new Desk(simulation, new Faults(setup), _turn);
        try { await Task.WhenAll(Listen(listener, desk, ct), Watch(simulation, ct)); }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { await Console.Out.WriteLineAsync("ending all jobs"); }
        lock (_turn) simulation.KillAll();
        File.Delete(ClusterSetup.Socket);
        File.Delete(setup.ProcessFile);
    }

    private static async Task Listen(Socket listener, Desk desk, CancellationToken ct)
    {
        while (true)
        {
            var caller = await listener.AcceptAsync(ct);
            _ = Task.Run(() => Serve(desk, caller, ct), ct);
        }
    }

    private static async Task Serve(Desk desk, Socket caller, CancellationToken ct)
    {
        try { await desk.Serve(caller, ct); }
        catch (Exception e) when (e is IOException or InvalidDataException or SocketException or OperationCanceledException)
        {
            // It has gone, or we are going.
            await Console.Out.WriteLineAsync($"a call was cut short: {e.Message}");
        }
    }

    private async Task Watch(Simulation simulation, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Limits.Look);
        while (await timer.WaitForNextTickAsync(ct))
            lock (_turn) simulation.Look();
    }

    private FileStream Lock()
    {
        try { return new FileStream(Path.Combine(setup.Home, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) { throw new GridError(ErrorCode.Conflict, $"a simulated batch system runs in {setup.Home} already",
            "simbatch down ends it.", e); }
    }
}
