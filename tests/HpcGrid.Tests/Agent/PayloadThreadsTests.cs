using System.Collections.Concurrent;
using HpcGrid.Agent;
using HpcGrid.Agent.Processes;

namespace HpcGrid.Tests.Agent;

/// <summary>Real processes, each with a thread of its own.</summary>
public sealed class PayloadThreadsTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-threads-").FullName;
    private readonly Spawner _spawner = new();
    private readonly ConcurrentDictionary<long, int> _starters = [];
    private readonly ConcurrentQueue<Notice> _told = [];
    private Action<Notice> _turn = _ => { };
    private PayloadThreads _threads = null!;

    [SetUp]
    public void Begin() => _threads = new PayloadThreads(
        order =>
        {
            _starters[long.Parse(Path.GetFileName(order.Stdout), System.Globalization.CultureInfo.InvariantCulture)] = Environment.CurrentManagedThreadId;
            return _spawner.Start(order);
        },
        notice =>
        {
            lock (_told)
            {
                _turn(notice);
                _told.Enqueue(notice);
            }
        },
        _told.Enqueue,
        TimeProvider.System);

    [TearDown]
    public void CleanUp()
    {
        Go();
        Wait(() => _told.OfType<ProcessEnded>().Count() == _told.OfType<ProcessStarted>().Count(told => told.Result.Started), "all end");
        _spawner.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Of_each_process_its_start_is_told_and_then_its_end()
    {
        Add(1, "exit 7");
        Wait(() => _told.Count == 2, "both are told");
        var (started, ended) = ((ProcessStarted)_told.First(), (ProcessEnded)_told.Last());
        Assert.That(started.Number, Is.EqualTo(1));
        Assert.That((ended.Number, ended.Exit.ExitCode, ended.Exit.ProcessId), Is.EqualTo((1L, 7, started.Result.ProcessId)));
    }

    [Test]
    public void What_follows_from_an_end_is_started_by_the_thread_of_that_end()
    {
        _turn = notice =>
        {
            if (notice is ProcessEnded { Number: < 20 and var number }) Add(number + 1, "exit 0");
        };
        Add(1, "exit 0");
        Wait(() => Ended(20), "the last one ends");
        Assert.That(_starters.Values.Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public void What_follows_from_an_end_besides_is_started_by_others_at_once()
    {
        _turn = notice =>
        {
            if (notice is not ProcessEnded { Number: 1 }) return;
            for (var number = 2; number <= 4; number++) Add(number, "until [ -e go ]; do sleep 0.02; done");
        };
        Add(1, "exit 0");
        Wait(() => Started(2) && Started(3) && Started(4), "all three live at a time");
        Assert.That(new[] { _starters[2], _starters[3], _starters[4] }, Is.Unique);
    }

    [Test]
    public void What_follows_from_a_start_does_not_wait_for_that_process_to_end()
    {
        _turn = notice =>
        {
            if (notice is ProcessStarted { Number: 1 }) Add(2, "exit 0");
        };
        Add(1, "until [ -e go ]; do sleep 0.02; done");
        Wait(() => Ended(2), "the second one ends");
        Assert.That(Ended(1), Is.False);
    }

    [Test]
    public void A_start_that_fails_is_told_and_its_thread_starts_what_follows()
    {
        _turn = notice =>
        {
            if (notice is ProcessStarted { Number: 1 }) Add(2, "exit 0");
        };
        _threads.Add(1, Order(1, "exit 0") with { Program = Path.Combine(_folder, "nothing") });
        Wait(() => Ended(2), "what follows ends");
        Assert.That(((ProcessStarted)_told.First()).Result.Fault, Does.Contain("does not exist"));
        Assert.That(_starters[2], Is.EqualTo(_starters[1]));
    }

    [Test]
    public void A_thread_without_a_process_starts_the_next_one()
    {
        for (var number = 1; number <= 20; number++)
        {
            Add(number, "exit 0");
            Wait(() => Ended(number), $"{number} ends");
        }
        // One may come before the last one's thread waits for it.
        Assert.That(_starters.Values.Distinct().Count(), Is.LessThan(20));
    }

    [Test]
    public void Nothing_is_lost_or_started_twice_when_ends_and_starts_meet()
    {
        const int jobs = 400, slots = 16;
        var next = 0L;
        _turn = notice =>
        {
            if (notice is ProcessEnded && next < jobs) Add(++next, "exit 0");
        };
        lock (_told)
        {
            for (var i = 0; i < slots; i++) Add(++next, "exit 0");
        }
        Wait(() => _told.OfType<ProcessEnded>().Count() == jobs, "all end");
        Assert.That(_told.OfType<ProcessStarted>().Select(told => told.Number).Order(), Is.EqualTo(Enumerable.Range(1, jobs).Select(number => (long)number)));
        Assert.That(_starters.Values.Distinct().Count(), Is.LessThanOrEqualTo(slots));
    }

    private void Go() => File.WriteAllText(Path.Combine(_folder, "go"), "");

    private bool Started(long number) => _told.Any(told => told is ProcessStarted { Result.Started: true } started && started.Number == number);

    private bool Ended(long number) => _told.Any(told => told is ProcessEnded ended && ended.Number == number);

    private void Add(long number, string script) => _threads.Add(number, Order(number, script));

    private SpawnOrder Order(long number, string script) => new("/bin/sh", ["/bin/sh", "-c", script], ["PATH=/usr/bin:/bin"], _folder,
        Path.Combine(_folder, $"{number}"), Path.Combine(_folder, "stderr"), OutputFiles.Truncate);

    private static void Wait(Func<bool> condition, string what) => Assert.That(SpinWait.SpinUntil(condition, Bound), what);
}
