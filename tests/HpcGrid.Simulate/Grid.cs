using HpcGrid.Bridge.Ledger;
using HpcGrid.Core;
using HpcGrid.Core.Jobs;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Mutants;
using HpcGrid.Simulate.Parties;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>
/// A whole grid in virtual time: the server of the shared filesystem, a login node with bridges, compute nodes with agents, central, batch system; and who
/// sees all of it. It plays at a tenth of the real intervals, all of them alike, so that minutes of waiting cost few steps.
/// </summary>
internal sealed partial class Grid : IOperations
{
    public const string SpoolPath = "/spool";

    /// <summary>All intervals of the protocol times this.</summary>
    public const double Pace = 0.1;

    /// <summary>Operations of an agent in a second on average (PROTOCOL 5: 0.5, at this pace), and what may come at once.</summary>
    public const double AgentRate = 0.5 / Pace * 4;
    public const int Burst = 3000;

    private static readonly TimeSpan Stride = TimeSpan.FromSeconds(2);
    private readonly Workshop _workshop;
    private readonly Dictionary<string, HashSet<AttemptId>> _jobsOf = [];
    private readonly List<SimAgent> _agents = [];
    private readonly List<Party> _parties = [];
    private readonly List<SimFs> _clients = [];
    private long _operations, _numbers, _executions;
    private int _bridges;
    private SimBridge? _bridge;
    private TimeSpan _quietAfter, _wellAfter;
    private TimeSpan? _finalAt;

    public Grid(Workshop workshop, ulong seed, FsProfile profile, Scenario scenario, Mutation mutation, bool keepHistory)
    {
        (_workshop, Profile, Scenario, Mutation) = (workshop, profile, scenario, mutation);
        workshop.Clean();
        Scheduler = new Scheduler(workshop.Pool);
        Dice = new Dice(seed ^ 0x5DEECE66DUL);
        History = new History(keepHistory);
        Scheduler.Said = (party, level, text) => History.Say(Scheduler.Now, party.Name, level, text);
        Faults = new FaultPlan(Dice, scenario);
        Server = new ServerTree(Scheduler) { CommitInterval = TimeSpan.FromSeconds(5) * Pace };
        Checker = new Checker(this);
        Central = new SimCentral(this);
        Batch = new SimBatch(this);
        Server.Renamed = Renamed;
        Server.Unlinked = Checker.Staging.Unlinked;
        Scheduler.Bug = (fiber, e) => Checker.Fail("bug", $"{fiber?.Party.Name ?? "world"}/{fiber?.Name}: {e.GetType().Name}: {e.Message} {Where(e)}");
        Timing = SpoolTiming.For(TimeSpan.FromSeconds(profile.CachingBound)).Scaled(Pace) with { CachingBound = TimeSpan.FromSeconds(profile.CachingBound * Pace) };
        Timing.Check();
        Server.Add(Server.Root, "keep", FileKind.Directory, 0x1c0);
        LoginNode = NewMount();
        for (var i = 0; i < scenario.Nodes; i++) Batch.Nodes.Add(new SimNode($"node{i + 1}", NewMount()));
        for (var i = 0; i < scenario.Jobs.Count; i++) Central.Jobs.Add(new CentralJob(i + 1, scenario.Jobs[i]));
    }

    public FsProfile Profile { get; }
    public Scenario Scenario { get; }
    public Mutation Mutation { get; }
    public Scheduler Scheduler { get; }
    public Dice Dice { get; }
    public History History { get; }
    public FaultPlan Faults { get; }
    public ServerTree Server { get; }
    public Checker Checker { get; }
    public SimCentral Central { get; }
    public SimBatch Batch { get; }
    public SpoolTiming Timing { get; }
    public Mount LoginNode { get; private set; }
    public Guid ClusterId { get; } = new("11111111-2222-3333-4444-555555555555");
    public long Ticks { get; set; }
    public long Operations => _operations;

    /// <summary>How long after all was well the last job was final, to <see cref="Stride"/>; null when one was not.</summary>
    public TimeSpan? Recovery => _finalAt is { } at ? at > WellAt ? at - WellAt : TimeSpan.Zero : null;

