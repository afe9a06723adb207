using System.Collections.Concurrent;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Central.Broker;

/// <summary>
/// What bridges last said, and how to reach them: in memory only, because all of it comes again. Hints go to every open connection of a bridge;
/// whoever misses one sees the same at the next poll.
/// </summary>
public sealed class BridgeRoster(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, BridgeState> _states = new();
    private readonly ConcurrentDictionary<Guid, (string Bridge, Action<Push> Send)> _connections = new();
    private int _announcing;

    /// <summary>What a bridge's slots looked like when it last asked for jobs.</summary>
    public void Offered(string bridge, SiteMap siteMap) => Update(bridge, state => state with { SiteMap = siteMap });

    /// <summary>How its last request for jobs was answered.</summary>
    public void Served(string bridge, int asked, int given) =>
        Update(bridge, state => state with { HungryAt = given < asked ? clock.GetUtcNow() : null });

    /// <summary>Slots of other bridges that asked for more than they got within the last moments.</summary>
    public IReadOnlyList<SiteMap> Hungry(string except)
    {
        var since = clock.GetUtcNow() - Limits.HungerAge;
        return [.. _states.Where(pair => pair.Key != except && pair.Value.HungryAt >= since).Select(pair => pair.Value.SiteMap).OfType<SiteMap>()];
    }

    /// <summary>What its nodes do.</summary>
    public void Told(string bridge, IReadOnlyList<NodeStatus> nodes) => Update(bridge, state => state with { Nodes = nodes });

    public SiteMap? SiteMapOf(string bridge) => _states.GetValueOrDefault(bridge)?.SiteMap;
    /// <summary>What all bridges' slots looked like when they last asked for jobs.</summary>
    public IReadOnlyList<SiteMap> SiteMaps => [.. _states.Values.Select(state => state.SiteMap).OfType<SiteMap>()];

    public IReadOnlyList<NodeStatus> NodesOf(string bridge) => _states.GetValueOrDefault(bridge)?.Nodes ?? [];
    public DateTimeOffset? LastSeen(string bridge) => _states.GetValueOrDefault(bridge)?.SeenAt;

    /// <summary>A connection that takes hints for a bridge; until <see cref="Disconnect"/>.</summary>
    public void Connect(Guid connection, string bridge, Action<Push> send) => _connections[connection] = (bridge, send);

    public void Disconnect(Guid connection) => _connections.TryRemove(connection, out _);

    /// <summary>Attempts that a bridge must end now.</summary>
    public void Kill(string bridge, IReadOnlyList<AttemptId> attempts)
    {
        foreach (var (name, send) in _connections.Values)
            if (name == bridge) send(new KillNow(attempts));
    }

    /// <summary>Attempts that a bridge's nodes are to look into.</summary>
    public void Peek(string bridge, IReadOnlyList<PeekOrder> orders)
    {
        foreach (var (name, send) in _connections.Values)
            if (name == bridge) send(new PeekNow(orders));
    }

    /// <summary>Jobs wait: tells all bridges, after a short pause that lets more of them come together.</summary>
    public void AnnounceWork(Func<int> waiting)
    {
        if (_connections.IsEmpty || Interlocked.Exchange(ref _announcing, 1) == 1) return;
        _ = Task.Delay(Limits.PushPause, clock).ContinueWith(_ =>
        {
            Interlocked.Exchange(ref _announcing, 0);
            var push = new WorkWaiting(waiting());
            foreach (var (_, send) in _connections.Values) send(push);
        }, TaskScheduler.Default);
    }

    private void Update(string bridge, Func<BridgeState, BridgeState> change)
    {
        var now = clock.GetUtcNow();
        _states.AddOrUpdate(bridge, _ => change(new BridgeState(null, [], now, null)), (_, state) => change(state) with { SeenAt = now });
    }

    private sealed record BridgeState(SiteMap? SiteMap, IReadOnlyList<NodeStatus> Nodes, DateTimeOffset SeenAt, DateTimeOffset? HungryAt);
}
