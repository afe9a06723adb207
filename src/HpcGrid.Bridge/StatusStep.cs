using System.Text.Json;
using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Bridge.Queues;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>Where the numbers of status.json come from.</summary>
internal sealed record StatusSources(
    LedgerDatabase Ledger, Fleet Fleet, PilotStep Pilots, NodeWatch Watch, Appetite Appetite, WorkMeter Meter, Demand Demand,
    ICentral Central, CountingFs Spool, long Epoch);

/// <summary>Writes status.json, whole or not at all. A disk that cannot take it stops nothing.</summary>
internal sealed class StatusStep(StatusSources from, BridgeOptions options, string network) : BridgeStep
{
    private readonly string _path = Path.Combine(options.State, "status.json");
    private DateTimeOffset? _startedAt;
    private TimeSpan _due;
    private BridgeStatus? _last;

    /// <summary>What stopped the last tick.</summary>
    public Func<string?> Trouble { get; set; } = () => null;

    public override void Run(Tick tick)
    {
        _startedAt ??= tick.Now;
        tick.ComeBackIn(_due > tick.Monotonic ? _due - tick.Monotonic : Limits.StatusInterval);
        if (tick.Monotonic < _due) return;
        _due = tick.Monotonic + Limits.StatusInterval;
        var status = _last = Describe(tick);
        tick.AfterCommitInAnyCase(() => Write(status));
    }

    /// <summary>While no tick gets through (ledger full, spool away) the last numbers stand there with what stops them.</summary>
    public override void Forget()
    {
        if (_last is not null) Write(_last with { Trouble = Trouble() });
    }

    private BridgeStatus Describe(Tick tick)
    {
        var counts = from.Ledger.Jobs.Counts();
        var use = from.Spool.Counts;
        return new BridgeStatus
        {
            Bridge = options.Name,
            Site = options.Site,
            ProcessId = Environment.ProcessId,
            At = tick.Now,
            StartedAt = _startedAt ?? tick.Now,
            Epoch = from.Epoch,
            Connected = from.Central.IsConnected,
            Jobs = Enum.GetValues<JobStage>().ToDictionary(stage => stage.ToString().ToLowerInvariant(), stage => counts.GetValueOrDefault(stage)),
            Outbox = from.Ledger.Outbox.Count(),
            QueuesInPool = from.Ledger.Queues.InPool(),
            Waiting = from.Demand.Waiting,
            Agents = [.. from.Fleet.Agents.Where(agent => agent.Card is not null).OrderBy(agent => agent.Row.Node).Select(Describe)],
            Pilots = from.Pilots.Count.Alive,
            PilotsStarting = from.Pilots.Count.Starting,
            EndedPilots = [.. from.Pilots.Summaries],
            Committed = from.Meter.Committed,
            Duplicates = from.Meter.Duplicates,
            EndsPerSecond = Math.Round(from.Meter.EndsPerSecond(tick.Monotonic), 1),
            Spool = new SpoolUse(
                Enum.GetValues<FsOperation>().ToDictionary(kind => kind.ToString(), kind => use[kind]),
                use.Metadata, use.Syncs, use.BytesRead, use.BytesWritten),
            Network = network,
            Trouble = Trouble() ?? from.Appetite.Alarm,
            Frozen = from.Watch.IsFrozen,
        };
    }

    private static AgentStatus Describe(AgentView agent) => new(
        agent.Row.Agent, agent.Row.Node, agent.Row.Pilot, agent.StateForPeople, agent.Card!.Cores,
        agent.BusyCores, agent.Seen?.Claims.Count ?? 0, agent.Card.Network);

    private void Write(BridgeStatus status)
    {
        try
        {
            File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(status, BridgeJson.Default.BridgeStatus));
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch (IOException e) { Log.Debug("status.json was not written: {Message}", e.Message); }
    }
}
