using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Core;
using HpcGrid.Core.Sites;
using Serilog;

namespace HpcGrid.Bridge.Pilots;

/// <summary>
/// Keeps as many pilots as the work needs. The tag is in the ledger before the batch system is asked and the same tag is asked for again after a
/// crash, so that a lost answer never starts two. How many and when is the planner's affair.
/// </summary>
internal sealed class PilotStep(LedgerDatabase ledger, BatchCalls batch, PilotBoard board, Fleet fleet, Demand demand, BatchOptions options) : BridgeStep
{
    private readonly Dictionary<string, PilotRow> _pilots = [];
    private readonly HashSet<string> _asked = [];
    private readonly TimeSpan _pollInterval = options.PollSeconds > 0 ? TimeSpan.FromSeconds(options.PollSeconds)
        : options.IsFork ? Limits.BatchPoll : Limits.SharedBatchPoll;
    private readonly PilotPlanner _planner = new(options.PilotsPerMinute > 0 || options.IsFork ? options.PilotsPerMinute : Limits.PilotsPerMinute);
    private readonly HashSet<string> _worked = [], _cancelled = [];

    /// <summary>Pilots whose whole life this process has seen.</summary>
    private readonly HashSet<string> _begunHere = [];
    private readonly Queue<PilotSummary> _summaries = new();
    private IReadOnlyList<BackfillHole> _holes = [];
    private TimeSpan _pollDue, _pollPause;
    private bool _polling, _loaded;

    /// <summary>Jobs over several nodes for which no living pilot can ever have nodes enough.</summary>
    public Func<int> GangsWithoutPilot { get; set; } = () => 0;

    /// <summary>No more pilots: the bridge drains.</summary>
    public bool Stopped { get; set; }

    /// <summary>Pilots that the batch system has not ended, and how many of them have no agent yet.</summary>
    public (int Alive, int Starting) Count => (Living.Count(), Starting.Count());

    /// <summary>What the last pilots did, oldest first.</summary>
    public IReadOnlyCollection<PilotSummary> Summaries => _summaries;

    /// <summary>Pilots that have not ended and whose agents have not been seen.</summary>
    public IEnumerable<PilotRow> Starting => Living.Where(pilot => !fleet.HasAgentOf(pilot.Tag));

    private IEnumerable<PilotRow> Living => _pilots.Values.Where(pilot => pilot.Stage != PilotStage.Ended);

    public override void Run(Tick tick)
    {
        if (!_loaded) Load(tick);
        Poll(tick);
        foreach (var agent in fleet.Agents.Where(agent => agent.Claims.Count + agent.Accepted.Count > 0))
            if (_worked.Add(agent.Row.Pilot)) _planner.Worked();
        Plan(tick);
        if (tick.Monotonic >= _planner.NotBefore)
            foreach (var pilot in Living.Where(pilot => pilot.Stage == PilotStage.Submitting && !_asked.Contains(pilot.Tag)).ToList()) Submit(pilot, tick);
        Retire(tick);
    }

    public override void Forget() => _loaded = false;

    private void Load(Tick tick)
    {
        _loaded = true;
        _pilots.Clear();
        foreach (var pilot in ledger.Pilots.All())
        {
            _pilots[pilot.Tag] = pilot;
            // Of a pilot that has ended nobody asks again: without this the strict jobs of its agent would wait for that word for ever (F2).
            if (pilot.Stage == PilotStage.Ended) board.Note(pilot.Tag, BatchState.Ended);
        }
        // An agent of a ledger that was lost: its batch system knows it all the same.
        foreach (var agent in fleet.Agents.Where(agent => !_pilots.ContainsKey(agent.Row.Pilot))) Adopt(agent, tick);
    }

    private void Adopt(AgentView agent, Tick tick)
    {
        var pilot = new PilotRow(agent.Row.Pilot, agent.Row.BatchId, PilotStage.Running, tick.Now, agent.Deadline(tick), null);
        ledger.Pilots.Add(pilot);
        Keep(pilot);
    }

