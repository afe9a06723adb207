using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Peeks;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using Serilog;
using Serilog.Events;

namespace HpcGrid.Agent;

/// <summary>
/// The agent's one loop (PROTOCOL A1 to A6): applies what came; does what <see cref="AgentRules"/> decide. It never waits for the spool: that is
/// <see cref="SpoolThread"/>'s. Its turns are taken one after the other (<see cref="AgentTurns"/>); "the loop's thread" is whoever has the turn.
/// Promises: nothing is started without a fresh lease and a valid grant; what was done is kept until the bridge has acknowledged it;
/// when it ends, no payload is alive. A crash leaves the claim and the last version in the spool; the bridge offers the rest again.
/// </summary>
internal sealed class AgentLoop : ITurns
{
    private readonly AgentOptions _options;
    private readonly AgentSettings _settings;
    private readonly JobRunner _runner;
    private readonly ISpoolOrders _spool;
    private readonly AgentClock _clock;
    private readonly QueueBook _book;
    private readonly GrantGate _grants;
    private readonly PollInterval _hungry, _sated;
    private readonly PeekPost _peeks;
    private readonly LimitWatch _limits;
    private readonly GpuProbe _gpus;
    private readonly Queue<Notice> _pending = new();

    private AgentFacts _facts;
    private Standing _standing = Standing.Working;
    private LeaseName? _lease;
    private readonly NodeRoom _room;
    private readonly Reservation _reservation = new();
    private readonly Heart _heart;
    private readonly JobStarter _starter;
    private readonly Tally _tally;
    private TimeSpan _nextLook, _idleSince, _nextWholeLook;
    private TimeSpan? _leaveBy, _finalsAt;
    private bool _looking, _claimWanted, _leaving;
    private int _withoutInbox;
    private int? _exitCode;

    public AgentLoop(AgentOptions options, AgentSettings settings, JobRunner runner, ISpoolOrders spool, Mailbox<Notice> mailbox, AgentClock clock)
    {
        (_options, _settings, _runner, _spool, _clock) = (options, settings, runner, spool, clock);
        _book = new QueueBook(settings.Card);
        _grants = new GrantGate(options.Site);
        _tally = new Tally(settings.Card, clock.Now);
        _room = new NodeRoom(settings.Whole);
        _starter = new JobStarter(_book, _room, _grants, runner, spool, clock);
        // Who claims every few seconds and finds work need not ask for messages as often as for work.
        _hungry = new PollInterval(settings.Timing.PollMin, settings.Timing.PollMax * Limits.RestingPart);
        _sated = new PollInterval(settings.Timing.PollMin, settings.Timing.PollMax * Limits.RestingPart);
        _heart = new Heart(spool, settings.Timing.Heartbeat, Sample);
        _peeks = new PeekPost(_book, spool, new Lookout(settings.Card, clock, runner.Looks, mailbox.Post), OnAnswered);
        _gpus = new GpuProbe(runner, clock, GpuProbe.Find(Environment.GetEnvironmentVariable("PATH")), settings.Scratch, settings.Card.Agent);
        _limits = new LimitWatch(runner, runner.Monitor, _gpus, clock, settings.Timing.PublishMax);
        _facts = new AgentFacts(clock.Now, Liveness.Live, DrainAsked: false, settings.DrainAt, settings.StopAt);
        _leaveBy = settings.EndAt;
        runner.Ended += OnEnded;
    }

    /// <summary>What it did, so far.</summary>
    public AgentSummary Summary => _tally.Summary();

    /// <summary>Not null: it has nothing more to do here.</summary>
    public int? ExitCode => _exitCode;

    /// <summary>Before the first turn.</summary>
    public void Begin() => _spool.Add(new KeysOrder());

    /// <summary>Applies what came and does what is due; answers when something is due again, on the agent's clock.</summary>
    public TimeSpan Turn(IReadOnlyList<Notice> letters)
    {
        // Before the letters: while it waited for them the node was as it is now.
        _tally.Count(_clock.Now, _room.IdleCores);
        foreach (var letter in letters) _pending.Enqueue(letter);
        try
        {
            while (_pending.TryDequeue(out var notice)) Apply(notice);
            return Step();
        }
        catch (GridError e)
        {
            Log.Error(e, "{Agent}: {Hint}", _settings.Card.Agent, e.Hint);
            return _clock.Now + _settings.Timing.PollMin;
        }
    }

