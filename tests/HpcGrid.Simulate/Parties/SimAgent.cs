using System.Collections;
using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Peeks;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core;
using HpcGrid.Core.Sites;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Parties;

/// <summary>What of an agent is chosen from outside.</summary>
/// <param name="Node">Its node's name.</param>
/// <param name="Pilot">Its pilot's tag.</param>
/// <param name="BatchId">Its batch job.</param>
/// <param name="Nonce">The last part of its name.</param>
/// <param name="Process">Its process id.</param>
/// <param name="Lifetime">Until its batch job's end.</param>
internal sealed record AgentBirth(string Node, string Pilot, string BatchId, string Nonce, int Process, TimeSpan Lifetime);

/// <summary>The production agent as a party: loop, spool thread and copies are fibers, its payloads run in virtual time.</summary>
internal sealed class SimAgent
{
    private static readonly TimeSpan Thought = TimeSpan.FromMilliseconds(0.1);
    private readonly Grid _grid;
    private readonly AgentBirth _birth;
    private readonly ISharedFs _fs;
    private readonly Mailbox<Notice> _mailbox = new();
    private WorkFolder? _work;
    private readonly Fiber? _loop;

    public SimAgent(Grid grid, AgentBirth birth, Party party, ISharedFs fs)
    {
        (_grid, _birth, Party, _fs) = (grid, birth, party, fs);
        Name = AgentName.Make(birth.BatchId, birth.Node, birth.Nonce);
        Payloads = new SimPayloads(grid, Name, party, Post);
        _loop = party.Begin("loop", Live);
    }

    public Party Party { get; }

    public string Name { get; }

    public SimPayloads Payloads { get; }

    public string Node => _birth.Node;

    public AgentBirth Birth => _birth;

    /// <summary>It has left by itself.</summary>
    public bool Left { get; private set; }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Post(new EndSignal());

    private void Post(Notice notice)
    {
        _mailbox.Post(notice);
        if (_loop is { } loop) _grid.Scheduler.Signal(loop);
    }

    private void Live()
    {
        try
        {
            Join();
        }
        catch (GridError e)
        {
            _grid.Note(Party.Name, "exit", Name, e.Message);
        }
        Left = true;
        Payloads.AgentGone();
        _grid.Batch.AgentEnded(this);
    }

    private void Join()
    {
        var (clock, whole) = (new AgentClock(Party.Clock), new Room(2 * (long)Counters.One, 16_384, 20_480));
        var card = new AgentCard(Name, _birth.Node, _birth.Pilot, _birth.BatchId, whole.Cores, whole.MemoryMib, whole.DiskMib, "none",
            Party.Clock.GetUtcNow() + _birth.Lifetime, _birth.Process) { LifeSeconds = _birth.Lifetime.TotalSeconds };
        var work = _work = WorkFolder.Create(_grid.Folder("work"), $"{Name}-{_grid.NextNumber()}");
        var spool = AgentSpool.Join(_fs, Grid.SpoolPath, card, _grid.Nonces);
        var timing = _grid.Timing;
        var (drainAt, stopAt) = AgentRules.Margins(_birth.Lifetime, null, null, timing);
        var settings = new AgentSettings(card, timing, whole, 0, _grid.Dice.Next)
        {
            Scratch = work.Scratch,
            DrainAt = drainAt,
            StopAt = stopAt,
            EndAt = _birth.Lifetime - TimeSpan.FromSeconds(0.5),
        };
        var options = new AgentOptions
        {
            Spool = Grid.SpoolPath,
            Node = _birth.Node,
            Site = JobSheets.Site,
            Work = work.Path,
            IdleExit = _grid.Scenario.IdleExit,
            Grace = TimeSpan.FromSeconds(1),
        };
        var parts = new NodeParts(work, Payloads, new SideWork(Party, "copy"), new NoMonitor()) { Looks = new SideWork(Party, "look") };
        var runner = new JobRunner(parts, new JobEnvironment(new Hashtable(), Name, _birth.Node, JobSheets.Site), spool, _mailbox, clock, options.Grace);
        var orders = new Orders(this, new SpoolWork(spool, settings.Chance, new AnswerShelf(spool, clock)));
        Turn(new AgentLoop(options, settings, runner, orders, _mailbox, clock), clock);
    }

    private void Turn(AgentLoop loop, AgentClock clock)
    {
        Party.Afterwards = () => _grid.Scheduler.Signal(_loop!);
        var letters = new List<Notice>();
        loop.Begin();
        while (loop.ExitCode is null)
        {
            letters = _mailbox.TakeAll(letters, TimeSpan.Zero);
            var wait = loop.Turn(letters) - clock.Now;
            letters.Clear();
            // Thinking takes time: a wait of nothing must not stop the clock.
            _grid.Scheduler.Sleep(Thought);
            if (loop.ExitCode is null) _grid.Scheduler.Listen(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        }
        _grid.Note(Party.Name, "exit", Name, $"code {loop.ExitCode}");
    }

    /// <summary>Removes what it has on its node's disk.</summary>
    public void Clean() => _work?.Dispose();

    /// <summary>The thread of the spool: one order after the other.</summary>
    private sealed class Orders : ISpoolOrders
    {
        private readonly Queue<SpoolOrder> _queue = [];
        private readonly SimAgent _agent;
        private readonly SpoolWork _work;
        private readonly Fiber _fiber;

        public Orders(SimAgent agent, SpoolWork work)
        {
            (_agent, _work) = (agent, work);
            _fiber = agent.Party.Begin("spool", Perform);
        }

        public void Add(SpoolOrder order)
        {
            _queue.Enqueue(order);
            _agent._grid.Scheduler.Signal(_fiber);
        }

        private void Perform()
        {
            while (true)
            {
                while (_queue.TryDequeue(out var order))
                    if (_work.Perform(order) is { } answer) _agent.Post(answer);
                _agent._grid.Scheduler.Listen(TimeSpan.FromDays(1));
            }
        }
    }

    private sealed class SideWork(Party party, string what) : ISideWork
    {
        public void Add(Action work) => party.Begin(what, work);
    }

    /// <summary>Simulated payloads use nothing: there is nothing to measure, and no answer means no limit is near.</summary>
    private sealed class NoMonitor : IMonitor
    {
        public void Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus)
        {
        }
    }
}