    private void Poll(Tick tick)
    {
        foreach (var agent in fleet.Agents.Where(agent => agent.Row.Stage == AgentStage.Live && !_pilots.ContainsKey(agent.Row.Pilot))) Adopt(agent, tick);
        string[] tags = [.. Living.Where(pilot => pilot.Stage != PilotStage.Submitting || _asked.Contains(pilot.Tag)).Select(pilot => pilot.Tag)];
        if (tags.Length == 0 || _polling) return;
        tick.ComeBackIn(_pollDue > tick.Monotonic ? _pollDue - tick.Monotonic : _pollInterval);
        if (tick.Monotonic < _pollDue) return;
        string[] cancel = [.. board.ToCancel];
        // A question changes nothing: without anything to cancel nobody needs to rule for it.
        if (cancel.Length > 0) tick.AfterCommit(Ask);
        else tick.AfterCommitInAnyCase(Ask);

        void Ask()
        {
            _polling = true;
            _pollDue = tick.Monotonic + _pollInterval;
            batch.Poll(tags, cancel, Polled, Failed);
            if (options.ShortestWalltime > 0) batch.AskForHoles((_, holes) => _holes = holes);
        }
    }

    private void Polled(Tick tick, IReadOnlyList<BatchStatus> statuses)
    {
        (_polling, _pollPause) = (false, TimeSpan.Zero);
        foreach (var status in statuses)
        {
            if (!_pilots.TryGetValue(status.Tag, out var pilot)) continue;
            if (status.IsGuess && AgentsOf(status.Tag).Any(agent => agent is { Suspect: false, Row.Stage: AgentStage.Live,
                Heartbeat: not { Left: true } })) continue;
            board.Note(status.Tag, status.State);
            board.NoteEnded(status.Tag, status.EndedNodes);
            var stage = status.State switch
            {
                BatchState.Queued => PilotStage.Queued,
                BatchState.Running => PilotStage.Running,
                BatchState.Ended => PilotStage.Ended,
                _ => pilot.Stage,
            };
            if (stage == pilot.Stage) continue;
            if (stage == PilotStage.Ended) Ended(pilot, status, tick);
            else Keep(pilot with { Stage = stage, BatchId = status.BatchId, Deadline = DeadlineOf(pilot, tick) });
            tick.ComeBackIn(TimeSpan.Zero);
        }
    }

    private void Ended(PilotRow pilot, BatchStatus status, Tick tick)
    {
        Keep(pilot with { Stage = PilotStage.Ended, EndedAt = tick.Now, BatchId = status.BatchId });
        tick.AfterCommit(() => batch.AskForSummary(pilot.Tag, (later, agents) => Summarize(pilot.Tag, agents, later)));
        var lived = tick.Now - pilot.SubmittedAt;
        var end = EndOf(pilot, lived);
        var pause = _planner.Ended(end, tick.Monotonic);
        if (end == PilotEnd.DiedYoung)
            Log.Warning("pilot {Pilot} died after {Seconds:0} s without an agent ({Detail}); the next one starts in {Pause:0} s. Its output: {Log}",
                pilot.Tag, lived.TotalSeconds, status.Detail, pause.TotalSeconds, batch.LogOf(pilot.Tag));
        else if (end == PilotEnd.FoundNoWork)
            Log.Warning("pilot {Pilot} found nothing to do on {Nodes} though work waits; the next one starts in {Pause:0} s. Its output: {Log}",
                pilot.Tag, string.Join(", ", AgentsOf(pilot.Tag).Select(agent => agent.Row.Node)), pause.TotalSeconds, batch.LogOf(pilot.Tag));
        else Log.Information("pilot {Pilot} has ended after {Seconds:0} s: {Detail}", pilot.Tag, lived.TotalSeconds, status.Detail);
    }

    private void Summarize(string tag, IReadOnlyList<AgentSummary> agents, Tick tick)
    {
        // Who was killed says nothing.
        if (agents.Count == 0) return;
        var summary = PilotSummary.Of(tag, tick.Now, agents);
        Log.Information("pilot {Pilot}: {Summary:l}", tag, summary.Words);
        _summaries.Enqueue(summary);
        if (_summaries.Count > Limits.PilotSummariesKept) _summaries.Dequeue();
    }

