using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>Makes a real bridge from its configuration: real central, real spool, real batch system.</summary>
internal static class BridgeFactory
{
    /// <summary>Throws GridError for whatever the operator has to mend first.</summary>
    public static BridgeHost Create(BridgeOptions options)
    {
        var address = ClientFile.Read(options.Client);
        var (batch, network) = BatchSystemOf(options);
        Log.Information("{Network}", network);
        var fs = new CountingFs(new PosixFs());
        var root = SpoolRoot.Create(
            fs, options.Spool, SpoolSharing.Private, SpoolSizing.Shards(options.Batch.Nodes), Guid.NewGuid(), RandomNonces.Next);
        if (root.Layout.Shards < SpoolSizing.Shards(options.Batch.Nodes))
        {
            Log.Warning("the spool {Spool} was made for up to {Agents} nodes and is slow with {Nodes}: drain, then let the bridge make a new one",
                options.Spool, Spool.Limits.AgentsOfOneShard, options.Batch.Nodes);
        }
        var bound = CachingBound.Of(fs, options.Spool);
        var timing = SpoolTiming.For(bound).Check();
        Log.Information("the spool is on {Kind}: what is seen there may be {Seconds:0} s old", bound.Kind, bound.Bound.TotalSeconds);
        var ledger = LedgerDatabase.Open(Path.Combine(options.State, "ledger.db"));
        return new BridgeHost(new BridgeParts(
            options, ledger, root, fs, batch, arrivals => new CentralConnection(address, () => Hello(arrivals.Spool), arrivals.Welcomed, arrivals.Pushed),
            new StorageClient(address), timing, TimeProvider.System, network));

        BridgeHello Hello(SpoolEpoch spool) => new(options.Name, options.Site, ledger.Id) { Matches = ledger.Matches.Made, Spool = spool };
    }

    /// <summary>The batch system, and what becomes of the agents' network, for people.</summary>
    private static (IBatchSystem Batch, string Network) BatchSystemOf(BridgeOptions options)
    {
        if (!options.Batch.IsFork)
            return (AdapterSystem.Create(options, TimeProvider.System),
                $"agents are started by {options.Batch.System}; what network its nodes have is the site's affair");
        var isolation = NetworkIsolation.Probe(options.Batch.IsolateNetwork);
        return (new ForkBatchSystem(new ForkSetup(
            Path.Combine(options.State, "fork"),
            Path.Combine(AgentPrograms.FindTemplates(options.Batch), "start.sh"),
            AgentPrograms.FindAgent(options.Batch),
            options.Batch.Nodes,
            AgentPrograms.Arguments(options),
            isolation), TimeProvider.System), isolation.Remark);
    }
}