    /// <summary>The healing, and later the wake of the last stopped process and the end of the last hanging operation.</summary>
    private TimeSpan WellAt => _wellAfter > Scenario.HealAt ? _wellAfter : Scenario.HealAt;

    /// <summary>Operations that mass events may cost beyond the budget: what was begun is never cut.</summary>
    public long Allowance { get; set; }

    /// <summary>Answers of storage elements that were wrong.</summary>
    public long BadBodies { get; set; }

    /// <summary>Where the bridge stages inputs; null until it begins, which is when it removes what an earlier life left there.</summary>
    public string? StageFolder => _bridge is { Ledger: not null } bridge ? bridge.StageFolder : null;

    /// <summary>The bridge has calls or transfers under way.</summary>
    public bool Transfers => _bridge?.IsBusy == true;

    /// <summary>Names in the cache of all large inputs of this history.</summary>
    public IEnumerable<string> CachedNames() => Central.Jobs.SelectMany(job => SimInputs.Of(job.Id, job.Plan.Inputs))
        .Where(input => input.Bytes.Length > HpcGrid.Bridge.Limits.LargestRider).Select(input => input.Source.Content.Sha256).Distinct();

    /// <summary>The gang whose first agent this is, as the ledger has it.</summary>
    public GangRow? GangOf(string agent) => _bridge?.Ledger?.Gangs.All().Find(gang => gang.Members[0] == agent);

    /// <summary>What a job is, and how far the bridge has it; for people.</summary>
    public string Describe(CentralJob job) => string.Concat(job.Plan.Strict ? " strict" : "", job.Plan.Nodes > 1 ? $" on {job.Plan.Nodes} nodes" : "",
        job.Ledger is null ? " waiting" : $" {_bridge?.Ledger?.Jobs.Find(new AttemptId(job.Id, job.Attempt))?.Stage.ToString() ?? "not held"}");

    /// <summary>Central waits for the end of this attempt, and the ledger that it gave it to has it.</summary>
    public bool Holds(AttemptId id) => _bridge?.Ledger is { } ledger && ledger.Jobs.Find(id) is not null
        && Central.Jobs.Exists(job => job.Id == id.Job && job.Attempt == id.Attempt && job.End is null && job.Ledger == ledger.Id);

    /// <summary>Processes and nodes that died, were stopped, or were started again.</summary>
    public long Crashes { get; private set; }

    /// <summary>The server has lost something in this history: a claim may have become an offer again.</summary>
    public bool ServerCrashed { get; private set; }

    /// <summary>Operations a second of the bridge: PROTOCOL 5, at this pace.</summary>
    public int BridgeRate => Profile.CachingBound > 0 ? (int)(50 / Pace) : 5000;

    public JobPlan PlanOf(long job) => Scenario.Jobs[(int)job - 1];

    public long NextExecution() => ++_executions;

    public int NextNumber() => (int)++_numbers;

    public string Nonces() => $"{Dice.Bits():x16}";

    public string Folder(string name) => _workshop.Folder(name);

    public void Note(string party, string operation, string subject, string result) => History.Add(Scheduler.Now, party, operation, subject, result);

    public Mount NewMount() => new(Server, Profile, Scheduler, Faults, Dice);

    public SimFs Open(Party party, Mount mount)
    {
        var opened = new SimFs(party, mount, Faults, Dice, this);
        _clients.Add(opened);
        return opened;
    }

    private Party NewParty(string name)
    {
        var party = new Party(Scheduler, name, new Clock(Scheduler));
        _parties.Add(party);
        return party;
    }

    /// <summary>Plays it to its end; the violations are the checker's.</summary>
    public void Play()
    {
        try
        {
            Scheduler.At(TimeSpan.Zero, () => StartBridge());
            if (Scenario.Kill is var (job, at)) Scheduler.At(at, () => Central.Kill(job));
            if (Scenario.DrainAt is { } drain) Scheduler.At(drain, () => _bridge?.Drain());
            foreach (var look in Scenario.Looks) Scheduler.At(look.At, () => Central.Peek(look.Job));
            PlanEvents();
            Go(Scenario.HealAt);
            Heal();
            Go(WellAt + Scenario.Patience);
            Checker.CheckLiveness();
        }
        finally
        {
            Scheduler.End();
            foreach (var agent in _agents) agent.Clean();
        }
    }

