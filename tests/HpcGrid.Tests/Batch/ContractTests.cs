using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.Tests.Batch;

/// <summary>The contract on every simulated batch system.</summary>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class SubmissionContractTests(string system) : SubmissionCases(() => new SimCluster(system));

/// <inheritdoc cref="SubmissionContractTests"/>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class StatusContractTests(string system) : StatusCases(() => new SimCluster(system));

/// <inheritdoc cref="SubmissionContractTests"/>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class EndingContractTests(string system) : EndingCases(() => new SimCluster(system));
