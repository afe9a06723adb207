using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>
/// Cases of the contract, whichever cluster they are run on: simulated ones are kept for all cases of a fixture, of a real one each case has a view of its own.
/// </summary>
public abstract class ContractCases : IDisposable
{
    private readonly Func<ContractCluster> _open;
    private ContractCluster? _cluster;

    private protected ContractCases(Func<ContractCluster> open) => _open = open;

    private protected ContractCluster Cluster => _cluster!;
    private protected CommandBatchSystem Bridge { get; private set; } = null!;

    [SetUp]
    public void Begin()
    {
        _cluster ??= _open();
        Bridge = Cluster.Bridge();
    }

    [TearDown]
    public void End() => _cluster?.Quiet();

    public void Dispose()
    {
        _cluster?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The case shows as skipped, with the reason, where the cluster cannot do that.</summary>
    private protected void Needs(Ability ability)
    {
        if (Cluster.Nature.Lacks.GetValueOrDefault(ability) is { } reason) Assert.Ignore($"{Cluster.Nature.System}: {reason}");
    }

    private protected async Task<PilotRequest> Running()
    {
        var pilot = Cluster.Pilot();
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        return pilot;
    }

    private protected static async Task<GridError> Fails(ErrorCode code, Func<Task> work)
    {
        var error = await Assert.ThrowsAsync<GridError>(() => work());
        Assert.That(error!.Code, Is.EqualTo(code), error.Message);
        return error;
    }
}
