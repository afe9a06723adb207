namespace HpcGrid.Agent;

/// <summary>What has turns to be taken, one at a time.</summary>
internal interface ITurns
{
    /// <summary>Not null: there is nothing more to do.</summary>
    int? ExitCode { get; }

    /// <summary>Before the first turn.</summary>
    void Begin();

    /// <summary>
    /// Applies what came and does what is due; answers when something is due again, on the agent's clock. A time and not a pause: counted from two moments the
    /// same time would be two, and one of them earlier.
    /// </summary>
    TimeSpan Turn(IReadOnlyList<Notice> letters);
}

/// <summary>
/// Takes the loop's turns, one after the other: on a thread that waits for letters and for what is due, and on that of a sender who has time. A child's end
/// is worth a turn of its own; waking another thread for it would cost more than the turn.
/// </summary>
internal sealed class AgentTurns(ITurns loop, Mailbox<Notice> mailbox, AgentClock clock)
{
    private readonly Lock _turn = new();
    private TimeSpan _sleepsUntil;

    /// <summary>Runs until the agent has nothing more to do here; answers its exit code.</summary>
    public int Run()
    {
        var letters = new List<Notice>();
        var due = TimeSpan.Zero;
        lock (_turn) loop.Begin();
        while (true)
        {
            letters = mailbox.TakeAll(letters, Until(due));
            lock (_turn)
            {
                if (loop.ExitCode is null) due = loop.Turn(letters);
                if (loop.ExitCode is { } code) return code;
                _sleepsUntil = due;
            }
            letters.Clear();
        }
    }

    /// <summary>A turn for one letter, on its sender's thread. Who waits in <see cref="Run"/> is called when something is due earlier than it knows.</summary>
    public void Deliver(Notice letter)
    {
        lock (_turn)
        {
            if (loop.ExitCode is not null) return;
            var due = loop.Turn([letter]);
            if (due >= _sleepsUntil && loop.ExitCode is null) return;
            _sleepsUntil = due;
        }
        mailbox.Call();
    }

    private TimeSpan Until(TimeSpan due) => due - clock.Now is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
}