    private void Apply(Notice notice)
    {
        switch (notice)
        {
            case ProcessStarted started:
                if (!_gpus.Take(started)) _runner.OnStarted(started.Number, started.Result);
                _starter.LookAhead();
                break;
            case ProcessEnded ended:
                if (!_gpus.Take(ended)) _runner.OnExit(ended.Number, ended.Exit);
                break;
            case InputsPut put: _runner.OnInputs(put.Run, put.Staged); break;
            case OutputsMade made: _runner.OnOutputs(made.Run, made.Collected); break;
            case VersionWritten written: OnWritten(written); break;
            case Measured measured: _limits.Take(measured.Measurement); break;
            case Seen seen: _peeks.Take(seen); break;
            case KeysRead read: _grants.Take(read.Keys); break;
            case HeartBeaten: _heart.Beaten(); break;
            case Polled polled: OnPolled(polled); break;
            case DrainSignal: Drain("SIGUSR1"); break;
            case EndSignal: EndSoon(); break;
            case Left: _exitCode ??= 0; break;
            default: throw new InvalidOperationException($"{notice} is not known");
        }
    }

    private void OnPolled(Polled polled)
    {
        _looking = false;
        foreach (var trouble in polled.Trouble) Log.Warning("{Agent}: {Trouble}", _settings.Card.Agent, trouble);
        _facts = _facts with { Liveness = polled.Liveness };
        if (polled.Lease is { } lease && lease != _lease)
        {
            _lease = lease;
            _facts = _facts with { LeaseSeen = _clock.Now };
        }
        foreach (var claimed in polled.Claimed)
        {
            Log.Information("claimed {Queue} with {Jobs} jobs", claimed.Header.Name, claimed.Jobs.Count);
            _book.Add(claimed, _clock.Now);
        }
        foreach (var message in polled.Messages) Obey(message.Message);
        if (polled.Claimed.Count > 0) TellSoon();
        if (AgentRules.MayHearMore(polled)) Expect();
        LookLater();
    }

    private void LookLater()
    {
        var pause = (_claimWanted ? _hungry : _sated).Next(Sample());
        // Who wants nothing from the pool looks for messages only.
        _nextLook = _clock.Now + (IsLocal && !_claimWanted && _sated.Rests ? pause * Limits.BusyPollFactor : pause);
    }

    /// <summary>Something from the bridge may be near.</summary>
    private void Expect()
    {
        _hungry.Reset();
        _sated.Reset();
    }

    private double Sample() => _settings.Chance(1000) / 1000.0;

    /// <summary>K1: each names what it is about, so that applying it twice or late changes nothing.</summary>
    private void Obey(ControlMessage message)
    {
        switch (message)
        {
            case Ack ack:
                // An unknown queue is one whose removal did not succeed the first time.
                // What is dropped frees nothing that anybody waits for: the next beat tells it in time.
                if (_book.Drop(ack.Queue, out var outputs)) _spool.Add(new DropOrder(ack.Queue, outputs));
                break;
            case Start start:
                if (_book.Find(start.Queue) is { } queue) queue.MayStart = true;
                break;
            case Kill kill:
                foreach (var run in _book.RunsOf(kill.Id)) Stop(run, new StopOrder(Outcome.Killed, "killed on request", PayloadCause.Killed, AtOnce: false));
                break;
            case Spool.Drain:
                Drain("the bridge's message");
                break;
            case Fenced:
                _facts = _facts with { Liveness = Liveness.Fenced };
                break;
            case Yield yield:
                foreach (var run in _book.TakeWaiting(yield.Queue, yield.Keep)) _runner.Spare(run, "an idle node takes it");
                break;
            case Reserve reserve:
                if (_reservation.Take(reserve)) Expect();
                break;
            case Release release:
                if (_reservation.Take(release)) Dissolve(release);
                break;
            case Saved saved:
                foreach (var run in _book.RunsOf(saved.Id).Where(run => run.IsOver)) _spool.Add(new DropOutputsOrder([.. run.SpoolFiles]));
                TellSoon();
                break;
            case Peek peek:
                _peeks.Take(peek);
                break;
        }
    }

    /// <summary>J3: a job over several nodes does not go on without one of them.</summary>
    private void Dissolve(Release release)
    {
        var order = new StopOrder(Outcome.Preempted, "a node of its gang was lost", PayloadCause.Walltime, AtOnce: false);
        foreach (var run in _runner.Active.Where(run => run.Queue.Header.Gang?.Number == release.Gang).ToList()) _runner.Stop(run, order);
        Expect();
    }

