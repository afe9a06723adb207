using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>One agent as last seen. Memory: what decides about its life stands in the ledger's row.</summary>
public sealed class AgentView(AgentRow row)
{
    public AgentRow Row { get; set; } = row;

    /// <summary>Null until it could be read.</summary>
    public AgentCard? Card { get; private set; }

    /// <summary>When its batch job ends, on this process's monotonic clock; null when no end is known.</summary>
    private TimeSpan? _endsAt;

    /// <summary>Its card could be read. What it tells as time that is left counts from when it was first seen: clocks of a node may be hours away from ours.</summary>
    public void Learn(AgentCard card, Tick tick)
    {
        Card = card;
        var seen = tick.Now - Row.Since;
        _endsAt = card.LifeSeconds is { } life ? tick.Monotonic + TimeSpan.FromSeconds(life) - (seen > TimeSpan.Zero ? seen : TimeSpan.Zero)
            : tick.Monotonic + (card.Deadline - tick.Now);
    }

    /// <summary>When its batch job ends, by our own wall clock; null when no end is known.</summary>
    public DateTimeOffset? Deadline(Tick tick) => tick.Now + (_endsAt - tick.Monotonic);

    /// <summary>Null until it was looked at.</summary>
    public AgentObservation? Seen { get; private set; }

    /// <summary>Its newest heartbeat; null until one was listed.</summary>
    public HeartbeatMarker? Heartbeat { get; private set; }

    /// <summary>When its directories were last looked at.</summary>
    public TimeSpan LookedAt { get; private set; }

    /// <summary>When its heartbeat last told of a change; and until when its directories may still look as they did before it.</summary>
    private TimeSpan _changedAt, _changingUntil;

    /// <summary>When they surely show the first change that no look has surely shown yet.</summary>
    private TimeSpan _shownAt;

    /// <summary>The reader's monotonic time when its heartbeat last changed (B5).</summary>
    public TimeSpan BeatAt { get; set; }

    /// <summary>Silent for long; not given up.</summary>
    public bool Suspect { get; set; }

    /// <summary>When the last lease was given; null before the first.</summary>
    public TimeSpan? LeasedAt { get; private set; }

    /// <summary>How long its leases take to come back.</summary>
    internal LeaseEcho Echo { get; } = new();

    /// <summary>Highest committed version of each of its queue files.</summary>
    public Dictionary<QueueName, (long Sequence, bool Final)> Accepted { get; init; } = [];

    /// <summary>Claims that the ledger knows.</summary>
    public HashSet<QueueName> Claims { get; } = [];

    /// <summary>Claims that need no word to begin, or have it as their last version says.</summary>
    public HashSet<QueueName> Begun { get; } = [];

    /// <summary>When each message was sent last, by what it says.</summary>
    public Dictionary<ControlMessage, TimeSpan> Sent { get; } = [];

    /// <summary>Messages lying in its inbox.</summary>
    public List<MessageName> Inbox { get; } = [];

    /// <summary>When this process fenced it, or found it fenced.</summary>
    public TimeSpan FencedAt { get; set; }

    /// <summary>Sweeps made since (F5).</summary>
    public int Sweeps { get; set; }

    /// <summary>Its directory is gone.</summary>
    public bool Removed { get; set; }

    /// <summary>Why its node gets no work; null when nothing is wrong with it.</summary>
    public string? BlackHole { get; set; }

    /// <summary>The gang it is kept for; null for none. Memory: the ledger says it in each tick.</summary>
    public GangRow? Gang { get; set; }

    /// <summary>Its pilot has too few nodes left for a job that waits, and makes room for one that has enough.</summary>
    public bool Retired { get; set; }

    /// <summary>It may get work.</summary>
    public bool TakesWork => Row.Stage == AgentStage.Live && !Suspect && BlackHole is null && !Retired && Card is not null
        && Heartbeat is not ({ Draining: true } or { Full: true } or { Left: true });

    /// <summary>A lease was given.</summary>
    public void Leased(long number, TimeSpan now)
    {
        LeasedAt = now;
        Echo.Given(number, now);
    }

    /// <summary>Takes in a listed heartbeat. An old one, listed late, changes nothing.</summary>
    /// <param name="beat">The heartbeat.</param>
    /// <param name="now">The reader's monotonic time.</param>
    /// <param name="cachingBound">C: so much later its directories surely show what it tells of.</param>
    public void Hear(HeartbeatMarker beat, TimeSpan now, TimeSpan cachingBound)
    {
        if (Heartbeat is { } last && beat.Number <= last.Number) return;
        if (Heartbeat?.Changes != beat.Changes) Changed(now, cachingBound);
        Heartbeat = beat;
        BeatAt = now;
        Suspect = false;
    }

    private void Changed(TimeSpan now, TimeSpan cachingBound)
    {
        if (LookedAt >= _changingUntil) _shownAt = now + cachingBound;
        (_changedAt, _changingUntil) = (now, now + cachingBound);
    }

