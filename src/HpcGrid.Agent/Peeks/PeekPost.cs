using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Peeks;

/// <summary>Orders to look, from the inbox to an answer in the spool (K2). Belongs to the loop's thread; the looking itself is <see cref="Lookout"/>'s.</summary>
internal sealed class PeekPost(QueueBook book, ISpoolOrders spool, Lookout lookout, Action answered)
{
    /// <summary>Has the job's sandbox looked at; a job that is not here is answered at once.</summary>
    public void Take(Peek order)
    {
        if (book.RunsOf(order.Id).Select(run => run.Target).FirstOrDefault(target => target is not null) is { } target) lookout.TryAdd(order, target);
        else Answer(NotHere(order));
    }

    /// <summary>A sandbox is used again by other jobs: what was seen counts only if the job was still in it.</summary>
    public void Take(Seen seen) =>
        Answer(book.RunsOf(seen.Order.Id).Any(run => run.Target?.Sandbox == seen.Target.Sandbox) ? seen.Answer : NotHere(seen.Order));

    private void Answer(PeekAnswer answer)
    {
        spool.Add(new AnswerOrder(answer));
        answered();
    }

    private static PeekAnswer NotHere(Peek order) => new(order.Order, null, new ApiError(
        ErrorCode.Conflict, $"job {order.Id.Job} is not running on this node now", $"It has not begun or is over: hpcgrid trace {order.Id.Job} tells."));
}
