using System.IO.Abstractions;
using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Gangs;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Bridge.Queues;
using HpcGrid.Bridge.Staging;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Bridge;

/// <summary>What a bridge is made of, at its edges: the tests put others there.</summary>
/// <param name="Options">bridge.yaml.</param>
/// <param name="Ledger">Opened; belongs to the host from then on.</param>
/// <param name="SpoolRoot">Opened with <paramref name="Fs"/>.</param>
/// <param name="Fs">Counts the operations.</param>
/// <param name="Batch">Starts agents.</param>
/// <param name="Central">Given what arrives unasked: central's welcome and its pushes.</param>
/// <param name="Storage">For stage-in and stage-out; belongs to the host from then on.</param>
/// <param name="Timing">PROTOCOL 6.</param>
/// <param name="Time">The clocks.</param>
/// <param name="Network">What becomes of the agents' network, for people.</param>
public sealed record BridgeParts(
    BridgeOptions Options, LedgerDatabase Ledger, SpoolRoot SpoolRoot, CountingFs Fs, IBatchSystem Batch, Func<Arrivals, ICentral> Central,
    StorageClient Storage, SpoolTiming Timing, TimeProvider Time, string Network)
{
    /// <summary>Chance, and how time passes: others in the simulator.</summary>
    public BridgeWays Ways { get; init; } = BridgeWays.Real;
}

/// <summary>How a bridge waits, does background work and makes names that nobody else makes.</summary>
/// <param name="Nonces">For the names of its generation and of temporary files.</param>
/// <param name="Wait">Waits so long, or until it is to stop.</param>
/// <param name="Background">Begins a piece of work off the loop; the work never throws.</param>
public sealed record BridgeWays(NonceSource Nonces, Action<TimeSpan, CancellationToken> Wait, Action<Func<Task>> Background)
{
    /// <summary>The disk that the stage area lies on.</summary>
    public IFileSystem Disk { get; init; } = new FileSystem();

    /// <summary>How much of what was staged is kept.</summary>
    public StagingRoom Room { get; init; } = StagingRoom.Default;

    /// <summary>Those of a real process.</summary>
    public static BridgeWays Real { get; } = new(
        RandomNonces.Next, (time, stopping) => stopping.WaitHandle.WaitOne(time), work => _ = Task.Run(work));
}

/// <summary>Where the connection with central hands over what comes unasked; from any thread.</summary>
/// <param name="Spool">What the bridge says of itself in its hello.</param>
/// <param name="Welcomed">Central's answer to that.</param>
/// <param name="Pushed">Central's hints.</param>
public sealed record Arrivals(SpoolEpoch Spool, Action<BridgeWelcome> Welcomed, Action<Push> Pushed);

/// <summary>
/// The wiring of a bridge. At its start it takes the spool over (E1) and waits until it surely rules; what a crash left is settled by the
/// steps themselves in their first tick, because each of them acts on what ledger and spool show, not on what it remembers.
/// </summary>
public sealed class BridgeHost : IDisposable
{
    private const string EpochFact = "epoch";
    private static readonly string[] NumberFacts = ["queue", "gang", "pilot"];
    private readonly BridgeParts _parts;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Posts _posts;
    private readonly List<IDisposable> _owned = [];
    private readonly DrainStep _drain;
    private readonly BridgeEpoch _epoch;
    private readonly MeasuredTiming _timing;
    private bool _isFollowed;

