using HpcGrid.Agent;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Benchmarks;

/// <summary>How large, and what jobs.</summary>
/// <param name="Agents">Nodes.</param>
/// <param name="Slots">Jobs that a node runs at a time.</param>
/// <param name="Jobs">All of them wait from the beginning.</param>
/// <param name="Shortest">Seconds of the shortest job; the longest takes 36 times as long, evenly spread.</param>
/// <param name="Operations">The bridge's operations a second.</param>
/// <param name="Kinds">Of jobs, each with one TTL, which its longest job needs; TTLs grow by the same factor from kind to kind.</param>
/// <param name="Seed">All its chance.</param>
internal sealed record TitanSize(int Agents, int Slots, long Jobs, double Shortest, double Operations, int Kinds, int Seed = 1);

/// <summary>What came out.</summary>
/// <param name="SlotUse">Busy slots of those of living pilots, from the first claim until 2 % of the jobs have not ended.</param>
/// <param name="LostToWalltime">Share of slot time in which no job fitted into what was left of the pilot.</param>
/// <param name="TailSeconds">From then on to the last end.</param>
internal sealed record TitanResult(
    double SlotUse, double LostToWalltime, double TailSeconds, double JobsPerDay, double AgentOperations, double BridgeOperations, double LookSeconds, double Days);

/// <summary>
/// A machine in virtual time. Production code decides: how many jobs go into a queue file (QueueSizing), which offer an agent takes, which jobs it begins and when it drains (AgentRules), when the bridge may look
/// again (OperationsBudget), all intervals (SpoolTiming, PollInterval's bounds). As many files and jobs lie in the pool as the real bridge's rules allow. As
/// the real one, a pilot that drains leaves when its last job has ended. Models: payloads take their time; the filesystem shows a file after its caching bound, costs the operations that PROTOCOL 5 counts,
/// and stalls now and then; the batch system replaces a pilot some minutes after its end; central and ledger answer at once; jobs are offered in the order of
/// a well mixed submission.
/// </summary>
internal sealed class TitanModel
{
    private const double Walltime = 86_400, Turnaround = 300, StallMean = 21_600, ShortestStall = 20, LongestStall = 110, LongestOfShortest = 36, Done = 0.98;
    /// <summary>Metadata operations, PROTOCOL 5: of an agent for a claim and for a version with the removal of the last; of the bridge for each.</summary>
    private const int Claiming = 4, Publishing = 4, Offering = 6, Reading = 4, Acknowledging = 3, Listings = 16;
    /// <summary>From the end of a draining pilot's last job to its own: final versions, acknowledgements, the last beat.</summary>
    private const double Leaving = 10;
    /// <summary>As the bridge's OfferSizing and Appetite have them: files in the pool for each agent, jobs held for each core, of which one runs.</summary>
    private const int FilesPerAgent = 2, StockPerCore = 2;

    private readonly TitanSize _size;
    private readonly Random _random;
    private readonly SpoolTiming _timing = AgentRules.TimingFor(TimeSpan.FromSeconds(2), 1);
    private readonly PriorityQueue<(int Agent, bool IsEnd), double> _events = new();
    private readonly TitanNode[] _nodes;
    /// <summary>The longest job of each kind, in lengths of the shortest of all.</summary>
    private readonly double[] _kinds;
    private readonly long[] _waiting, _offersOf;
    private readonly Queue<(PoolEntry Offer, double Seen)> _unseen = [];
    private readonly List<PoolEntry>[] _pool = [.. Enumerable.Range(0, Spool.Limits.Shards).Select(_ => new List<PoolEntry>())];
    private readonly OperationsBudget _budget;
    private readonly Room _whole;
    private readonly HashSet<int> _hungry = [];
    private double _now, _stallFrom, _stallUntil, _looks, _looked, _agentOperations, _bridgeOperations;
    private long _ended, _queue, _offered;

