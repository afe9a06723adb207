using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid nodes`.</summary>
internal sealed class NodesCommand()
    : GridCommand("nodes", "The compute nodes, as their bridges last told of them.", "hpcgrid nodes", "hpcgrid nodes --json")
{
    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var list = await session.Ask(new ListNodes(), ct);
        session.Show(list, () => Write(list, session.Terminal));
        return ExitCodes.Ok;
    }

    public static void Write(NodeList list, Terminal terminal)
    {
        var table = new TextTable("SITE", "BRIDGE", "NODE", "STATE", "CORES", "BUSY", "NETWORK", "BRIDGE SEEN").Right(4, 5);
        foreach (var bridge in list.Bridges)
            foreach (var node in bridge.Nodes)
                table.Add(bridge.Site, bridge.Bridge, node.Node, node.State, Words.Number(node.Slots), Words.Number(node.Busy), node.Network,
                    Words.Time(bridge.LastSeen));
        foreach (var bridge in list.Bridges)
            if (bridge.Throttled is { } why) terminal.Output.WriteLine($"{bridge.Site} gets one job at a time: {why}");
        table.Write(terminal, list.Bridges.Count == 0 ? "No bridge has ever connected." : "No node is running. Bridges start nodes when jobs wait.");
    }
}
