using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>The contract that the simulated batch systems keep, on real ones. Cases wait more than they compute: they run side by side.</summary>
[TestFixtureSource(typeof(RealSystems), nameof(RealSystems.All)), Parallelizable(ParallelScope.All), Category("Scheduler")]
public sealed class RealSubmissionTests(string system) : SubmissionCases(() => RealSystems.Open(system));

/// <inheritdoc cref="RealSubmissionTests"/>
[TestFixtureSource(typeof(RealSystems), nameof(RealSystems.All)), Parallelizable(ParallelScope.All), Category("Scheduler")]
public sealed class RealStatusTests(string system) : StatusCases(() => RealSystems.Open(system));

/// <inheritdoc cref="RealSubmissionTests"/>
[TestFixtureSource(typeof(RealSystems), nameof(RealSystems.All)), Parallelizable(ParallelScope.All), Category("Scheduler")]
public sealed class RealEndingTests(string system) : EndingCases(() => RealSystems.Open(system));