    /// <summary>On, until then, until a rule is broken, or until nothing more can happen.</summary>
    private void Go(TimeSpan until)
    {
        while (Checker.Violations.Count == 0 && Scheduler.Now < until)
        {
            Scheduler.Run(Scheduler.Now + Stride < until ? Scheduler.Now + Stride : until);
            if (Central.AllFinal) _finalAt ??= Scheduler.Now;
            if (Central.AllFinal && Scheduler.Now >= _quietAfter) return;
        }
    }

    private void Heal()
    {
        Note("world", "heals", "", "");
        Faults.Heal();
        Central.Up = true;
        foreach (var party in _parties) party.Clock.Turn(1);
        RoomForLedger();
        if (_bridge is null or { Over: true }) StartBridge();
    }

    public SimBridge StartBridge(string folder = "state")
    {
        if (!Directory.Exists(Folder(folder)))
        {
            Directory.CreateDirectory(Folder(folder));
            _workshop.NewLedger(Folder(folder), Dice);
        }
        var bridge = new SimBridge(this, NewParty($"bridge{++_bridges}"), Folder(folder));
        if (folder == "state") _bridge = bridge;
        Note(bridge.Party.Name, "start", folder, "");
        return bridge;
    }

    /// <summary>Somebody watches over the bridge and starts it again; a rival is left alone.</summary>
    public void BridgeEnded(SimBridge bridge)
    {
        if (bridge != _bridge || Scheduler.Ending) return;
        Note(bridge.Party.Name, "over", "", "");
        Scheduler.At(TimeSpan.FromSeconds(Dice.Between(0.2, 3)), () =>
        {
            if (_bridge != bridge) return;
            if (_ledgerLost && _workshop.RestoreLedger(Folder("state"))) Restored();
            else if (_ledgerLost) _workshop.NewLedger(Folder("state"), Dice);
            _ledgerLost = false;
            StartBridge();
        });
    }

    public SimAgent StartAgent(SimSeat seat, string nonce, int process)
    {
        var (pilot, node) = (seat.Pilot, seat.Node);
        var left = pilot.EndsAt - Scheduler.Now;
        var birth = new AgentBirth(node.Name, pilot.Tag, pilot.BatchId, nonce, process, left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
        var party = NewParty($"agent{_agents.Count + 1}");
        var agent = new SimAgent(this, birth, party, Mutation.Agent(this, Open(party, node.Mount)));
        _agents.Add(agent);
        Note(party.Name, "start", agent.Name, node.Name);
        return agent;
    }

    /// <summary>The attempts that a queue file was published with, by its name in a claim directory.</summary>
    public IReadOnlySet<AttemptId> JobsOf(string claim) => _jobsOf.TryGetValue(claim, out var jobs) ? jobs : new HashSet<AttemptId>();

    private void Renamed(Inode what, string from, bool replaced)
    {
        Checker.Renamed(what, from, replaced);
        if (!from.Contains("/.t.", StringComparison.Ordinal) || what.Parent?.Parent?.Name != SpoolNames.Pool || !PoolEntry.TryParse(what.Name, out var entry)) return;
        try { _jobsOf[entry.Name.FileName] = [.. WorkQueueImage.ReadQueue(what.Bytes.ToArray()).Jobs.Select(job => job.Id)]; }
        catch (GridError) { _jobsOf[entry.Name.FileName] = []; }
    }

    private static string Where(Exception e) => (e.StackTrace ?? "").Split('\n').FirstOrDefault(line => line.Contains("HpcGrid", StringComparison.Ordinal))?.Trim() ?? "";

    /// <summary>The ledger's disk has room again.</summary>
    private void RoomForLedger() => LedgerDisk.Limit(_bridge?.Ledger, null);
}
