using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Peeks;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Agent;

/// <summary>Puts the agent together: the only wiring. Order matters: descriptors and leftovers first, the spool last.</summary>
internal sealed class AgentProgram(AgentOptions options, Mailbox<Notice> mailbox, ISharedFs shared)
{
    /// <summary>Joins, runs, cleans up; answers the exit code.</summary>
    public int Run()
    {
        var name = AgentName.Make(options.BatchId, options.Node, RandomNonces.Next());
        try
        {
            ProcessSetup.Prepare();
            foreach (var dead in WorkFolder.RemoveLeftovers(options.Work, DateTimeOffset.UtcNow)) Log.Information("removed what {Agent} left behind", dead);
            using var work = WorkFolder.Create(options.Work, name);
            var (found, words) = JobGroups.Find(name, options.Cgroup);
            Log.Information("{Words}", words);
            using var groups = found;
            using var guard = Guard.Start(name, groups?.Path);
            return Run(Card(name), work, guard, groups);
        }
        catch (GridError e)
        {
            Log.Fatal("{Agent} cannot run: {Message}. {Hint}", name, e.Message, e.Hint);
            return AgentExit.Unusable;
        }
    }

    private int Run(AgentCard card, WorkFolder work, Guard? guard, JobGroups? groups)
    {
        var clock = new AgentClock(TimeProvider.System);
        var fs = new CountingFs(shared);
        var spool = AgentSpool.Join(fs, options.Spool, card, RandomNonces.Next);
        using var elsewhere = options.SharedWork is { } folder ? new SharedWork(folder, spool.Root.Sentinel.ClusterId, card.Agent) : null;
        work.Shared = elsewhere;
        var bound = CachingBound.Of(fs, options.Spool);
        Log.Information(
            "{Agent} joined {Spool} ({Kind}) with {Cores} cores, network: {Network}", card.Agent, options.Spool, bound.Kind, card.Cores, card.Network);
        var settings = Settings(card, AgentRules.TimingFor(bound.Bound, options.Pace), guard?.ProcessId ?? 0, work.Scratch);
        var environment = new JobEnvironment(Environment.GetEnvironmentVariables(), card.Agent, card.Node, options.Site) { Launcher = options.Launcher };
        AgentTurns turns = null!;
        // No child is waited for before the loop starts one.
        using var payloads = new NodePayloads(letter => turns.Deliver(letter), mailbox.Post, clock.Time);
        using var copies = new SideThreads("copy", Limits.CopyThreads);
        using var looks = new SideThreads("look", 1);
        var monitor = new MonitorThread(new JobMonitor(Environment.ProcessId, clock), mailbox);
        var parts = new NodeParts(work, payloads, copies, monitor) { Looks = looks, Groups = groups };
        var runner = new JobRunner(parts, environment, spool, mailbox, clock, options.Grace);
        var use = options.Use is { } file ? new SpoolUseFile(fs, file) : null;
        var thread = new SpoolThread(new SpoolWork(spool, settings.Chance, new AnswerShelf(spool, clock), use), mailbox);
        var loop = new AgentLoop(options, settings, runner, thread, mailbox, clock);
        turns = new AgentTurns(loop, mailbox, clock);
        var exitCode = turns.Run();
        Log.Information("{Line:l}", loop.Summary.ToLine());
        Log.Information("{Agent} leaves with exit code {ExitCode}", card.Agent, exitCode);
        return exitCode;
    }

    private AgentCard Card(string name) => new(
        name, options.Node, options.Pilot, options.BatchId, options.Cores, options.MemoryMib ?? 0, options.DiskMib ?? 0, ProcessSetup.Network(),
        options.Deadline, Environment.ProcessId)
    {
        Counters = options.Counters,
        LifeSeconds = options.Deadline is { } deadline ? Math.Max(0, (deadline - DateTimeOffset.UtcNow).TotalSeconds) : null,
    };

    private AgentSettings Settings(AgentCard card, SpoolTiming timing, int guard, string scratch)
    {
        var whole = new Room(options.Cores * (long)Counters.One, options.MemoryMib ?? long.MaxValue, options.DiskMib ?? long.MaxValue)
        {
            Counters = options.Counters,
        };
        var settings = new AgentSettings(card, timing, whole, guard, Random.Shared.Next) { Scratch = scratch };
        if (options.Deadline is not { } deadline) return settings;
        var lifetime = deadline - DateTimeOffset.UtcNow;
        var (drainAt, stopAt) = AgentRules.Margins(lifetime, options.DrainMargin, options.StopMargin, timing);
        return settings with { DrainAt = drainAt, StopAt = stopAt, EndAt = lifetime - Limits.LastWords };
    }
}
