using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.EndToEnd;

namespace HpcGrid.Soak;

/// <summary>Everything that may happen to a grid, one after the other in an order that follows from the seed.</summary>
internal sealed class Strikes(Grid grid, Crowd crowd, Random random, string? gluster)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(6);
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>What was done how often.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Strikes until told to end. Then everything runs again.</summary>
    public async Task Run(CancellationToken done)
    {
        (string Name, int Weight, Func<Task<bool>> Strike)[] all =
        [
            ("agent killed", 6, () => Did(grid.KillAgent(random.Next(100)))),
            ("payload killed", 4, () => Did(KillPayload())),
            ("bridge killed", 3, KillBridge),
            ("central killed", 3, KillCentral),
            ("agent stopped", 3, () => Stop(all: false)),
            ("bridge stopped", 2, StopBridge),
            ("spool stalled", gluster is null ? 2 : 0, () => Stop(all: true)),
            ("pilot cancelled", 3, () => Did(CancelPilot())),
            ("jobs killed", 3, KillJobs),
            ("bridge restarted", 1, RestartBridge),
            ("central restarted", 1, RestartCentral),
            ("spool's server stopped", gluster is null ? 0 : 2, () => Server("stop", "continue")),
            ("spool's server killed", gluster is null ? 0 : 1, () => Server("kill", "start")),
        ];
        var wheel = all.SelectMany(one => Enumerable.Repeat(one, one.Weight)).ToArray();
        while (!done.IsCancellationRequested)
        {
            await Crowd.Pass(Shortest + (Longest - Shortest) * random.NextDouble());
            var (name, _, strike) = wheel[random.Next(wheel.Length)];
            if (await strike()) _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }

    private static Task<bool> Did(bool done) => Task.FromResult(done);

    private async Task<bool> KillBridge()
    {
        grid.KillBridge();
        await Crowd.Pass(Pause());
        grid.StartBridge();
        return true;
    }

    private async Task<bool> KillCentral()
    {
        grid.KillCentral();
        await Crowd.Pass(Pause());
        await grid.StartCentral();
        return true;
    }

    /// <summary>As an operator does it: all pilots are cancelled.</summary>
    private async Task<bool> RestartBridge()
    {
        await grid.StopBridge();
        grid.StartBridge();
        return true;
    }

    private async Task<bool> RestartCentral()
    {
        await grid.StopCentral();
        await grid.StartCentral();
        return true;
    }

    private bool KillPayload()
    {
        var payloads = grid.Processes().Where(process => process.Command.Contains("soak.sh", StringComparison.Ordinal)).ToList();
        if (payloads.Count == 0) return false;
        Daemon.KillNine(payloads[random.Next(payloads.Count)].Id);
        return true;
    }

    private bool CancelPilot()
    {
        var agents = grid.Agents();
        return agents.Count > 0 && Daemon.Terminate(agents[random.Next(agents.Count)].Process);
    }

    private async Task<bool> Stop(bool all)
    {
        var agents = grid.Agents();
        if (agents.Count == 0) return false;
        var processes = all ? [grid.BridgeProcess, .. agents.Select(agent => agent.Process)] : new[] { agents[random.Next(agents.Count)].Process };
        foreach (var process in processes) Daemon.Pause(process);
        await Crowd.Pass(Pause() * 4);
        foreach (var process in processes) Daemon.Continue(process);
        return true;
    }

    private async Task<bool> StopBridge()
    {
        var bridge = grid.BridgeProcess;
        if (!Daemon.Pause(bridge)) return false;
        await Crowd.Pass(Pause() * 3);
        return Daemon.Continue(bridge);
    }

    /// <summary>A few jobs of the newest productions, whatever they do.</summary>
    private async Task<bool> KillJobs()
    {
        if (crowd.Batches.LastOrDefault() is not { } batch) return false;
        try
        {
            await using var client = grid.Connect();
            var open = (await client.Call(new ListJobs { Master = batch.Master, Limit = 1000 }, CancellationToken.None)).Jobs
                .Where(job => !Crowd.IsFinal(job.State)).Select(job => job.Job).ToArray();
            random.Shuffle(open);
            if (open.Length == 0) return false;
            await client.Call(new KillJobs(open[..Math.Min(3, open.Length)]), CancellationToken.None);
            return true;
        }
        // Central may be on its way back; whether the kill was heard shows at the end.
        catch (GridError error) when (error.IsTransient) { return false; }
    }

    private async Task<bool> Server(string before, string after)
    {
        await Tool(before);
        await Crowd.Pass(Pause() * 2);
        await Tool(after);
        return true;
    }

    private async Task Tool(string verb)
    {
        var tool = Environment.GetEnvironmentVariable("HPCGRID_DEV_GLUSTER") ?? throw new InvalidOperationException("start the soak through tools/soak");
        var finished = await Daemon.Run(tool, [verb, gluster!], new Dictionary<string, string>());
        if (finished.ExitCode != 0) throw new InvalidOperationException($"tools/dev-gluster {verb}: {finished.Error}");
    }

    private TimeSpan Pause() => TimeSpan.FromSeconds(0.2 + 2 * random.NextDouble());
}
