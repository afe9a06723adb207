using HpcGrid.Agent.Outputs;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>
/// Carries jobs through their stages: sandbox, inputs, payload, validation, outputs, report. Belongs to the loop's thread.
/// Promises: every job begun ends exactly once; when it ends, no process of it is alive; its sandbox is gone or on its way.
/// </summary>
internal sealed class JobRunner
{
    private readonly NodeParts _parts;
    private readonly WorkFolder _work;
    private readonly IPayloads _payloads;
    private readonly ProcFile _file = new();
    private readonly Brand _brand;
    private readonly InputStager _stager;
    private readonly OutputStage _outputs;
    private readonly JobEnvironment _environment;
    private readonly Mailbox<Notice> _mailbox;
    private readonly AgentClock _clock;
    private readonly TimeSpan _grace;
    private readonly string _node;
    private readonly Dictionary<long, JobRun> _byStart = [];
    private readonly HashSet<JobRun> _active = [];
    private long _starts;

    public JobRunner(NodeParts parts, JobEnvironment environment, AgentSpool spool, Mailbox<Notice> mailbox, AgentClock clock, TimeSpan grace)
    {
        (_parts, _work, _payloads) = (parts, parts.Work, parts.Payloads);
        (_environment, _mailbox, _clock, _grace, _node) = (environment, mailbox, clock, grace, spool.Card.Node);
        _brand = new Brand(spool.Card.Agent);
        _stager = new InputStager(spool);
        _outputs = new OutputStage(spool, _work.Scratch, parts.Copies, mailbox, clock, End);
    }

    /// <summary>Measures running jobs.</summary>
    public IMonitor Monitor => _parts.Monitor;

    /// <summary>Where running jobs are looked into.</summary>
    public ISideWork Looks => _parts.Looks;

    /// <summary>Jobs begun and not over.</summary>
    public IReadOnlyCollection<JobRun> Active => _active;

    /// <summary>Not null: this node cannot take jobs, for instance because its disk is full.</summary>
    public string? NodeFault { get; private set; }

    /// <summary>The spool does not take a job's output now.</summary>
    public bool OutputsFail => _active.Any(run => run.OutputTrouble != Errno.None);

    /// <summary>It does not because the disk or the quota is full.</summary>
    public bool Full => _active.Any(run => run.OutputTrouble.IsFull());

    /// <summary>Told of every job that is over.</summary>
    public event Action<JobRun>? Ended;

    /// <summary>Takes a job into a slot. It may be over when this returns.</summary>
    public void Begin(JobRun run)
    {
        _active.Add(run);
        run.StartedAt = _clock.Utc;
        run.Queue.Change(_clock.Now);
        try
        {
            run.Sandbox = _work.TakeSandbox(shared: run.Queue.Header.Gang is not null);
            run.Gang = PlaceOf(run);
        }
        catch (IOException e)
        {
            GiveBack(run, e.Message);
            return;
        }
        Prepare(run);
    }

    private GangPlace? PlaceOf(JobRun run) => run.Queue.Header.Gang is { } gang && run.Spec!.Launch is { } launch
        ? GangPlace.Prepare(gang, launch, run.Sandbox!, _environment.Launcher)
        : null;

    /// <summary>A process of a job may be alive.</summary>
    public bool HasProcesses => _active.Any(run => run.Stage is RunStage.Running or RunStage.Sweeping || run.IsBeingStarted);

    /// <summary>Gives a job back that has not begun.</summary>
    public void HandBack(JobRun run, string reason) => End(run, Outcome.HandedBack, reason);

    /// <summary>Gives a job back that has not begun, though nothing failed: it costs the job no try.</summary>
    public void Spare(JobRun run, string reason)
    {
        run.Spared = true;
        HandBack(run, reason);
    }

    /// <summary>Ends a job whose grant is not good; the reason is in the job.</summary>
    public void Refuse(JobRun run) => End(run, Outcome.Refused, run.Reason);

    /// <summary>Does what is due.</summary>
    public void Advance()
    {
        var now = _clock.Now;
        List<JobRun>? due = null;
        foreach (var run in _active)
            if (run.Due <= now || (run.Stage == RunStage.Running && run.LimitAt <= now && run.Stop is null))
                (due ??= []).Add(run);
        foreach (var run in due ?? []) Advance(run, now);
    }

