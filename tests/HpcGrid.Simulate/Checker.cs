using System.Globalization;
using System.Text;
using HpcGrid.Bridge;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>A rule that did not hold.</summary>
/// <param name="Rule">Its letter in PROTOCOL 7.4, or a word.</param>
/// <param name="What">What happened.</param>
/// <param name="At">When.</param>
internal sealed record Violation(string Rule, string What, TimeSpan At);

/// <summary>
/// Sees everything: the server's tree, the ledger, central, every live process; and says when a rule of PROTOCOL 7.4 does not hold. It looks after each step
/// that could break one: (a) and (b) with each end, (c) and ownership with each start of a payload, names with each rename, (d) and (e) with each tick.
/// </summary>
internal sealed class Checker(Grid grid)
{
    private readonly List<Violation> _violations = [];
    private readonly Dictionary<long, Execution> _executions = [];
    private readonly Dictionary<long, int> _live = [];
    private readonly Dictionary<AttemptId, HashSet<EventKey>> _ends = [];
    private readonly HashSet<string> _names = [];
    private readonly Queue<(TimeSpan At, long Operations)> _spent = new();

    public IReadOnlyList<Violation> Violations => _violations;

    /// <summary>What is asked of inputs.</summary>
    public StagingChecker Staging => field ??= new StagingChecker(grid, Fail);

    /// <summary>What is asked of jobs over several nodes.</summary>
    public GangChecker Gangs => field ??= new GangChecker(grid, Fail);

    public long Executions => _executions.Count;

    /// <summary>Looks into running jobs that showed something.</summary>
    public long Looks { get; private set; }

    /// <summary>Executions beyond the first of their job.</summary>
    public long Repeated { get; private set; }

    public void Fail(string rule, string what)
    {
        _violations.Add(new Violation(rule, what, grid.Scheduler.Now));
        grid.Note("checker", "VIOLATION", rule, what);
        grid.Scheduler.Stop();
    }

    /// <summary>(c): a strict job never runs twice at a time; and who starts one has its queue file.</summary>
    public void Began(Execution execution)
    {
        if (_executions.Values.Any(other => other.Attempt.Job == execution.Attempt.Job)) Repeated++;
        _executions[execution.Id] = execution;
        var live = _live[execution.Attempt.Job] = _live.GetValueOrDefault(execution.Attempt.Job) + 1;
        grid.Note(execution.Agent, "start", $"job {execution.Attempt}", execution.Token);
        if (execution.Plan.Strict && live > 1 && !grid.Central.LostLedger) Fail("c", $"strict job {execution.Attempt.Job} runs {live} times at once");
        if (!grid.ServerCrashed && !HasClaim(execution)) Fail("claim", $"{execution.Agent} starts job {execution.Attempt.Job} and holds no queue file of it");
    }

    private bool HasClaim(Execution execution)
    {
        if (grid.Server.Find($"{Grid.SpoolPath}/agents/{execution.Agent}") is not { } agent) return false;
        foreach (var place in agent.Children.Values)
            if (place.Children.TryGetValue("claim", out var claims))
                foreach (var name in claims.Children.Keys)
                    if (grid.JobsOf(name).Contains(execution.Attempt)) return true;
        return false;
    }

    public void Ended(Execution execution)
    {
        _live[execution.Attempt.Job]--;
        grid.Note(execution.Agent, "end", $"job {execution.Attempt}", execution.Completed ? "completed" : "stopped");
    }

    /// <summary>(a) one result for each attempt; (b) none that no run produced. Ends without a result (kills, losses) are not commits.</summary>
    public void Committed(AttemptId id, JobEvent told, Ended ended, bool counts)
    {
        if (ended.Payload is not { } payload) return;
        if (!_ends.TryGetValue(id, out var keys)) _ends[id] = keys = [];
        keys.Add(told.Key);
        if (keys.Count > 1 && !grid.Central.LostLedger) Fail("a", $"attempt {id} was committed {keys.Count} times");
        if (!counts) return;
        var execution = Produced(ended.StdoutTail);
        if (execution is null || execution.Attempt != id) Fail("b", $"attempt {id} has the result '{ended.StdoutTail}', which no run of it wrote");
        else if (ended.State is JobState.Done or JobState.ErrorE && payload.Signal is null && !execution.Completed)
            Fail("b", $"attempt {id} is {ended.State} by a run that did not complete");
        else if (ended.State == JobState.Done && payload.ExitCode != 0) Fail("b", $"attempt {id} is DONE with exit code {payload.ExitCode}");
        else if (ended.State == JobState.Done && execution.Plan.OutputBytes > 0) CheckOutput(id, ended, execution);
    }