    public TitanModel(TitanSize size)
    {
        (_size, _random) = (size, new Random(size.Seed));
        // TTLs are whole seconds: of very short jobs some kinds are one.
        _kinds = [.. KindsOf(size).DistinctBy(TtlOf)];
        (_waiting, _offersOf) = (new long[_kinds.Length], new long[_kinds.Length]);
        _whole = new Room(size.Slots * Counters.One, size.Slots * 2000L, size.Slots * 10_000L);
        _budget = new OperationsBudget(size.Operations, _timing.LeaseInterval, () => (long)_bridgeOperations);
        _nodes = [.. Enumerable.Range(0, size.Agents).Select(_ => new TitanNode())];
        var from = 1.0;
        for (var kind = 0; kind < _kinds.Length; from = _kinds[kind++]) _waiting[kind] = (long)(size.Jobs * (_kinds[kind] - from) / (LongestOfShortest - 1));
        _waiting[^1] += size.Jobs - _waiting.Sum();
        _stallFrom = Exponential(StallMean);
        // Pilots of one generation start over an hour, and the first generation ends staggered, as those of a machine in use.
        for (var agent = 0; agent < size.Agents; agent++) Start(agent, _random.NextDouble() * 3600, Walltime * (0.25 + (0.75 * _random.NextDouble())));
    }

    private static IEnumerable<double> KindsOf(TitanSize size) =>
        Enumerable.Range(1, size.Kinds).Select(number => Math.Pow(LongestOfShortest, number / (double)size.Kinds));

    /// <summary>Share of the walltime that nobody could use more of, with these jobs; null where it is all.</summary>
    public static double? Bound(TitanSize size) => TitanBound.Of([.. KindsOf(size)], Walltime / size.Shortest, Done);

    public TitanResult Run()
    {
        var (nextLook, doneAt, sums, endedAt) = (0.0, 0.0, (Busy: 0.0, Alive: 0.0, Lost: 0.0), 0L);
        while (_ended < _size.Jobs)
        {
            var next = _events.TryPeek(out _, out var at) ? at : double.MaxValue;
            if (nextLook <= next)
            {
                _now = nextLook;
                nextLook = Math.Max(_now + 1, Look());
                continue;
            }
            _now = next;
            var (agent, isEnd) = _events.Dequeue();
            if (isEnd) EndJob(agent);
            else Wake(agent);
            if (doneAt > 0 || _ended < Done * _size.Jobs) continue;
            (doneAt, endedAt, sums) = (_now, _ended, Totals());
        }
        return new TitanResult(sums.Busy / sums.Alive, sums.Lost / sums.Alive, _now - doneAt, endedAt / doneAt * 86_400, _agentOperations / _now + Resting(),
            _bridgeOperations / _now, _now / Math.Max(1, _looks), _now / 86_400);
    }

    private TimeSpan Rest => _timing.PollMax * HpcGrid.Agent.Limits.RestingPart;

    /// <summary>Beats, and looks into the inbox at the longest pause: agents at work do nothing else while nothing changes.</summary>
    private double Resting() => _size.Agents * ((1 / _timing.Heartbeat.TotalSeconds) + (1 / Rest.TotalSeconds));

    private (double Busy, double Alive, double Lost) Totals()
    {
        foreach (var node in _nodes) Count(node);
        return (_nodes.Sum(node => node.Busy), _nodes.Sum(node => node.Alive), _nodes.Sum(node => node.Lost));
    }

    /// <summary>Jobs of a kind that the bridge holds and has not offered: it takes what comes, well mixed, and knows nothing of what waits at central beside them.</summary>
    private long Held(int kind, long stock) => Math.Clamp((long)((stock - _offered) * (_waiting[kind] / (double)_waiting.Sum())), 1, _waiting[kind]);

    /// <summary>The bridge: offers for whoever could claim. When it may look again.</summary>
    private double Look()
    {
        if (Stalled(out var end)) return end;
        if (!_budget.MayLook(TimeSpan.FromSeconds(_now))) return _now + 0.1;
        _looks++;
        _bridgeOperations += Listings;
        // So many agents get their leases at the longest interval: a third of the time after which they would start nothing more.
        _bridgeOperations += _size.Agents / (_timing.LeaseStart.TotalSeconds / 3) * (_now - _looked);
        _looked = _now;
        var stock = (long)_size.Agents * _size.Slots * (StockPerCore - 1);
        while (_offersOf.Sum() < FilesPerAgent * _size.Agents && _offered < stock && AnyKind() is { } kind)
        {
            var rows = QueueSizing.Rows(Held(kind, stock), _size.Agents, _size.Slots, Mean(kind), TimeSpan.FromSeconds(Walltime / 2), TimeSpan.FromSeconds(4));
            _waiting[kind] -= rows;
            var offer = new PoolEntry(new QueueName(++_queue, 1), 1, 2000, TtlOf(_kinds[kind]), rows);
            _unseen.Enqueue((offer, _now + _timing.CachingBound.TotalSeconds));
            _offersOf[kind]++;
            _offered += rows;
            _bridgeOperations += Offering;
        }
        return _now + 1;
    }