    /// <summary>When the next thing is due.</summary>
    public TimeSpan NextDue()
    {
        var next = TimeSpan.MaxValue;
        foreach (var run in _active)
        {
            if (run.Due < next) next = run.Due;
            if (run.Stage == RunStage.Running && run.Stop is null && run.LimitAt < next) next = run.LimitAt;
        }
        return next;
    }

    /// <summary>
    /// Ends a job before its time: TERM, the grace period, KILL, or KILL at once. Nothing happens to one that is over, or whose outputs are
    /// already being copied, unless its owner kills it.
    /// </summary>
    public void Stop(JobRun run, StopOrder asked)
    {
        if (run.IsOver || (run.Stop is { } before && (before.AtOnce || !asked.AtOnce))) return;
        if (!run.IsBeingStarted) asked = AsNotBegun(run, asked);
        var order = run.Stop is { } first ? first with { AtOnce = asked.AtOnce } : asked;
        switch (run.Stage)
        {
            case RunStage.Waiting:
                End(run, order.Outcome, order.Reason);
                break;
            case RunStage.Preparing or RunStage.Starting or RunStage.Collecting when run.Due < TimeSpan.MaxValue:
                End(run, order.Outcome, order.Reason);
                break;
            case RunStage.Preparing or RunStage.Starting:
                run.Stop = order;
                break;
            case RunStage.Running:
                StopRunning(run, order);
                break;
            case RunStage.Sweeping or RunStage.Collecting when asked.Outcome == Outcome.Killed:
                run.Stop = order;
                break;
        }
    }

    /// <summary>What has not begun is handed back and not preempted.</summary>
    private static StopOrder AsNotBegun(JobRun run, StopOrder order) =>
        order.Outcome == Outcome.Preempted && run.RunningAt is null ? order with { Outcome = Outcome.HandedBack } : order;

    private void StopRunning(JobRun run, StopOrder order)
    {
        run.Stop = order;
        if (!order.AtOnce) _payloads.SignalAll(run.Kin, Libc.Terminate);
        run.Due = order.AtOnce ? _clock.Now : _clock.Now + _grace;
        run.Pause = TimeSpan.Zero;
    }

    /// <summary>Starts a process of the agent's own, as it starts payloads; answers the number by which letters tell of it.</summary>
    public long StartHelper(SpawnOrder order)
    {
        _payloads.Start(++_starts, order);
        return _starts;
    }

    /// <summary>Whatever else descends from the agent dies; for the end.</summary>
    public void KillStrays(int guard) => _payloads.KillStrays(guard);

    public void OnExit(long number, ChildExit exit)
    {
        if (!_byStart.Remove(number, out var run)) return;
        run.Exit = exit;
        run.Due = TimeSpan.MaxValue;
        run.Pause = TimeSpan.Zero;
        if (run.Validating) run.Payload = run.Payload! with { ValidationExitCode = exit.ExitCode ?? 128 + exit.Signal };
        else
        {
            run.PayloadEndedAt = _clock.Utc;
            var (cause, counted) = (CauseOf(run, exit), run.Group?.Use(_file));
            run.Payload = new PayloadResult
            {
                ExitCode = exit.ExitCode,
                Signal = exit.Signal,
                StartedAt = run.RunningAt!.Value,
                WallSeconds = _clock.Time.GetElapsedTime(run.RunningTimestamp, exit.At).TotalSeconds,
                CpuSeconds = Math.Max(exit.CpuSeconds, Math.Max(run.Use.Sample?.CpuSeconds ?? 0, counted?.CpuSeconds ?? 0)),
                MaxRssKib = Math.Max(exit.MaxRssKib, Math.Max(run.Use.PeakRssKib, cause == PayloadCause.OutOfMemory ? counted?.PeakKib ?? 0 : 0)),
                Cause = cause,
                Node = _node,
            };
            run.Queue.Change(_clock.Now);
        }
        if (run.Stop is null && !EndIsNear && EndSignals.MayBe(exit)) SweepLater(run);
        else SweepProcesses(run);
    }

    /// <summary>A signal that ends whole batch jobs reaches payloads and agent in any order: the agent's own may be a moment away.</summary>
    private void SweepLater(JobRun run)
    {
        run.Stage = RunStage.Sweeping;
        run.Due = _clock.Now + Limits.EndSignalSettles;
    }

    /// <summary>The batch system ends this agent: what its signals do to payloads is none of their doing.</summary>
    public bool EndIsNear { get; set; }

