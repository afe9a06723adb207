using System.Collections;
using System.Text.Json;
using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>A job whose process is asked for and not started yet: what becomes of it meanwhile.</summary>
public sealed class StartingTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-starting-").FullName;
    private readonly AgentClock _clock = new(TimeProvider.System);
    private readonly PlayedPayloads _payloads = new();
    private AgentCard _card = null!;
    private WorkFolder _work = null!;
    private JobRunner _runner = null!;

    [SetUp]
    public void Join()
    {
        var root = SpoolRoot.Create(new PosixFs(), Path.Combine(_folder, "spool"), SpoolSharing.Private, 1, Guid.NewGuid(), RandomNonces.Next);
        _card = new AgentCard(AgentName.Make("1", "node1", RandomNonces.Next()), "node1", "pilot", "1", 2, 1000, 1000, "none", null, 1);
        _work = WorkFolder.Create(Path.Combine(_folder, "work"), _card.Agent);
        var parts = new NodeParts(_work, _payloads, new Nothing(), new Nothing()) { Looks = new Nothing() };
        var spool = AgentSpool.Join(new PosixFs(), root.Layout.Root, _card, RandomNonces.Next);
        var environment = new JobEnvironment(new Hashtable(), _card.Agent, "node1", "SITE");
        _runner = new JobRunner(parts, environment, spool, new Mailbox<Notice>(), _clock, TimeSpan.FromHours(1));
    }

    [TearDown]
    public void CleanUp()
    {
        _work.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Until_its_start_is_told_a_job_is_started_and_does_not_run()
    {
        var run = Begin();
        Assert.That((_payloads.Last, run.Report(_card).Stage, _runner.HasProcesses), Is.EqualTo((1L, ReportStage.Started, true)));
        _runner.OnStarted(1, new SpawnResult(77, 0, null));
        Assert.That((run.ProcessId, run.Report(_card).Stage, run.RunningAt is null), Is.EqualTo((77, ReportStage.Running, false)));
    }

    [TestCase(nameof(Outcome.Killed), false)]
    [TestCase(nameof(Outcome.Preempted), false)]
    [TestCase(nameof(Outcome.Preempted), true)]
    public void A_job_that_is_stopped_meanwhile_is_signalled_once_it_has_started_and_did_run(string outcome, bool atOnce)
    {
        var run = Begin();
        _runner.Stop(run, Order(outcome, atOnce));
        Assert.That((run.IsOver, _payloads.Signals), Is.EqualTo((false, 0)));
        _runner.OnStarted(1, new SpawnResult(77, 0, null));
        _runner.Advance();
        Assert.That(_payloads.Signals, Is.EqualTo(1));
        _runner.OnExit(1, new ChildExit(77, null, 15, 0, 0, _clock.Time.GetTimestamp()));
        Assert.That(run.Outcome.ToString(), Is.EqualTo(outcome));
        Assert.That(run.Payload, Is.Not.Null);
    }

    [TestCase(nameof(Outcome.Killed), nameof(Outcome.Killed))]
    [TestCase(nameof(Outcome.Preempted), nameof(Outcome.HandedBack))]
    public void A_job_that_is_stopped_meanwhile_and_cannot_be_started_has_not_begun(string asked, string outcome)
    {
        var run = Begin();
        _runner.Stop(run, Order(asked, atOnce: false));
        _runner.OnStarted(1, new SpawnResult(0, 2, "it does not exist"));
        Assert.That((run.Outcome.ToString(), run.Reason, run.Payload), Is.EqualTo((outcome, "asked", (PayloadResult?)null)));
    }

    [Test]
    public void A_job_whose_program_is_busy_is_started_again_under_another_number_and_can_be_stopped_before()
    {
        var run = Begin();
        _runner.OnStarted(1, new SpawnResult(0, Libc.TextBusy, "it is busy"));
        Assert.That((run.IsBeingStarted, run.Due < TimeSpan.MaxValue), Is.EqualTo((false, true)));
        Assert.That(SpinWait.SpinUntil(() => Advanced() == 2, TimeSpan.FromSeconds(30)), "it is started again");
        _runner.OnStarted(2, new SpawnResult(0, Libc.TextBusy, "it is busy"));
        _runner.Stop(run, Order(nameof(Outcome.Preempted), atOnce: false));
        Assert.That(run.Outcome, Is.EqualTo(Outcome.HandedBack));
    }

    [Test]
    public void What_is_told_of_a_process_that_is_not_known_changes_nothing()
    {
        var run = Begin();
        _runner.OnStarted(7, new SpawnResult(77, 0, null));
        _runner.OnExit(7, new ChildExit(77, 0, null, 0, 0, 0));
        Assert.That(run.IsBeingStarted);
    }

    /// <summary>A stage that goes back would be taken for an older report.</summary>
    [Test]
    public void A_validation_that_is_being_started_is_told_as_the_collecting_that_it_is_part_of()
    {
        var run = Begin(validation: ["/bin/true"]);
        _runner.OnStarted(1, new SpawnResult(77, 0, null));
        _runner.OnExit(1, new ChildExit(77, 0, null, 0, 0, _clock.Time.GetTimestamp()));
        Assert.That((_payloads.Last, run.Report(_card).Stage), Is.EqualTo((2L, ReportStage.Collecting)));
        _runner.OnStarted(2, new SpawnResult(77, 0, null));
        _runner.OnExit(2, new ChildExit(77, 0, null, 0, 0, _clock.Time.GetTimestamp()));
        Assert.That(run.Outcome, Is.EqualTo(Outcome.Succeeded));
    }

    private long Advanced()
    {
        _runner.Advance();
        return _payloads.Last;
    }

    private static StopOrder Order(string outcome, bool atOnce) => new(Enum.Parse<Outcome>(outcome), "asked", PayloadCause.Killed, atOnce);

    private JobRun Begin(params string[] validation)
    {
        var spec = new JobSpec { User = "me", Argv = ["/bin/true"], ValidationArgv = validation, Resources = new Resources(1, 1, 1, 600) };
        var job = new QueuedJob(new AttemptId(1, 1), 0, JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec), "");
        var queue = new QueueRun(new WorkQueue(new WorkQueueHeader(new QueueName(1, 1), 1, true, StartMode.Optimistic), [job], new Dictionary<string, byte[]>()), _clock.Now);
        var run = queue.Jobs[0];
        run.Spec = spec;
        _runner.Begin(run);
        foreach (var file in new[] { run.Sandbox!.Stdout, run.Sandbox.Stderr }) File.WriteAllText(file, "");
        return run;
    }

    /// <summary>Starts nothing and remembers what was asked for.</summary>
    private sealed class PlayedPayloads : IPayloads
    {
        public long Last { get; private set; }
        public int Signals { get; private set; }

        public void Start(long number, SpawnOrder order) => Last = number;

        public void SignalAll(Kinship payload, int signal) => Signals++;

        public bool KillLeft(Kinship payload) => false;

        public void KillStrays(int guard)
        {
        }

        public bool RanOutOfMemory() => false;

        public void Dispose()
        {
        }
    }

    private sealed class Nothing : ISideWork, IMonitor
    {
        public void Add(Action work) => throw new InvalidOperationException("nothing is copied or looked into here");

        public void Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus)
        {
        }
    }
}
