using HpcGrid.Spool;

namespace HpcGrid.Agent.Peeks;

/// <summary>
/// The answers to looks that lie in the spool (K2). Nobody acknowledges them: an answer stays as long as anybody waits for it, and the oldest goes
/// when there are many. Belongs to the spool's thread.
/// </summary>
internal sealed class AnswerShelf(AgentSpool spool, AgentClock clock)
{
    private readonly Queue<(Guid Order, TimeSpan Until)> _lying = [];
    private readonly Queue<Guid> _oldest = [];
    private readonly HashSet<Guid> _answered = [];

    /// <summary>Publishes an answer unless the order has one: a name is never used twice. What the spool does not take, the bridge asks for again.</summary>
    public void Put(PeekAnswer answer)
    {
        if (_answered.Contains(answer.Order) || spool.PublishAnswer(answer) != Errno.None) return;
        _answered.Add(answer.Order);
        _oldest.Enqueue(answer.Order);
        if (_oldest.Count > Limits.AnswersRemembered) _answered.Remove(_oldest.Dequeue());
        _lying.Enqueue((answer.Order, clock.Now + Limits.AnswerLife));
        Tidy();
    }

    /// <summary>Unlinks what has served its time.</summary>
    public void Tidy()
    {
        while (_lying.TryPeek(out var oldest) && (oldest.Until <= clock.Now || _lying.Count > Limits.AnswersKept))
        {
            _lying.Dequeue();
            _ = spool.RemoveAnswer(oldest.Order); // What stays behind goes with the agent's directory.
        }
    }
}