    /// <summary>A shell answers 137 for a child that died of KILL. A group knows whose the killed were, and then any bad end is theirs.</summary>
    private PayloadCause CauseOf(JobRun run, ChildExit exit) =>
        run.Stop is { } stop ? stop.Cause
        : run.Group?.OutOfMemoryKills(_file) is { } kills ? kills > 0 && exit.ExitCode != 0 ? PayloadCause.OutOfMemory : ByItself(exit)
        : exit is { Signal: Libc.Kill } or { ExitCode: 128 + Libc.Kill } && _payloads.RanOutOfMemory() ? PayloadCause.OutOfMemory
        : ByItself(exit);

    private static PayloadCause ByItself(ChildExit exit) => exit.Signal is null ? PayloadCause.Exited : PayloadCause.Signalled;

    public void OnInputs(JobRun run, Staged staged)
    {
        run.Due = TimeSpan.MaxValue;
        if (run.Stop is { } stop) End(run, stop.Outcome, stop.Reason);
        else if (staged.Fault is { } fault) End(run, Outcome.InputFailed, fault);
        else if (staged.NodeFault is { } nodeFault) GiveBack(run, nodeFault);
        else if (staged.NotNow is { } notNow && ++run.Tries >= Limits.InputTries) End(run, Outcome.InputFailed, notNow);
        else if (staged.NotNow is not null) run.Due = _clock.Now + Limits.InputPause * (1 << (run.Tries - 1));
        else Launch(run);
    }

    public void OnOutputs(JobRun run, Collected collected) => _outputs.Made(run, collected);

    private void Advance(JobRun run, TimeSpan now)
    {
        switch (run.Stage)
        {
            case RunStage.Preparing:
                Prepare(run);
                break;
            case RunStage.Starting:
                Launch(run);
                break;
            case RunStage.Running when run.Stop is null:
                var what = run.Validating ? "its validation took longer than allowed"
                    : run.Spec!.UsesWholeSlot && run.SlotEnd is not null ? "it ran to the end of its slot"
                    : $"it ran longer than its TTL of {run.Spec.Resources.TtlSeconds} s";
                Stop(run, new StopOrder(Outcome.LimitExceeded, what, PayloadCause.TimeLimit, AtOnce: false));
                break;
            case RunStage.Running:
                _payloads.SignalAll(run.Kin, Libc.Kill);
                PauseKilling(run, now);
                break;
            case RunStage.Sweeping:
                SweepProcesses(run);
                break;
            case RunStage.Collecting:
                run.Due = TimeSpan.MaxValue;
                _outputs.Again(run);
                break;
        }
    }

    private static void PauseKilling(JobRun run, TimeSpan now)
    {
        run.Pause = run.Pause == TimeSpan.Zero ? Limits.KillAgain : Shorter(run.Pause * 4, Limits.KillAgainAtMost);
        run.Due = now + run.Pause;
    }

    private void Prepare(JobRun run)
    {
        run.Stage = RunStage.Preparing;
        run.Due = TimeSpan.MaxValue;
        var (spec, inputs, sandbox) = (run.Spec!, run.Queue.Inputs, run.Sandbox!);
        if (InputStager.IsSmall(spec, inputs)) OnInputs(run, _stager.Stage(spec, inputs, sandbox));
        else _parts.Copies.Add(() => _mailbox.Post(new InputsPut(run, _stager.Stage(spec, inputs, sandbox))));
    }

    private void Launch(JobRun run)
    {
        run.Due = TimeSpan.MaxValue;
        var command = new JobCommand(run.Job.Id, run.Spec!, run.Sandbox!, _environment, run.Gpus?.Devices, run.Gang);
        var (order, fault) = run.Validating ? command.Validation() : command.Payload();
        if (order is not null)
        {
            (run.Brand, run.Group) = (run.Brand ?? _brand.Next(), run.Group ?? _parts.Groups?.Make(run.Job.Id, run.Spec!));
            order = order with { Brand = run.Brand, Group = run.Group, CoreBytes = run.Spec!.Resources.DiskMib * 1024 * 1024 };
        }
        if (order is null)
        {
            NotStarted(run, new SpawnResult(0, 0, fault));
            return;
        }
        run.Stage = RunStage.Starting;
        _byStart[++_starts] = run;
        _payloads.Start(_starts, order);
    }

