using System.Collections;
using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Peeks;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Spool;
using HpcGrid.Tests.Bridge;

namespace HpcGrid.Tests.Agent;

/// <summary>What an agent asks of a shared filesystem while nothing happens (PROTOCOL 5): the real loop and a real spool, on a played clock.</summary>
public sealed class AgentAtRestTests
{
    private const double PoliteRate = 0.5;
    private static readonly TimeSpan CachingBound = TimeSpan.FromSeconds(2), Moment = TimeSpan.FromMilliseconds(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-rest-").FullName;
    private readonly ManualTime _time = new();
    private readonly Mailbox<Notice> _mailbox = new();
    private AgentClock _clock = null!;
    private readonly CountingFs _fs = new(new PosixFs());
    private readonly SpoolTiming _timing = AgentRules.TimingFor(CachingBound, 1);
    private BridgeSpool _bridge = null!;
    private AgentCard _card = null!;
    private WorkFolder _work = null!;
    private AgentLoop _loop = null!;
    private AtOnce _orders = null!;
    private long _leases;
    private TimeSpan _leaseAt;

    [TearDown]
    public void CleanUp()
    {
        _work.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase(1)]
    [TestCase(16)]
    public void An_agent_without_work_stays_below_half_an_operation_a_second(int shards)
    {
        Join(shards);
        For(TimeSpan.FromMinutes(1), () => false);
        var (before, minutes) = (_fs.Counts, TimeSpan.FromMinutes(20));
        For(minutes, () => false);
        var rate = _fs.Counts.Since(before).Metadata / minutes.TotalSeconds;
        TestContext.Out.WriteLine($"{rate:0.000} metadata operations a second with {shards} directories");
        Assert.That(rate, Is.LessThan(PoliteRate).And.GreaterThan(0.2), "it looks and beats");
    }

    [TestCase(1, 5)]
    [TestCase(16, 80)]
    public void An_agent_without_work_finds_an_offer_in_whatever_directory_it_lies(int shards, int seconds)
    {
        Join(shards);
        For(TimeSpan.FromMinutes(1), () => false);
        var name = new QueueName(7, 1);
        var queue = new WorkQueue(new WorkQueueHeader(name, 1, true, StartMode.Acked), [], new Dictionary<string, byte[]>());
        Assert.That(_bridge.Offer(new PoolEntry(name, 1, 100, 60, 0), WorkQueueImage.Write(queue)), Is.EqualTo(Errno.None));
        For(TimeSpan.FromSeconds(seconds), () => _bridge.ListPool().Items.Count == 0);
        Assert.That(_bridge.Agents.Observe(new AgentPlace(_card.Agent)).Claims, Is.EqualTo(new[] { name }));
    }

    /// <summary>Found by simulation (V2; gpfs, seed 404): a name that was hidden until its directory changed again, and nothing changed there.</summary>
    [Test]
    public void What_the_bridge_does_not_answer_is_published_again_each_time_twice_as_late()
    {
        Join(shards: 1);
        var name = new QueueName(7, 1);
        var queue = new WorkQueue(new WorkQueueHeader(name, 1, true, StartMode.Acked), [], new Dictionary<string, byte[]>());
        _bridge.Offer(new PoolEntry(name, 1, 100, 60, 0), WorkQueueImage.Write(queue));
        For(TimeSpan.FromMinutes(1), () => Newest(name) == 1);
        // After one, three and seven minutes.
        For(TimeSpan.FromMinutes(10), () => false);
        Assert.That(Newest(name), Is.EqualTo(4));
        Assert.That(Directory.GetFiles(Path.Combine(_folder, "spool", "agents", _card.Agent, "live", "out")), Has.Length.EqualTo(HpcGrid.Spool.Limits.VersionsKept));
        _bridge.Agents.Send(_card.Agent, 1, new Ack(name));
        For(TimeSpan.FromMinutes(1), () => Newest(name) == 0);
        Assert.That(Newest(name), Is.Zero);
    }

    private long Newest(QueueName name) => _bridge.Agents.Observe(new AgentPlace(_card.Agent)).Versions.GetValueOrDefault(name).Sequence;

    [TestCase("claim")]
    [TestCase("in")]
    public void A_directory_of_the_agents_own_that_a_crash_of_the_server_took_is_made_again(string lost)
    {
        Join(shards: 1);
        For(TimeSpan.FromMinutes(1), () => false);
        var path = Path.Combine(_folder, "spool", "agents", _card.Agent, "live", lost);
        Directory.Delete(path, recursive: true);
        For(TimeSpan.FromMinutes(2), () => Directory.Exists(path));
        Assert.That(Directory.Exists(path));
    }

    private void Join(int shards)
    {
        var root = SpoolRoot.Create(new PosixFs(), Path.Combine(_folder, "spool"), SpoolSharing.Private, shards, Guid.NewGuid(), RandomNonces.Next);
        _bridge = new BridgeSpool(root, 1, RandomNonces.Next);
        _card = new AgentCard(AgentName.Make("1", "node1", RandomNonces.Next()), "node1", "pilot", "1", 2, 1000, 1000, "none", null, 1);
        _work = WorkFolder.Create(Path.Combine(_folder, "work"), _card.Agent);
        _clock = new AgentClock(_time);
        var (whole, chance) = (new Room(2000, 1000, 1000), new Random(1));
        var spool = AgentSpool.Join(_fs, root.Layout.Root, _card, RandomNonces.Next);
        var parts = new NodeParts(_work, new NoPayloads(), new NoSideWork(), new NoMonitor()) { Looks = new NoSideWork() };
        var options = new AgentOptions { Spool = root.Layout.Root, Node = "node1", Site = "SITE", Work = _work.Path };
        var runner = new JobRunner(parts, new JobEnvironment(new Hashtable(), _card.Agent, "node1", "SITE"), spool, _mailbox, _clock, options.Grace);
        var settings = new AgentSettings(_card, _timing, whole, 0, chance.Next) { Scratch = _work.Scratch };
        _orders = new AtOnce(new SpoolWork(spool, chance.Next, new AnswerShelf(spool, _clock)), _mailbox);
        _loop = new AgentLoop(options, settings, runner, _orders, _mailbox, _clock);
        _loop.Begin();
    }

    /// <summary>Lets the agent live, with its leases renewed in time.</summary>
    private void For(TimeSpan time, Func<bool> until)
    {
        var end = _time.GetElapsedTime(0) + time;
        while (_time.GetElapsedTime(0) < end && !until())
        {
            if (_time.GetElapsedTime(0) >= _leaseAt)
            {
                _bridge.Agents.Lease(_card.Agent, ++_leases);
                _leaseAt = _time.GetElapsedTime(0) + _timing.LeaseInterval;
            }
            _orders.Answered = false;
            var wait = _loop.Turn(_mailbox.TakeAll([], TimeSpan.Zero)) - _clock.Now;
            _time.Advance(_orders.Answered || wait < Moment ? Moment : wait);
        }
    }

    /// <summary>The spool's thread, as quick as thought.</summary>
    private sealed class AtOnce(SpoolWork work, Mailbox<Notice> mailbox) : ISpoolOrders
    {
        /// <summary>A letter waits: the loop would not wait.</summary>
        public bool Answered { get; set; }

        public void Add(SpoolOrder order)
        {
            if (work.Perform(order) is not { } answer) return;
            mailbox.Post(answer);
            Answered = true;
        }
    }

    private sealed class NoPayloads : IPayloads
    {
        public void Start(long number, SpawnOrder order) => throw new InvalidOperationException("nothing is started here");

        public void SignalAll(Kinship payload, int signal)
        {
        }

        public bool KillLeft(Kinship payload) => false;

        public void KillStrays(int guard)
        {
        }

        public bool RanOutOfMemory() => false;

        public void Dispose()
        {
        }
    }

    private sealed class NoSideWork : ISideWork
    {
        public void Add(Action work) => throw new InvalidOperationException("nothing is copied here");
    }

    private sealed class NoMonitor : IMonitor
    {
        public void Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus)
        {
        }
    }
}