    private void CheckOutput(AttemptId id, Ended ended, Execution execution)
    {
        if (ended.Outputs.SingleOrDefault() is not { } saved || saved.Content != Content.Of(execution.Output())) Fail("b", $"attempt {id} is DONE with another output than its run wrote");
    }

    /// <summary>What somebody was shown of a running job is what a run of that attempt wrote (K2).</summary>
    public void Seen(AttemptId id, Peeked seen)
    {
        Looks++;
        if (new AttemptId(seen.Job, seen.Attempt) != id || Produced(Encoding.ASCII.GetString(seen.Bytes)) is not { } execution || execution.Attempt != id)
            Fail("look", $"a look into {id} shows '{Encoding.ASCII.GetString(seen.Bytes)}' of {seen.Job}.{seen.Attempt}");
    }

    private Execution? Produced(string tail)
    {
        var words = tail.Split(' ');
        return words.Length == 4 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var run)
            && _executions.TryGetValue(run, out var execution) && execution.Token == tail ? execution : null;
    }

    /// <summary>A rename happened on the server: no final name is ever given twice, and none takes another's place.</summary>
    public void Renamed(Inode what, string from, bool replaced)
    {
        var to = what.Path;
        if (from.StartsWith(Grid.SpoolPath + "/pool/", StringComparison.Ordinal) && to.Contains("/fenced.", StringComparison.Ordinal)) grid.Faults.Count(FaultRow.Z3);
        if (what.Kind != FileKind.Regular || !from.Contains("/.t.", StringComparison.Ordinal)) return;
        if (to.Contains("/fenced.", StringComparison.Ordinal)) grid.Faults.Count(FaultRow.Z2);
        // One name is one content there, and what was evicted may be staged again.
        if (StagingChecker.IsCached(to)) Staging.Published(what);
        else if (replaced) Fail("name", $"{to} was written over");
        // What a crash of the server took back may be published again.
        else if (!_names.Add(to) && !grid.ServerCrashed) Fail("name", $"{to} was published twice");
    }

    /// <summary>(d) and (e), after a tick of a bridge.</summary>
    public void Ticked(SimBridge bridge, BridgeHost host)
    {
        grid.Ticks++;
        if (host.Loop.Trouble is not null) return;
        if (grid.Ticks % 16 == 0) CheckLedger(bridge);
        if (grid.Ticks % 16 == 0) Staging.CheckCache();
        CheckBudget(bridge.Party.Operations);
    }

    /// <summary>(d): what central gave to this ledger is in it, or its end is on the way or at central.</summary>
    private void CheckLedger(SimBridge bridge)
    {
        if (bridge.Ledger is not { } ledger || ledger.Matches.Pending() is not null) return;
        foreach (var job in grid.Central.Jobs)
        {
            var id = new AttemptId(job.Id, job.Attempt);
            if (job.Ledger != ledger.Id || job.End is not null || ledger.Jobs.Find(id) is not null || ledger.Outbox.Holds(id)) continue;
            Fail("d", $"attempt {id} is neither in the ledger nor ended");
        }
    }

    /// <summary>(e): what is begun is never cut, so a burst is allowed; over a minute of the product's time the budget is kept.</summary>
    private void CheckBudget(long operations)
    {
        var window = TimeSpan.FromSeconds(60) * Grid.Pace;
        _spent.Enqueue((grid.Scheduler.Now, operations));
        while (grid.Scheduler.Now - _spent.Peek().At > window) _spent.Dequeue();
        var (at, before) = _spent.Peek();
        var most = grid.BridgeRate * ((grid.Scheduler.Now - at).TotalSeconds + 1) * 2 + Grid.Burst + grid.Allowance;
        if (operations - before > most) Fail("e", $"the bridge made {operations - before} operations in {(grid.Scheduler.Now - at).TotalSeconds:0.0} s");
        if (operations < before) _spent.Clear();
    }

    /// <summary>An agent at its end: below the polite average, plus what its work costs.</summary>
    public void Left(SimAgent agent, TimeSpan lived)
    {
        var most = lived.TotalSeconds * Grid.AgentRate + Grid.Burst + Executions * 60;
        if (agent.Party.Operations > most) Fail("e", $"{agent.Name} made {agent.Party.Operations} operations in {lived.TotalSeconds:0} s");
    }

    /// <summary>Liveness: every job is final though everything was healed long ago.</summary>
    public void CheckLiveness()
    {
        if (_violations.Count > 0) return;
        Staging.CheckEnd();
        var open = grid.Central.Jobs.Where(job => job.End is null || job.ToKill).ToList();
        if (open.Count > 0) Fail("live", $"{open.Count} jobs are not final: {string.Join(", ", open.Select(job => $"{job.Id}.{job.Attempt}{grid.Describe(job)}"))}");
    }
}
