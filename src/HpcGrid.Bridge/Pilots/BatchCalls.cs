using HpcGrid.Core;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge.Pilots;

/// <summary>Calls the batch system off the loop, one at a time in the order asked for, and hands its answers to the loop.</summary>
internal sealed class BatchCalls(IBatchSystem batch, Posts posts, CancellationToken stopping)
{
    private Task _last = Task.CompletedTask;

    /// <summary>Cancels what is to be cancelled, then asks for the state of all.</summary>
    public void Poll(IReadOnlyList<string> tags, IReadOnlyList<string> cancel, Action<Tick, IReadOnlyList<BatchStatus>> done, Action<Tick, GridError> failed) =>
        posts.Fetch(InTurn(async () =>
        {
            if (cancel.Count > 0) await batch.Cancel(cancel, stopping);
            return await batch.Status(tags, stopping);
        }), done, failed);

    /// <summary>Asks for holes in the schedule. No answer is no hole: a hint is not worth an alarm.</summary>
    public void AskForHoles(Action<Tick, IReadOnlyList<BackfillHole>> done) =>
        posts.Fetch(InTurn(() => batch.Holes(stopping)), done, (tick, _) => done(tick, []));

    /// <summary>What the agents of a pilot that has ended said last. No answer is no summary.</summary>
    public void AskForSummary(string tag, Action<Tick, IReadOnlyList<AgentSummary>> done) =>
        posts.Fetch(InTurn(() => PilotSummary.Read(batch.LogOf(tag), stopping)), done, (tick, _) => done(tick, []));

    public string LogOf(string tag) => batch.LogOf(tag);

    public void Submit(PilotRequest request, Action<Tick, string> done, Action<Tick, GridError> failed) =>
        posts.Fetch(InTurn(() => batch.Submit(request, stopping)), done, failed);

    public void Forget(IReadOnlyList<string> tags) => posts.Fetch(InTurn(async () =>
    {
        await batch.Forget(tags, stopping);
        return true;
    }), (_, _) => { }, (_, error) => Serilog.Log.Debug("old pilots were not forgotten: {Message}", error.Message));

    /// <summary>
    /// One at a time, in the order asked for: a question that overtook a submission would find nothing of it, and the pilot would count as ended.
    /// </summary>
    private Func<Task<T>> InTurn<T>(Func<Task<T>> call)
    {
        var (before, done) = (_last, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _last = done.Task;
        return async () =>
        {
            await before;
            try { return await call(); }
            finally { done.SetResult(); }
        };
    }
}
