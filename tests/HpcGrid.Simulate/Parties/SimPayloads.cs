using System.Globalization;
using HpcGrid.Agent;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Jobs;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Parties;

/// <summary>Processes in virtual time. They go on while their agent is stopped, and die with their node, or a moment after their agent by its guard.</summary>
internal sealed class SimPayloads(Grid grid, string agent, Party party, Action<Notice> tell) : IPayloads
{
    private const string AttemptVariable = "HPCGRID_ATTEMPT=", NodesVariable = "HPCGRID_NODELIST=";
    private static readonly TimeSpan GuardDelay = TimeSpan.FromSeconds(0.3), SignalDelay = TimeSpan.FromMilliseconds(5);
    private const double StartsWithin = 0.01;
    private readonly Dictionary<int, Execution> _running = [];
    private int _last = 1000;
    private bool _gone;

    /// <summary>A launcher that ends takes its ranks along.</summary>
    private TimeSpan Soon => TimeSpan.FromSeconds(grid.Dice.Between(0.05, 0.3));

    /// <summary>Nobody tells ranks that the node of their first one has crashed: a connection that is silent is given up late.</summary>
    private TimeSpan Unnoticed => TimeSpan.FromSeconds(grid.Dice.Between(0.1, 60));

    /// <summary>The machine stands still: nothing of it goes on, nothing of it has ended.</summary>
    public bool Frozen { get; set; }

    public void Start(long number, SpawnOrder order) => grid.Scheduler.At(TimeSpan.FromSeconds(grid.Dice.Between(0, StartsWithin)), () => Begin(number, order));

    private void Begin(long number, SpawnOrder order)
    {
        if (party.Dead || _gone) return;
        if (Frozen) grid.Scheduler.At(TimeSpan.FromSeconds(1), () => Begin(number, order));
        else tell(new ProcessStarted(number, Begun(number, order)));
    }

    private SpawnResult Begun(long number, SpawnOrder order)
    {
        if (order.Argv is not [JobSheets.Program, var seconds, var exit, var bytes]) return new SpawnResult(0, 2, $"{order.Program} does not exist");
        var mark = order.Environment.First(variable => variable.StartsWith(AttemptVariable, StringComparison.Ordinal))[AttemptVariable.Length..].Split('.');
        var attempt = new AttemptId(long.Parse(mark[0], CultureInfo.InvariantCulture), int.Parse(mark[1], CultureInfo.InvariantCulture));
        var plan = grid.PlanOf(attempt.Job);
        Execution? begun = null;
        var execution = begun = new Execution(grid.NextExecution(), attempt, agent, plan) { Process = ++_last, Number = number, Gone = () => grid.Checker.Ended(begun!) };
        _running[execution.Process] = execution;
        if (plan.Nodes > 1) StartRanks(execution, order);
        File.WriteAllText(order.Stdout, execution.Token);
        grid.Checker.Began(execution);
        grid.Checker.Staging.Began(execution, order.Directory);
        var length = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        grid.Scheduler.At(length, () => Complete(execution, order, int.Parse(exit, CultureInfo.InvariantCulture), bytes != "0"));
        return new SpawnResult(execution.Process, 0, null);
    }

    /// <summary>The program starts itself on its other nodes. Where one is dead nobody answers, and it waits.</summary>
    private void StartRanks(Execution execution, SpawnOrder order)
    {
        var hosts = order.Environment.First(variable => variable.StartsWith(NodesVariable, StringComparison.Ordinal))[NodesVariable.Length..].Split(',');
        foreach (var host in hosts.Skip(1))
        {
            var node = grid.Batch.Nodes.Single(found => found.Name == host);
            execution.Ranks.Add(node);
            node.Ranks.Add(execution);
            if (node.Down) execution.LoseRank(node);
        }
        grid.Checker.Gangs.Began(execution, hosts, party);
    }

    private void Complete(Execution execution, SpawnOrder order, int exitCode, bool writes)
    {
        if (!execution.Live || execution.Broken) return;
        if (Frozen)
        {
            grid.Scheduler.At(TimeSpan.FromSeconds(1), () => Complete(execution, order, exitCode, writes));
            return;
        }
        if (writes && Directory.Exists(order.Directory)) File.WriteAllBytes(Path.Combine(order.Directory, JobSheets.OutputName), execution.Output());
        execution.Completed = true;
        Over(execution, exitCode, null, TimeSpan.Zero);
    }

    /// <param name="execution">What has ended on this node.</param>
    /// <param name="exitCode">How.</param>
    /// <param name="signal">Or by which signal.</param>
    /// <param name="others">Until its ranks elsewhere have ended too.</param>
    private void Over(Execution execution, int? exitCode, int? signal, TimeSpan others)
    {
        if (!execution.Live) return;
        execution.Live = false;
        _running.Remove(execution.Process);
        if (execution.Ranks.Count == 0) grid.Checker.Ended(execution);
        else if (others == TimeSpan.Zero) execution.EndRanks();
        else grid.Scheduler.At(others, execution.EndRanks);
        if (party.Dead) return;
        tell(new ProcessEnded(execution.Number, new ChildExit(execution.Process, exitCode, signal, 0.1, 1000, party.Clock.GetTimestamp())));
    }

    public void SignalAll(Kinship payload, int signal)
    {
        if (_running.TryGetValue(payload.Process, out var execution)) grid.Scheduler.At(SignalDelay, () => Over(execution, null, signal, Soon));
    }

    public bool KillLeft(Kinship payload) => false;

    public void KillStrays(int guard) => Die(SignalDelay);

    public bool RanOutOfMemory() => false;

    /// <summary>The agent has died or left; its guard ends what it left.</summary>
    public void AgentGone()
    {
        _gone = true;
        Die(GuardDelay);
    }

    /// <summary>The node has crashed.</summary>
    public void NodeGone()
    {
        foreach (var execution in _running.Values.ToList()) Over(execution, null, Kill, Unnoticed);
    }

    /// <summary>Something of this agent is alive.</summary>
    public bool Any => _running.Count > 0;

    private const int Kill = 9;

    private void Die(TimeSpan after)
    {
        foreach (var execution in _running.Values.ToList()) grid.Scheduler.At(after, () => Over(execution, null, Kill, Soon));
    }

    public void Dispose()
    {
    }
}
