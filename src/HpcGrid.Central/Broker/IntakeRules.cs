using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>What a bridge may say of its attempts.</summary>
public static class IntakeRules
{
    /// <summary>True for news that bridges and agents see themselves; central's own they may not tell.</summary>
    public static bool IsBridges(JobEvent @event) => @event.Key.Source is EventSource.Bridge or EventSource.Agent && @event.What switch
    {
        Opened or SplitUp or MergeOrdered or Assigned or ContactChanged => false,
        Requeued or Started or Running or Saving or Ended or Noted => true,
        _ => throw new InvalidOperationException($"{@event.What.GetType().Name} is not a happening central knows"),
    };

    /// <summary>The end as it is taken: states that a bridge cannot know become FAILED, so that the job does not hang.</summary>
    public static Ended Judge(Ended ended) => ended.State
        is JobState.Done or JobState.DoneWarn or JobState.Killed or JobState.Expired or JobState.ErrorE or JobState.ErrorV or JobState.ErrorVN
        or JobState.ErrorVT or JobState.ErrorIB or JobState.ErrorSV or JobState.ErrorVer or JobState.ErrorRE or JobState.ErrorEW
        ? ended
        : ended with { State = JobState.Failed, Reason = $"the bridge reported {ended.State.Text()}, which is no end it may report: {ended.Reason}",
            Outputs = [] };

    /// <summary>True when the attempt is the current one and ended by what its bridge said, so that more news of it is late but not wrong.</summary>
    public static bool EndedByBridge(JobRow row, int attempt) =>
        row.Attempt == attempt && row.Known.EndedAt.IsOf(attempt) && row.Known.EndedAt.Key.Source == EventSource.Bridge;
}