    private PilotEnd EndOf(PilotRow pilot, TimeSpan lived)
    {
        if (Stopped || _cancelled.Contains(pilot.Tag) || _worked.Contains(pilot.Tag)) return PilotEnd.Well;
        if (!fleet.HasAgentOf(pilot.Tag)) return lived < Limits.YoungDeath ? PilotEnd.DiedYoung : PilotEnd.Well;
        // What others did before a restart, or before a bridge that drained let them go, is not known.
        return demand.Waiting > 0 && _begunHere.Contains(pilot.Tag) ? PilotEnd.FoundNoWork : PilotEnd.Well;
    }

    private void Plan(Tick tick)
    {
        if (Stopped) return;
        var (jobs, held) = ledger.Jobs.Unended();
        var occupied = Living.Count();
        var gangs = GangsWithoutPilot();
        var useless = Living.Count(pilot => AgentsOf(pilot.Tag).Count > 0 && !AgentsOf(pilot.Tag).Any(agent => agent.TakesWork || agent.Card is null));
        if (gangs > 0 && occupied >= options.Nodes / options.NodesPerPilot) MakeRoom(tick);
        var queued = Living.Where(pilot => pilot.Stage is PilotStage.Submitting or PilotStage.Queued && !fleet.HasAgentOf(pilot.Tag)).ToList();
        var plan = _planner.Decide(new PilotView(
            options.Nodes, options.NodesPerPilot, options.CoresPerNode, held, demand.Waiting, occupied - useless, occupied, gangs, fleet.Avoided)
        {
            Queued = queued.Count,
            MostQueued = options.MaxQueued > 0 ? options.MaxQueued : int.MaxValue,
            CoresPerJob = jobs > 0 ? Math.Max(1, (double)held / jobs) : 1,
        }, tick.Monotonic);
        for (var i = 0; i < plan.Start; i++) Begin(tick);
        if (plan.Cancel > 0) Log.Information("{Pilots} queued pilots are taken back: nothing waits for them", plan.Cancel);
        // Those that have waited longest stay.
        foreach (var pilot in queued.OrderByDescending(pilot => pilot.SubmittedAt).Take(plan.Cancel))
        {
            _cancelled.Add(pilot.Tag);
            board.Cancel(pilot.Tag);
        }
    }

    private void Begin(Tick tick)
    {
        var tag = $"p{ledger.Facts.Next("pilot")}-{ledger.Id.ToString("N")[..8]}";
        var whole = TimeSpan.FromSeconds(options.Walltime);
        var lasts = options.ShortestWalltime == 0 ? whole
            : PilotRules.Walltime(whole, TimeSpan.FromSeconds(options.ShortestWalltime), options.NodesPerPilot, _holes);
        var pilot = new PilotRow(tag, null, PilotStage.Submitting, tick.Now, tick.Now + lasts, null) { Walltime = lasts < whole ? lasts : null };
        ledger.Pilots.Add(pilot);
        _pilots[tag] = pilot;
        _begunHere.Add(tag);
    }

    private TimeSpan WalltimeOf(PilotRow pilot) => pilot.Walltime ?? TimeSpan.FromSeconds(options.Walltime);

    /// <summary>When a pilot ends: one that has not begun gets its whole walltime from its start on.</summary>
    public DateTimeOffset? DeadlineOf(PilotRow pilot, Tick tick) =>
        pilot.Stage is PilotStage.Submitting or PilotStage.Queued ? tick.Now + WalltimeOf(pilot) : pilot.Deadline;

    /// <summary>Agents of it may still be on their way.</summary>
    public bool IsYoung(string tag, Tick tick) => _pilots.TryGetValue(tag, out var pilot) && pilot.Stage != PilotStage.Ended
        && fleet.OfPilot(tag).All(agent => tick.Now - agent.Row.Since < Limits.AgentsOfPilotCome);

    private IReadOnlyList<AgentView> AgentsOf(string pilot) => fleet.OfPilot(pilot);