    private void OnAnswered()
    {
        TellSoon();
        // Who looks once looks again.
        Expect();
        LookLater();
    }

    private void OnWritten(VersionWritten written)
    {
        if (_book.Find(written.Queue) is not { } queue) return;
        queue.Published(written.Errno, written.Bytes, written.Sequence, _clock.Now);
        if (written.Errno == Errno.None) queue.AskAgain(_clock.Now, _settings.Timing.Reconcile);
        TellSoon();
        if (written.Errno != Errno.None)
            Log.Warning("{Queue} version {Sequence} could not be published: {Error}", written.Queue, written.Sequence, written.Errno.Describe());
        else if (queue.FinalPublished && AgentRules.NeedsAcks(_standing, _book.Count))
        {
            Expect();
            LookLater();
        }
    }

    private void OnEnded(JobRun run)
    {
        _book.Over(run);
        _tally.Ended();
        // What cleared its environment and its ancestry can be anybody's; when nobody runs, it is nobody's.
        if (_runner.Active.Count == 0) _runner.KillStrays(_settings.GuardProcess);
        _room.Give(run);
        _room.Forget(run);
        if (Log.IsEnabled(LogEventLevel.Debug))
            Log.Debug("{JobId}.{Attempt} ended: {Outcome} {Reason}", run.Job.Id.Job, run.Job.Id.Attempt, run.Outcome, run.Reason);
    }

    private TimeSpan Step()
    {
        var now = _clock.Now;
        Enforce(now);
        _runner.Advance();
        var next = AgentRules.NextJudgement(_facts, _settings.Timing, now);
        if (_standing == Standing.Working) _starter.Start(_facts.StopAt - now);
        if (_standing != Standing.Gone)
        {
            next = Earlier(next, Publish(now));
            next = Earlier(next, Look(now));
            next = Earlier(next, Beat(now));
        }
        next = Earlier(next, Leave(now));
        next = Earlier(next, _runner.NextDue());
        return Earlier(Earlier(next, _limits.Step(now)), now + _settings.Timing.PollMax);
    }

    private void Enforce(TimeSpan now)
    {
        if (_runner.NodeFault is { } fault && !_facts.DrainAsked) Drain(fault);
        var standing = AgentRules.Judge(_facts, _settings.Timing, now);
        if (standing != _standing) Log.Information("{Agent} is {Standing}", _settings.Card.Agent, standing);
        _standing = standing;
        if (standing is Standing.Draining or Standing.Stopping)
            foreach (var run in _book.TakeWaiting()) _runner.Spare(run, "the pilot ends");
        foreach (var run in _book.TakeWaiting(_reservation)) _runner.Spare(run, "its node is kept for a job over several nodes, or its gang is no more");
        var reason = standing switch
        {
            Standing.Gone => "the bridge has given this agent up",
            Standing.Abandoned => "the bridge's lease has ended",
            Standing.Stopping => "the pilot ends",
            _ => null,
        };
        if (reason is null) return;
        var order = new StopOrder(Outcome.Preempted, reason, PayloadCause.Walltime, AtOnce: standing != Standing.Stopping);
        foreach (var run in _runner.Active.ToList()) _runner.Stop(run, order);
    }

    private TimeSpan Publish(TimeSpan now)
    {
        var next = TimeSpan.MaxValue;
        foreach (var queue in _book.Queues)
        {
            if (AgentRules.PublishDue(queue.PublishFacts with { JobSeconds = _book.JobSeconds }, _settings.Timing) is not { } due) continue;
            if (due <= now) _spool.Add(new PublishOrder(queue.NextVersion(_settings.Card)));
            else next = Earlier(next, due);
        }
        return next;
    }

    private TimeSpan Look(TimeSpan now)
    {
        var facts = new ClaimFacts(_standing, _room.Free, _book.WaitingCount, _book.Count, _book.Fails || _runner.OutputsFail);
        var wanted = _reservation.MayClaim && AgentRules.ShouldClaim(facts with { SecondsOfWork = _book.SecondsOfWork(_runner.Active.Count) });
        if (wanted && !_claimWanted)
        {
            _hungry.Reset();
            _nextLook = now;
        }
        _claimWanted = wanted;
        if (_looking) return TimeSpan.MaxValue;
        if (_nextLook > now) return _nextLook;
        _looking = true;
        var everything = now >= _nextWholeLook;
        if (everything) _nextWholeLook = now + _settings.Timing.Reconcile;
        var (pool, inbox) = AgentRules.Listed(new LookFacts(wanted, _book.Count > 0, _reservation.Gang > 0, _hungry.Rests), _withoutInbox);
        _withoutInbox = inbox ? 0 : _withoutInbox + 1;
        _spool.Add(new LookOrder(pool, _settings.Whole, _facts.StopAt - now, _reservation.Gang, inbox, everything));
        return TimeSpan.MaxValue;
    }

