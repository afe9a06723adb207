using HpcGrid.Agent;

namespace HpcGrid.Tests.Agent;

/// <summary>Turns of the agent's loop, on its own thread and on those of senders.</summary>
public sealed class AgentTurnsTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30), Long = TimeSpan.FromHours(1);
    private readonly Mailbox<Notice> _mailbox = new();
    private static readonly AgentClock Clock = new(TimeProvider.System);
    private readonly FakeTurns _loop = new();
    private AgentTurns _turns = null!;
    private Thread _running = null!;
    private int _exitCode = -1;

    [SetUp]
    public void Run()
    {
        _turns = new AgentTurns(_loop, _mailbox, Clock);
        _running = new Thread(() => _exitCode = _turns.Run());
        _running.Start();
        Assert.That(SpinWait.SpinUntil(() => _running.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Bound), "it waits for letters");
    }

    [TearDown]
    public void End()
    {
        _loop.Answer = _ => 3;
        _mailbox.Post(new EndSignal());
        Assert.That(_running.Join(Bound));
    }

    [Test]
    public void A_letter_that_is_delivered_is_applied_on_its_senders_thread_before_the_delivery_returns()
    {
        _turns.Deliver(new DrainSignal());
        Assert.That(_loop.Taken[^1], Is.EqualTo((Environment.CurrentManagedThreadId, (Notice)new DrainSignal())));
    }

    [Test]
    public void What_a_delivery_makes_due_is_done_when_it_is_due_and_not_when_the_next_letter_comes()
    {
        _loop.Due = now => now;
        _turns.Deliver(new DrainSignal());
        Assert.That(SpinWait.SpinUntil(() => _loop.Empty > 1, Bound), "who waits was not called");
    }

    [Test]
    public void A_delivery_that_makes_nothing_due_earlier_calls_nobody()
    {
        var due = Clock.Now + Long;
        _loop.Due = _ => due;
        _mailbox.Post(new DrainSignal());
        Assert.That(SpinWait.SpinUntil(() => _loop.Count == 1 && _running.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Bound), "it waits for letters");
        for (var i = 0; i < 1_000; i++) _turns.Deliver(new DrainSignal());
        _mailbox.Post(new DrainSignal());
        Assert.That(SpinWait.SpinUntil(() => _loop.Count == 1_002, Bound), "a letter was lost");
        Assert.That(_loop.Empty, Is.EqualTo(1), "turns without a letter, the first one aside, were taken for nothing");
    }

    [Test]
    public void A_delivery_that_ends_the_agent_ends_who_waits_with_its_exit_code()
    {
        _loop.Answer = notice => notice is EndSignal ? 7 : null;
        _turns.Deliver(new EndSignal());
        Assert.That(_running.Join(Bound));
        Assert.That(_exitCode, Is.EqualTo(7));
    }

    [Test]
    public void After_the_end_nothing_is_applied_any_more()
    {
        _loop.Answer = _ => 0;
        _turns.Deliver(new EndSignal());
        _turns.Deliver(new DrainSignal());
        Assert.That(_loop.Taken.Select(turn => turn.Letter), Has.None.InstanceOf<DrainSignal>());
    }

    [Test]
    public void Turns_are_taken_one_at_a_time_whoever_takes_them()
    {
        Parallel.For(0, 2_000, i =>
        {
            if (i % 2 == 0) _turns.Deliver(new DrainSignal());
            else _mailbox.Post(new Left());
        });
        Assert.That(SpinWait.SpinUntil(() => _loop.Count == 2_000, Bound), "a letter was lost");
        Assert.That(_loop.Overlapped, Is.False);
    }

    private sealed class FakeTurns : ITurns
    {
        private int _inside, _empty, _count;
        private volatile bool _overlapped;

        public List<(int Thread, Notice Letter)> Taken { get; } = [];
        public Func<TimeSpan, TimeSpan> Due { get; set; } = now => now + Long;
        public Func<Notice, int?> Answer { get; set; } = _ => null;
        public int? ExitCode { get; private set; }
        public bool Overlapped => _overlapped;
        public int Empty => Volatile.Read(ref _empty);
        public int Count => Volatile.Read(ref _count);

        public void Begin()
        {
        }

        public TimeSpan Turn(IReadOnlyList<Notice> letters)
        {
            if (Interlocked.Increment(ref _inside) > 1) _overlapped = true;
            foreach (var letter in letters)
            {
                Taken.Add((Environment.CurrentManagedThreadId, letter));
                ExitCode ??= Answer(letter);
            }
            if (letters.Count == 0) _empty++;
            _count += letters.Count;
            var due = Due(Clock.Now);
            if (letters.Count == 0) Due = now => now + Long;
            Interlocked.Decrement(ref _inside);
            return due;
        }
    }
}