    /// <summary>A start that was asked for went well, or not.</summary>
    public void OnStarted(long number, SpawnResult result)
    {
        if (!_byStart.TryGetValue(number, out var run)) return;
        if (result.Started) Register(run, result.ProcessId);
        else _byStart.Remove(number);
        if (run.Stop is { } stop && result.Started) StopRunning(run, stop);
        else if (run.Stop is { } before) End(run, AsNotBegun(run, before).Outcome, before.Reason);
        else if (!result.Started) NotStarted(run, result);
    }

    private void NotStarted(JobRun run, SpawnResult started)
    {
        if (started.Error is Libc.TextBusy or Libc.OutOfMemory or Libc.TryAgain && ++run.Tries <= Limits.BusyProgramTries)
        {
            run.Stage = RunStage.Starting;
            run.Due = _clock.Now + Limits.BusyProgramPause;
        }
        else if (run.Validating) _outputs.Conclude(run, Outcome.ValidationFailed, $"the validation could not be started: {started.Fault}");
        else if (started.Error is Libc.OutOfMemory or Libc.TryAgain) GiveBack(run, started.Fault!);
        else _outputs.Conclude(run, Outcome.ExecutionFailed, started.Fault);
    }

    private void Register(JobRun run, int processId)
    {
        run.ProcessId = processId;
        run.Stage = RunStage.Running;
        run.Tries = 0;
        var now = run.CommandStarted = _clock.Now;
        if (run.Validating)
        {
            var left = run.LimitAt - now;
            run.LimitAt = now + (left > Limits.ShortestValidation ? left : Limits.ShortestValidation);
            return;
        }
        run.LimitAt = run.Spec!.UsesWholeSlot && run.SlotEnd is { } end ? end : now + TimeSpan.FromSeconds(run.Spec.Resources.TtlSeconds);
        run.Use.Start(now);
        run.RunningAt = _clock.Utc;
        run.RunningTimestamp = _clock.Time.GetTimestamp();
        run.Queue.Change(now);
    }

    /// <summary>Kills what a command left behind, in rounds until nothing is there; then goes on.</summary>
    private void SweepProcesses(JobRun run)
    {
        if (_payloads.KillLeft(run.Kin))
        {
            run.Stage = RunStage.Sweeping;
            PauseKilling(run, _clock.Now);
            return;
        }
        run.Due = TimeSpan.MaxValue;
        run.Pause = TimeSpan.Zero;
        var exit = run.Exit!;
        if (run.Stop is { } stop) _outputs.Conclude(run, stop.Outcome, stop.Reason);
        else if (EndIsNear && EndSignals.MayBe(exit)) _outputs.Conclude(run, Outcome.Preempted, "its batch job was ended");
        else if (run.Validating && exit.ExitCode != 0) _outputs.Conclude(run, Outcome.ValidationFailed, $"the validation ended with {Say(exit)}");
        else if (!run.Validating && exit.ExitCode != 0) _outputs.Conclude(run, Outcome.ExecutionFailed, $"the payload ended with {run.Payload!.Describe()}");
        else if (!run.Validating && run.Spec!.ValidationArgv.Count > 0)
        {
            run.Validating = true;
            Launch(run);
        }
        else _outputs.Conclude(run, Outcome.Succeeded, null);
    }

    private static string Say(ChildExit exit) => exit.Signal is { } signal ? $"signal {signal}" : $"exit {exit.ExitCode}";

    /// <summary>Gives a job back for a fault of the node: nothing more is begun here, and the agent leaves when all that runs has ended.</summary>
    public void GiveBack(JobRun run, string nodeFault)
    {
        NodeFault = nodeFault;
        End(run, Outcome.HandedBack, nodeFault);
    }

    private void End(JobRun run, Outcome outcome, string? reason)
    {
        run.Outcome = outcome;
        run.Reason = reason is null ? null : JobRun.Cut(reason);
        run.Stage = RunStage.Ended;
        run.EndedAt = _clock.Utc;
        run.Due = TimeSpan.MaxValue;
        if (run.Group is { } group) _parts.Groups?.Remove(group);
        if (run.Sandbox is { } sandbox && !(run.Gang is null && _work.TryKeep(sandbox)) && !sandbox.TryRemoveQuickly())
            _parts.Copies.Add(() => sandbox.RemoveTree());
        _active.Remove(run);
        run.Queue.CountOver(_clock.Now, outcome == Outcome.Succeeded);
        Ended?.Invoke(run);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