    public BridgeHost(BridgeParts parts)
    {
        _parts = parts;
        _posts = new Posts(parts.Ways.Background);
        _epoch = TakeOver();
        var (ledger, options) = (parts.Ledger, parts.Options);
        var spool = new BridgeSpool(parts.SpoolRoot.Remembering(parts.Time), _epoch.Epoch, parts.Ways.Nonces);
        var (fleet, demand, meter, board) = (new Fleet(), new Demand(), new WorkMeter(), new PilotBoard());
        var (ending, welcome, health) = (new JobEnding(ledger), new Welcome(ledger), new NodeHealth());
        var batch = new BatchCalls(parts.Batch, _posts, _stopping.Token);
        var area = new StageArea(parts.Ways.Disk, Path.Combine(options.State, "stage"));
        var verdicts = new Verdicts(ledger, board, fleet);
        SampleStep? samples = null;
        var stageIn = new StageInStep(ledger, Own(new Fetcher(parts.Storage, area, spool.Cache)), ending, _posts, _stopping.Token);
        var intake = new VersionIntake(ledger, ending, stageIn, meter, health, sample => samples!.Take(sample));
        var reader = new AgentReader(ledger, spool, fleet, intake, verdicts);
        var timing = _timing = new MeasuredTiming(parts.Timing);
        var pilots = new PilotStep(ledger, batch, board, fleet, demand, options.Batch);
        var bulk = new Bulk(fleet, pilots, meter, demand, timing, options.Batch);
        var rate = options.OperationsPerSecond > 0 ? options.OperationsPerSecond : OperationsBudget.DefaultFor(parts.Timing.CachingBound);
        var pace = new Pace(() => bulk.LookPause(TimeSpan.FromMilliseconds(options.SpoolPollMilliseconds)), Budget(rate, meter));
        var watch = new NodeWatch(spool, fleet, board, timing, verdicts, parts.Time);
        var offers = new OfferStep(
            ledger, spool, new QueueWriter(spool, area, stageIn), fleet, new OfferSizing(fleet, meter, bulk, options.Batch), pace);
        var messages = new MessageStep(ledger, spool, fleet, timing, pace, rate);
        var gangs = new GangStep(ledger, spool, fleet, pilots, ending, options.Batch) { Tell = messages.Send };
        offers.Gangs = () => gangs.Complete;
        pilots.GangsWithoutPilot = () => gangs.PilotsWanted;
        var appetite = new Appetite(ledger, fleet, pilots, meter, bulk, options);
        RenewStep? renew = null;
        MatchStep? match = null;
        Central = parts.Central(new Arrivals(
            Ruling, welcomed => _posts.Post(tick => Welcomed(tick, welcomed, welcome)),
            push => _posts.Post(tick => Hear(push, tick, demand, renew!, match!))));
        renew = new RenewStep(Central, _posts, fleet, ending, demand, _stopping.Token);
        samples = new SampleStep(Central, _posts, _stopping.Token);
        var peeks = new PeekStep(ledger, Central, _posts, spool, fleet, _stopping.Token)
        {
            Tell = (agent, message, tick) => messages.Send(agent, message, tick),
        };
        renew.Peek = peeks.Take;
        match = new MatchStep(ledger, Central, _posts, appetite, demand, _stopping.Token) { Ruling = Ruling, StageIn = stageIn };
        _drain = new DrainStep(ledger, spool, fleet, ending, new DrainSwitches(appetite, pilots, offers, messages));
        var status = new StatusStep(
            new StatusSources(ledger, fleet, pilots, watch, appetite, meter, demand, Central, parts.Fs, _epoch.Epoch), options, parts.Network);
        Loop = new BridgeLoop(ledger, _posts,
        [
            new WatchStep(ledger, spool, fleet, reader, pace, timing), watch, new BlackHoleStep(fleet, health),
            new FenceStep(ledger, spool, fleet, reader, ending, new FenceRules(board, timing)),
            new ReconcileStep(ledger, spool, fleet, ending, timing),
            _drain, match, stageIn, gangs, offers, messages, new StealStep(ledger, fleet, messages, meter, demand, appetite), peeks, samples,
            new StageOutStep(ledger, Own(new Uploader(parts.Storage, area, spool.Agents)), ending, _posts, welcome, _stopping.Token)
            { Timing = timing },
            pilots, new ReportStep(ledger, Central, _posts, ending, _stopping.Token), renew, new KeysStep(spool, welcome),
            new GarbageStep(ledger, spool, fleet, area, stageIn, options.Batch.SharedWork) { Room = parts.Ways.Room }, status,
        ], MayAct, () => _ = parts.SpoolRoot.MakeMissingDirectories(), parts.Time);
        status.Trouble = () => Loop.Trouble?.Message;
        _epoch.RemoveOld();
        spool.Sweep.RemoveOldTemporaries();
    }

    public BridgeLoop Loop { get; }

    public ICentral Central { get; }

    private SpoolEpoch Ruling => new(_parts.SpoolRoot.Sentinel.ClusterId, _epoch.Epoch);

    /// <summary>The intervals it keeps now.</summary>
    public SpoolTiming Timing => _timing.Now;

    /// <summary>A drain was asked for and everything is delivered.</summary>
    public bool IsDrained => _drain.IsDone;

    /// <summary>Runs until stopped or drained. Throws GridError(Conflict) when another bridge has taken over.</summary>
    public void Run()
    {
        while (!_stopping.IsCancellationRequested && !IsDrained) _posts.Wait(Loop.RunOnce(), _stopping.Token);
    }

    /// <summary>From any thread: end after the current tick. Agents go on.</summary>
    public void Stop() => _stopping.Cancel();

    /// <summary>From any thread: finish what runs, give back the rest, then end.</summary>
    public void Drain()
    {
        _drain.Asked = true;
        _posts.Wake();
    }

