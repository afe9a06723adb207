using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Broker;

/// <summary>What bridges are told at the start, and what is told of them.</summary>
public sealed class BridgeNews(BridgeRoster roster, TokenDesk tokens, StorageElement element, LeaseTimes times, SiteHealth health)
{
    /// <summary>The welcome; from now on the connection gets hints.</summary>
    public BridgeWelcome Greet(Guid connection, string bridge, Action<Push> send)
    {
        roster.Connect(connection, bridge, send);
        return new BridgeWelcome(tokens.Vo, tokens.PublicKeys, (int)times.Lease.TotalSeconds, [new StorageTarget(element.Name, element.Url)]);
    }

    public void Forget(Guid connection) => roster.Disconnect(connection);

    public NodeList Nodes(Session session) =>
        new([.. BridgeTable.All(session).Select(bridge => new BridgeNodes(bridge.Name, bridge.Site, roster.LastSeen(bridge.Name),
            roster.NodesOf(bridge.Name)) { Throttled = health.Throttled(bridge.Name) })]);
}
