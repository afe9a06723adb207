using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Broker;

/// <summary>What bridges are told at the start, and what is told of them.</summary>
public sealed class BridgeNews(BridgeRoster roster, TokenDesk tokens, StorageElements elements, LeaseTimes times, SiteHealth health)
{
    /// <summary>The welcome; from now on the connection gets hints.</summary>
    public BridgeWelcome Greet(Guid connection, string bridge, Action<Push> send)
    {
        roster.Connect(connection, bridge, send);
        // One address serves for all storage elements: where an output goes is decided when it comes, by what its job wants.
        return new BridgeWelcome(tokens.Vo, tokens.PublicKeys, (int)times.Lease.TotalSeconds, [new StorageTarget(elements.First.Name, elements.First.Url)]);
    }

    public void Forget(Guid connection) => roster.Disconnect(connection);

    public NodeList Nodes(Session session) =>
        new([.. BridgeTable.All(session).Select(bridge => new BridgeNodes(bridge.Name, bridge.Site, roster.LastSeen(bridge.Name),
            roster.NodesOf(bridge.Name)) { Throttled = health.Throttled(bridge.Name) })]);
}