    /// <summary>Ends all pilots with everything that runs in them; the ledger keeps their jobs. True when all have ended within the time.</summary>
    public async Task<bool> StopPilots(TimeSpan within)
    {
        var tags = _parts.Ledger.Pilots.All().Where(pilot => pilot.Stage != PilotStage.Ended).Select(pilot => pilot.Tag).ToList();
        var until = _parts.Time.GetTimestamp();
        while (tags.Count > 0 && _parts.Time.GetElapsedTime(until) < within)
        {
            await _parts.Batch.Cancel(tags, CancellationToken.None);
            var states = await _parts.Batch.Status(tags, CancellationToken.None);
            tags = [.. states.Where(status => status.State != BatchState.Ended).Select(status => status.Tag)];
            if (tags.Count > 0) await Task.Delay(Limits.BusyDelay);
        }
        return tags.Count == 0;
    }

    /// <summary>Who set a budget gets it; the default follows the work that is done for it.</summary>
    private OperationsBudget Budget(double rate, WorkMeter meter)
    {
        var perResult = _parts.Options.OperationsPerSecond > 0 ? 0 : Limits.OperationsPerResult;
        return new OperationsBudget(rate, _parts.Timing.LeaseInterval, () => _parts.Fs.Counts.Metadata - (long)(perResult * meter.Committed));
    }

    /// <summary>
    /// Central may know a higher generation of this spool: a rival's that is not listed here yet, or the one before spool and ledger were restored from a copy.
    /// This bridge ends; its next start is beyond that number.
    /// </summary>
    private void Welcomed(Tick tick, BridgeWelcome welcomed, Welcome welcome)
    {
        if (welcomed.Spool.Epoch <= _epoch.Epoch)
        {
            welcome.Store(tick, welcomed);
            return;
        }
        _parts.Ledger.Facts.WriteNumber(EpochFact, welcomed.Spool.Epoch);
        tick.AfterCommit(() => _isFollowed = true);
    }

    private static void Hear(Push push, Tick tick, Demand demand, RenewStep renew, MatchStep match)
    {
        if (push is KillNow kill) renew.Kill(tick, kill.Attempts);
        if (push is PeekNow peek) renew.Peek(tick, peek.Orders);
        if (push is not WorkWaiting work) return;
        demand.Waiting = Math.Max(demand.Waiting, work.Waiting);
        match.Hurry();
    }

    /// <summary>
    /// E1: the generation is written, then C must pass before anybody may believe to rule. A number that somebody else has too is not used: he may have
    /// acted under it before our name was seen, and generations give names to files.
    /// </summary>
    private BridgeEpoch TakeOver()
    {
        var ledger = _parts.Ledger;
        var note = $"{_parts.Options.Name} on {Environment.MachineName}, process {Environment.ProcessId}";
        while (true)
        {
            var epoch = BridgeEpoch.Begin(_parts.SpoolRoot, ledger.Facts.ReadNumber(EpochFact), note, _parts.Ways.Nonces);
            ledger.Transact(() =>
            {
                ledger.Facts.WriteNumber(EpochFact, epoch.Epoch);
                // Another ledger may have named files, gangs and pilots meanwhile: a rival's, or the one that this is an old copy of.
                foreach (var fact in NumberFacts) ledger.Facts.WriteNumber(fact, Math.Max(ledger.Facts.ReadNumber(fact), epoch.Epoch * Limits.NumbersPerEpoch));
            });
            _parts.Ways.Wait(_parts.Timing.CachingBound, _stopping.Token);
            MustRule(epoch);
            if (!epoch.IsShared) return epoch;
        }
    }

    private void MayAct()
    {
        if (_isFollowed) throw Overruled();
        MustRule(_epoch);
    }

    /// <summary>Throws GridError: Conflict when another bridge rules, Unavailable when it cannot be told.</summary>
    private static void MustRule(BridgeEpoch epoch)
    {
        switch (epoch.Look())
        {
            case Rule.Theirs: throw Overruled();
            case Rule.Unknown: throw GridError.Unavailable("the spool does not show who rules it", "Is its filesystem mounted and whole? The bridge waits.");
            case Rule.Ours: break;
            default: throw new InvalidOperationException("a rule that the bridge does not know");
        }
    }

    private static GridError Overruled() =>
        GridError.Conflict("another bridge has taken this spool over", "Only one bridge may run on a spool; the newest wins. Stop the one you do not want.");

    private T Own<T>(T owned) where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var owned in _owned) owned.Dispose();
        _parts.Storage.Dispose();
        _parts.Ledger.Dispose();
    }
}