    private TimeSpan Beat(TimeSpan now)
    {
        var draining = _standing is not (Standing.Working or Standing.Holding);
        var kept = _reservation.Gang;
        return _heart.Step(now, new Saying(draining, _book.Full || _runner.Full, kept, kept > 0 && _runner.Active.Count == 0), IdleCores);
    }

    private int IdleCores => _standing == Standing.Working ? _room.IdleCores : 0;

    /// <summary>The bridge learns of a change from the heartbeat: the next one does not wait for its time.</summary>
    private void TellSoon() => _heart.By(_clock.Now + (IsLocal ? Limits.PublishSettles : _settings.Timing.PublishMin));

    /// <summary>The spool is on a filesystem of this machine.</summary>
    private bool IsLocal => _settings.Timing.CachingBound == TimeSpan.Zero;

    /// <summary>Whether all is over; answers when to look again.</summary>
    private TimeSpan Leave(TimeSpan now)
    {
        var idles = _book.Count == 0 && _reservation.Gang == 0;
        if (!idles) _idleSince = now;
        else if (!_looking && _options.IdleExit is { } idle && now - _idleSince >= idle && !_facts.DrainAsked) Drain("nothing to do");
        var next = _options.IdleExit is { } wait && idles && !_looking && !_facts.DrainAsked ? _idleSince + wait : TimeSpan.MaxValue;
        if (_standing == Standing.Gone) return GoAtOnce(now);
        if (_leaving || _standing is not (Standing.Draining or Standing.Stopping)) return next;
        if (now >= _leaveBy) return GiveUp();
        // The first of its gang runs a job that needs this node.
        if (_reservation.Gang > 0 && _standing == Standing.Draining) return Earlier(next, _leaveBy ?? TimeSpan.MaxValue);
        // A look on its way may still bring a claim, to be handed back.
        if (_runner.Active.Count > 0 || _looking) return Earlier(next, _leaveBy ?? TimeSpan.MaxValue);
        if (!_book.AllFinal) return _leaveBy ?? TimeSpan.MaxValue;
        _finalsAt ??= now;
        if (_book.Count > 0 && now < _finalsAt + Limits.AckWait) return Earlier(_finalsAt.Value + Limits.AckWait, _leaveBy ?? TimeSpan.MaxValue);
        _leaving = true;
        _runner.KillStrays(_settings.GuardProcess);
        _spool.Add(new LeaveOrder(_heart.Marker(IdleCores)));
        return TimeSpan.MaxValue;
    }

    private TimeSpan GoAtOnce(TimeSpan now)
    {
        _finalsAt ??= now;
        if (_runner.HasProcesses && now < _finalsAt + Limits.AckWait) return now + Limits.KillAgain;
        _runner.KillStrays(_settings.GuardProcess);
        _tally.Because("the bridge has given it up");
        _exitCode = AgentExit.Fenced;
        return TimeSpan.Zero;
    }

    /// <summary>A5, last resort: the results go into the log.</summary>
    private TimeSpan GiveUp()
    {
        foreach (var report in _book.Unpublished())
            Log.Fatal("not published: {Report}", System.Text.Json.JsonSerializer.Serialize(report, GridJson.Default.JobReport));
        _runner.KillStrays(_settings.GuardProcess);
        _exitCode = AgentExit.Unpublished;
        return TimeSpan.Zero;
    }

    private void Stop(JobRun run, StopOrder order)
    {
        _book.Take(run);
        _runner.Stop(run, order);
    }

    private void Drain(string reason)
    {
        if (!_facts.DrainAsked) Log.Information("{Agent} drains: {Reason}", _settings.Card.Agent, reason);
        _tally.Because(reason);
        _facts = _facts with { DrainAsked = true };
    }

    private void EndSoon()
    {
        Drain("asked to end");
        _runner.EndIsNear = true;
        var stop = _clock.Now + _options.TermWait;
        _facts = _facts with { StopAt = Earlier(_facts.StopAt ?? TimeSpan.MaxValue, stop) };
        _leaveBy = Earlier(_leaveBy ?? TimeSpan.MaxValue, stop + _options.Grace + 2 * Limits.AckWait);
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