    /// <summary>Its directories were looked at.</summary>
    public void Looked(AgentObservation seen, TimeSpan now)
    {
        Seen = seen;
        LookedAt = now;
        if (now >= _shownAt) _shownAt = _changingUntil;
    }

    /// <summary>All that the last look showed was read: when that was all that its last heartbeat told of, no other look is needed.</summary>
    public void ReadAll()
    {
        if (Seen is { Errno: Errno.None } seen && Heartbeat?.Holdings == seen.Word) _changingUntil = LookedAt;
    }

    /// <summary>Versions that the last look showed are not read yet: there were too many for one tick.</summary>
    public bool HasMore { get; set; }

    /// <summary>
    /// Whether a change that its heartbeat told of asks for a look: at once, again whenever twice as much time has passed since, because most filesystems
    /// show it long before their caching bound, and when it is surely shown; until a look showed what the heartbeat said.
    /// </summary>
    /// <param name="now">The reader's monotonic time.</param>
    public bool IsChangeDue(TimeSpan now) =>
        LookedAt < _changingUntil && (now >= _shownAt || LookedAt < _changedAt || now - _changedAt >= 2 * (LookedAt - _changedAt));

    /// <summary>Its results cannot be written: disk or quota is full. Who is gone says nothing of the spool any more.</summary>
    public bool IsFull => Row.Stage == AgentStage.Live && Heartbeat?.Full == true;

    /// <summary>Cores in use, by its last heartbeat.</summary>
    public int BusyCores => Row.Stage == AgentStage.Live && Card is { } card && Heartbeat is { } beat ? Math.Max(0, card.Cores - beat.IdleCores) : 0;

    internal string StateForPeople => Row.Stage != AgentStage.Live || Heartbeat?.Left == true ? "gone"
        : Suspect ? "suspect"
        : BlackHole is not null ? "black hole"
        : Heartbeat?.Draining == true ? "draining" : "running";
}

/// <summary>All agents that the ledger knows.</summary>
public sealed class Fleet
{
    private readonly Dictionary<string, AgentView> _agents = [];
    private readonly Dictionary<string, List<AgentView>> _ofPilot = [];
    private readonly Dictionary<string, (string Reason, TimeSpan Until)> _avoided = [];

    public IReadOnlyCollection<AgentView> Agents => _agents.Values;

    public AgentView? Find(string agent) => _agents.GetValueOrDefault(agent);

    public void Add(AgentView agent)
    {
        Remove(agent.Row.Agent);
        _agents[agent.Row.Agent] = agent;
        if (!_ofPilot.TryGetValue(agent.Row.Pilot, out var siblings)) _ofPilot[agent.Row.Pilot] = siblings = [];
        siblings.Add(agent);
        if (_avoided.TryGetValue(agent.Row.Node, out var avoided)) agent.BlackHole = avoided.Reason;
    }

    /// <summary>Nodes that get no work for now. Memory: a restart gives them another chance.</summary>
    public int Avoided => _avoided.Count;

    /// <summary>Agents on this node get no work until then, on this process's monotonic clock; those that come later neither.</summary>
    public void Avoid(string node, string reason, TimeSpan until)
    {
        _avoided[node] = (reason, until);
        foreach (var agent in _agents.Values.Where(agent => agent.Row.Node == node)) agent.BlackHole = reason;
    }

    public void ForgetAvoided(TimeSpan now)
    {
        foreach (var node in _avoided.Where(pair => pair.Value.Until < now).Select(pair => pair.Key).ToList()) _avoided.Remove(node);
    }

    public void Remove(string agent)
    {
        if (!_agents.Remove(agent, out var gone)) return;
        var siblings = _ofPilot[gone.Row.Pilot];
        siblings.Remove(gone);
        if (siblings.Count == 0) _ofPilot.Remove(gone.Row.Pilot);
    }

    public void Clear()
    {
        _agents.Clear();
        _ofPilot.Clear();
    }

    /// <summary>Agents that may get work.</summary>
    public IEnumerable<AgentView> Working => _agents.Values.Where(agent => agent.TakesWork);

    /// <summary>Agents that may get ordinary work: those of no gang.</summary>
    public IEnumerable<AgentView> Free => Working.Where(agent => agent.Gang is null);

    /// <summary>True when some agent of this pilot has been seen.</summary>
    public bool HasAgentOf(string pilot) => _ofPilot.ContainsKey(pilot);

    /// <summary>Agents of this pilot that have been seen and are not forgotten.</summary>
    public IReadOnlyList<AgentView> OfPilot(string pilot) => _ofPilot.TryGetValue(pilot, out var agents) ? agents : [];

    /// <summary>For central and people.</summary>
    public IReadOnlyList<NodeStatus> Describe() =>
    [
        .. from agent in _agents.Values
           let card = agent.Card
           where card is not null
           orderby agent.Row.Node, agent.Row.Agent
           select new NodeStatus(agent.Row.Node, agent.Row.Agent, agent.StateForPeople, card.Cores, agent.BusyCores, card.Network),
    ];
}
