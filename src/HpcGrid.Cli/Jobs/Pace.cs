using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Jobs;

/// <summary>
/// How fast a production goes and how long it may still take, from what has been seen of it. Pure: central's clock comes with each
/// look. The rate is that of the last <see cref="Limits.RateWindow"/>, so that a slow start does not spoil the estimate.
/// </summary>
internal sealed class Pace
{
    private readonly Queue<(DateTimeOffset At, int Ended)> _seen = new();

    /// <summary>Jobs ended per second; null until some have.</summary>
    public double? Rate { get; private set; }

    /// <summary>Time left at this rate; null when nothing can be said, zero when all is over.</summary>
    public TimeSpan? Left { get; private set; }

    public void Look(JobProgress progress)
    {
        var ended = Ended(progress);
        _seen.Enqueue((progress.Now, ended));
        while (_seen.Count > 2 && progress.Now - _seen.Peek().At > Limits.RateWindow) _seen.Dequeue();
        var (since, before) = _seen.Peek();
        // Until the window is filled the submission is the better beginning.
        if (ended > 0 && before == 0 && since > progress.SubmittedAt
            && progress.Now - progress.SubmittedAt <= Limits.RateWindow) since = progress.SubmittedAt;
        var seconds = (progress.Now - since).TotalSeconds;
        if (seconds > 0 && ended > before) Rate = (ended - before) / seconds;
        else if (progress.Now - since >= Limits.RateWindow) Rate = null;
        var rest = Total(progress) - ended;
        Left = rest == 0 ? TimeSpan.Zero : Rate is { } rate and > 0 ? TimeSpan.FromSeconds(Math.Min(rest / rate, 10 * 365 * 86400.0)) : null;
    }

    public static int Total(JobProgress progress) => progress.States.Values.Sum();
    public static int Ended(JobProgress progress) => progress.States.Where(state => IsFinal(state.Key)).Sum(state => state.Value);
    public static int Done(JobProgress progress) => progress.States.Where(state => IsDone(state.Key)).Sum(state => state.Value);
    public static int Failed(JobProgress progress) => Ended(progress) - Done(progress);

    /// <summary>Nothing more will happen to the job or any of its subjobs.</summary>
    public static bool IsOver(JobProgress progress) =>
        Total(progress) > 0 ? Ended(progress) == Total(progress) && IsFinal(progress.State) : IsFinal(progress.State);

    private static bool IsFinal(string state) => JobStates.TryParse(state, out var known) && known.IsFinal();
    private static bool IsDone(string state) => IsFinal(state) && JobStates.TryParse(state, out var known) && !known.IsFailure();
}
