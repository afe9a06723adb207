using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Bridge;

/// <summary>
/// The events a bridge writes. Their counters are fixed by kind, so that a report which is read twice, or told again after a
/// crash, makes the same event and not another one.
/// </summary>
public static class BridgeEvents
{
    private const long StartedCounter = 1, RunningCounter = 2, RequeuedCounter = 1, SavingCounter = 2, EndedCounter = 3, FirstAlarmCounter = 1000;

    /// <summary>An agent took it into a slot.</summary>
    public static JobEvent Started(JobReport report, DateTimeOffset now) => new(
        report.Job, new EventKey(report.Attempt, report.Branch, EventSource.Agent, StartedCounter),
        report.StartedAt ?? now, new Started(report.Node, report.Agent));

    /// <summary>Its payload was started.</summary>
    public static JobEvent Running(JobReport report, DateTimeOffset now) => new(
        report.Job, new EventKey(report.Attempt, report.Branch, EventSource.Agent, RunningCounter), report.RunningAt ?? report.StartedAt ?? now,
        new Running(report.Node, report.Workdir));

    /// <summary>Two agents have one branch of it, and one that is not the owner has started it (R-A65). Each such agent is told of once.</summary>
    public static JobEvent StartedTwice(JobReport report, string owner, DateTimeOffset now) => new(
        report.Job, new EventKey(report.Attempt, report.Branch, EventSource.Bridge, FirstAlarmCounter + CounterOf(report.Agent)), now,
        new Noted(BridgeRules.Short($"branch {report.Branch} of attempt {report.Attempt} was started twice: by agent {report.Agent} on {report.Node} too, "
            + $"while agent {owner} holds it")!) { IsAlarm = true });

    /// <summary>The same number for the same name after a restart too.</summary>
    private static long CounterOf(string name) => name.Aggregate(2166136261u, (hash, c) => unchecked((hash ^ c) * 16777619u));

    /// <summary>It is offered again under <paramref name="branch"/>.</summary>
    public static JobEvent Requeued(AttemptId id, int branch, string reason, DateTimeOffset now) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Bridge, RequeuedCounter), now, new Requeued(BridgeRules.Short(reason)!));

    /// <summary>Its outputs are on their way.</summary>
    public static JobEvent Saving(JobReport report, DateTimeOffset now) =>
        new(report.Job, new EventKey(report.Attempt, report.Branch, EventSource.Bridge, SavingCounter), report.EndedAt ?? now, new Saving());

    /// <summary>It ended on its node.</summary>
    public static JobEvent Ended(JobReport report, JobState state, string? reason, DateTimeOffset now) => new(
        report.Job, new EventKey(report.Attempt, report.Branch, EventSource.Bridge, EndedCounter), report.EndedAt ?? now,
        new Ended(state)
        {
            Reason = BridgeRules.Short(reason),
            Payload = report.Payload,
            StdoutTail = report.StdoutTail,
            StderrTail = report.StderrTail,
        });

    /// <summary>It ended without a report of a node.</summary>
    public static JobEvent Ended(AttemptId id, int branch, JobState state, string reason, DateTimeOffset now) =>
        new(id.Job, new EventKey(id.Attempt, branch, EventSource.Bridge, EndedCounter), now, new Ended(state) { Reason = BridgeRules.Short(reason) });
}