    /// <summary>Jobs of all kinds were submitted well mixed, and go in that order; null when none waits.</summary>
    private int? AnyKind()
    {
        var left = (long)(_random.NextDouble() * _waiting.Sum());
        for (var kind = 0; kind < _kinds.Length; left -= _waiting[kind++])
            if (left < _waiting[kind]) return kind;
        return null;
    }

    private void Start(int agent, double at, double life)
    {
        var node = _nodes[agent];
        Count(node);
        var (drain, stop) = AgentRules.Margins(TimeSpan.FromSeconds(life), null, null, _timing);
        (node.Begin, node.End, node.DrainAt, node.StopAt) = (at, at + life, at + drain.TotalSeconds, at + stop.TotalSeconds);
        (node.Free, node.Counted, node.Pause, node.LooksAt) = (_size.Slots, at, _timing.PollMin.TotalSeconds, 0);
        _events.Enqueue((agent, false), at);
        _events.Enqueue((agent, false), node.DrainAt);
    }

    /// <summary>An agent with free slots and nothing to begin looks for offers; one whose time is over is replaced.</summary>
    private void Wake(int agent)
    {
        var node = _nodes[agent];
        if (_now < node.Begin) return;
        if (_now >= node.DrainAt)
        {
            Drain(agent);
            return;
        }
        // It looks at one time, not once more for each time that it was hungry before.
        if (_now < node.LooksAt) return;
        if (Stalled(out var end))
        {
            LookAgain(agent, end + _random.NextDouble());
        }
        else if (node.Waiting.Count == 0 && node.Free > 0 && !Claim(agent))
        {
            node.Pause = Math.Min(Rest.TotalSeconds, node.Pause * 1.5);
            LookAgain(agent, _now + (node.Pause * (0.75 + (0.5 * _random.NextDouble()))));
        }
    }

    private void LookAgain(int agent, double at)
    {
        _hungry.Add(agent);
        _nodes[agent].LooksAt = at;
        _events.Enqueue((agent, false), at);
    }

    /// <summary>It begins nothing more; at its end the batch system starts another one, some time later.</summary>
    private void Drain(int agent)
    {
        var node = _nodes[agent];
        HandBack(node);
        _hungry.Remove(agent);
        if (_now >= node.End)
        {
            Start(agent, node.End + (Turnaround * (0.5 + _random.NextDouble())), Walltime);
            return;
        }
        if (node.Free < _size.Slots) return;
        node.End = Math.Min(node.End, _now + Leaving);
        _events.Enqueue((agent, false), node.End);
    }

    private bool Claim(int agent)
    {
        var node = _nodes[agent];
        if (!AgentRules.ShouldClaim(new ClaimFacts(Standing.Working, _whole, node.Waiting.Count, 0, false))) return false;
        var left = TimeSpan.FromSeconds(node.StopAt - _now);
        var listed = ListPool(node);
        if (!AnyFits(left.TotalSeconds)) return false;
        var choice = AgentRules.Choice(listed, _whole, left, _pool.Length);
        if (choice.Count == 0) return false;
        var taken = choice[_random.Next(choice.Count)];
        _pool[taken.Name.Id % _pool.Length].Remove(taken);
        var kind = Array.FindIndex(_kinds, longest => TtlOf(longest) == taken.TtlSeconds);
        _offersOf[kind]--;
        _offered -= taken.Rows;
        for (var row = 0; row < taken.Rows; row++) node.Waiting.Enqueue(kind);
        _agentOperations += Claiming;
        _bridgeOperations += Reading + Acknowledging;
        _hungry.Remove(agent);
        node.LooksAt = 0;
        node.Pause = _timing.PollMin.TotalSeconds;
        Begin(agent);
        return node.Free == 0 || Claim(agent);
    }