    /// <summary>A job over several nodes waits and no pilot will ever have enough: the one with the fewest nodes left finishes what it has and ends.</summary>
    private void MakeRoom(Tick tick)
    {
        var running = Living.Where(pilot => AgentsOf(pilot.Tag).Any(agent => agent.Row.Stage == AgentStage.Live)).ToList();
        if (running.Any(pilot => AgentsOf(pilot.Tag).Any(agent => agent.Retired))) return;
        var least = running.Where(pilot => !IsYoung(pilot.Tag, tick) && AgentsOf(pilot.Tag).All(agent => agent.Gang is null))
            .MinBy(pilot => AgentsOf(pilot.Tag).Count(agent => agent.TakesWork));
        if (least is null) return;
        Log.Information("pilot {Pilot} ends what it has: a job over several nodes waits for a pilot with more of them", least.Tag);
        foreach (var agent in AgentsOf(least.Tag)) agent.Retired = true;
    }

    /// <summary>For a pilot whose submission a crash may have cut short as well: the tag makes it harmless.</summary>
    private void Submit(PilotRow pilot, Tick tick)
    {
        var walltime = WalltimeOf(pilot);
        var request = new PilotRequest(pilot.Tag, options.NodesPerPilot, options.CoresPerNode, walltime, pilot.Deadline ?? tick.Now + walltime);
        tick.AfterCommit(() =>
        {
            _asked.Add(pilot.Tag);
            batch.Submit(request, (later, id) => Submitted(later, pilot.Tag, id), (later, error) => Refused(later, pilot.Tag, error));
        });
        tick.ComeBackIn(Limits.BusyDelay);
    }

    private void Submitted(Tick tick, string tag, string batchId)
    {
        _planner.Accepted();
        if (_pilots.TryGetValue(tag, out var pilot) && pilot.Stage == PilotStage.Submitting) Keep(pilot with { Stage = PilotStage.Queued, BatchId = batchId });
        tick.ComeBackIn(Limits.BusyDelay);
    }

    private void Refused(Tick tick, string tag, GridError error)
    {
        Log.Warning("pilot {Pilot} was not started: {Message} {Hint}", tag, error.Message, error.Hint ?? "");
        _asked.Remove(tag);
        _ = _planner.Ended(PilotEnd.Refused, tick.Monotonic);
        // Only a refusal for good says that nothing was started; otherwise the same tag is asked for again.
        if (!error.IsTransient && _pilots.TryGetValue(tag, out var pilot)) Keep(pilot with { Stage = PilotStage.Ended, EndedAt = tick.Now });
    }

    private void Failed(Tick tick, GridError error)
    {
        _polling = false;
        _pollPause = BridgeRules.Longer(_pollPause, Limits.CentralPause, Limits.LongestBatchPause);
        _pollDue = tick.Monotonic + _pollPause;
        Log.Warning("the batch system does not answer: {Message}; nothing is concluded from that, and it is asked again in {Seconds:0} s", error.Message,
            _pollPause.TotalSeconds);
    }

    /// <summary>Rows of pilots that ended long ago go, and with them what the batch system keeps.</summary>
    private void Retire(Tick tick)
    {
        var ended = _pilots.Values.Where(pilot => pilot.Stage == PilotStage.Ended && !fleet.HasAgentOf(pilot.Tag))
            .OrderByDescending(pilot => pilot.EndedAt).ToList();
        string[] old = [.. ended.Where((pilot, index) => index >= Limits.MostPilotStates || tick.Now - pilot.EndedAt > Limits.KeepPilotState)
            .Select(pilot => pilot.Tag)];
        if (old.Length == 0) return;
        foreach (var tag in old)
        {
            ledger.Pilots.Delete(tag);
            _pilots.Remove(tag);
            _worked.Remove(tag);
            _begunHere.Remove(tag);
            _cancelled.Remove(tag);
            board.Forget(tag);
        }
        tick.AfterCommit(() => batch.Forget(old));
    }

    private void Keep(PilotRow pilot)
    {
        ledger.Pilots.Set(pilot);
        _pilots[pilot.Tag] = pilot;
    }
}