    /// <summary>Shards from any of them on, until there are enough offers; the next one in turn at rest. As the agent's SpoolWork does.</summary>
    private List<PoolEntry> ListPool(TitanNode node)
    {
        while (_unseen.TryPeek(out var next) && next.Seen <= _now) _pool[next.Offer.Name.Id % _pool.Length].Add(_unseen.Dequeue().Offer);
        var rests = node.Pause >= Rest.TotalSeconds;
        var first = node.Directory = rests ? (node.Directory + 1) % _pool.Length : _random.Next(_pool.Length);
        var listed = _pool[first];
        _agentOperations++;
        for (var i = 1; i < _pool.Length && !rests && listed.Count < Agent.Limits.OffersListed; i++)
        {
            listed = [.. listed, .. _pool[(first + i) % _pool.Length]];
            _agentOperations++;
        }
        if (listed != _pool[first]) listed.Sort();
        return listed;
    }

    /// <summary>Whether it is worth looking at each: a pilot near its end looks often, and finds nothing.</summary>
    private bool AnyFits(double left)
    {
        for (var kind = 0; kind < _kinds.Length && TtlOf(_kinds[kind]) <= left; kind++)
            if (_offersOf[kind] > 0) return true;
        return false;
    }

    private void Begin(int agent)
    {
        var node = _nodes[agent];
        Count(node);
        while (node.Free > 0 && node.Waiting.TryPeek(out var kind))
        {
            var ttl = TtlOf(_kinds[kind]);
            var need = new Resources(1, 2000, 10_000, ttl);
            if (AgentRules.FitOf(need, _whole, _whole, TimeSpan.FromSeconds(node.StopAt - _now)) == Fit.Never)
            {
                HandBack(node);
                return;
            }
            node.Waiting.Dequeue();
            node.Free--;
            _events.Enqueue((agent, true), _now + Duration(kind));
        }
    }

    private void EndJob(int agent)
    {
        var node = _nodes[agent];
        Count(node);
        node.Free++;
        _ended++;
        // A version tells of its end and of the next beginning.
        _agentOperations += Publishing;
        _bridgeOperations += Reading;
        if (_now >= node.DrainAt)
        {
            Drain(agent);
            return;
        }
        Begin(agent);
        if (node.Free > 0 && !_hungry.Contains(agent)) Wake(agent);
    }

    private void HandBack(TitanNode node)
    {
        while (node.Waiting.TryDequeue(out var kind)) _waiting[kind]++;
    }

    private void Count(TitanNode node)
    {
        var time = Math.Min(_now, node.End) - node.Counted;
        if (time <= 0) return;
        node.Alive += time * _size.Slots;
        node.Busy += time * (_size.Slots - node.Free);
        var lostFrom = Math.Max(node.Counted, Math.Min(node.DrainAt, node.StopAt - (_kinds[0] * _size.Shortest)));
        node.Lost += Math.Max(0, Math.Min(_now, node.End) - lostFrom) * node.Free;
        node.Counted = Math.Min(_now, node.End);
    }

    private bool Stalled(out double end)
    {
        end = _stallUntil;
        if (_now < _stallUntil) return true;
        if (_now < _stallFrom) return false;
        end = _stallUntil = _now + ShortestStall + (_random.NextDouble() * (LongestStall - ShortestStall));
        _stallFrom = _stallUntil + Exponential(StallMean);
        return true;
    }

    private double Duration(int kind)
    {
        var from = kind == 0 ? 1 : _kinds[kind - 1];
        return _size.Shortest * (from + (_random.NextDouble() * (_kinds[kind] - from)));
    }

    private int TtlOf(double longest) => (int)Math.Ceiling(longest * _size.Shortest);

    private double Mean(int kind) => _size.Shortest * ((kind == 0 ? 1 : _kinds[kind - 1]) + _kinds[kind]) / 2;

    private double Exponential(double mean) => -mean * Math.Log(1 - _random.NextDouble());

    /// <summary>An agent on its node; times are seconds since the beginning, sums are slot seconds.</summary>
    private sealed class TitanNode
    {
        public Queue<int> Waiting { get; } = new();
        public int Free { get; set; }
        public double Begin { get; set; }
        public double End { get; set; }
        public double DrainAt { get; set; }
        public double StopAt { get; set; }
        public double Pause { get; set; }
        public double LooksAt { get; set; }
        public int Directory { get; set; }
        public double Counted { get; set; }
        public double Busy { get; set; }
        public double Alive { get; set; }
        public double Lost { get; set; }
    }
}
