using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Core;

namespace HpcGrid.Tests.Bridge;

/// <summary>What was decided is done, whatever keeps the loop from it for a while.</summary>
public sealed class BridgeLoopTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-loop-").FullName;
    private readonly Recorder _step = new();
    private LedgerDatabase _ledger = null!;
    private BridgeLoop _loop = null!;
    private bool _rules = true;

    [SetUp]
    public void Start()
    {
        _ledger = LedgerDatabase.Open(Path.Combine(_folder, "ledger.db"));
        _loop = new BridgeLoop(_ledger, new Posts(work => _ = work()), [_step], () => { if (!_rules) throw Trouble(); }, () => { }, TimeProvider.System);
    }

    [TearDown]
    public void CleanUp()
    {
        _ledger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void While_it_is_not_clear_who_rules_actions_wait_and_nothing_more_is_decided()
    {
        _rules = false;
        for (var i = 0; i < 3; i++) _loop.RunOnce();
        Assert.That((_step.Decided, _step.Acted.Count, _loop.Trouble is not null), Is.EqualTo((1, 0, true)));
        _rules = true;
        _loop.RunOnce();
        Assert.That((_step.Decided, _loop.Trouble), Is.EqualTo((2, (GridError?)null)));
        Assert.That(_step.Acted, Is.EqualTo(new[] { "first of 1", "second of 1", "first of 2", "second of 2" }));
    }

    [Test]
    public void An_action_that_fails_keeps_none_behind_it_from_being_done()
    {
        _step.FailsFirst = true;
        _loop.RunOnce();
        Assert.That((_step.Acted.Count, _loop.Trouble is not null), Is.EqualTo((0, true)));
        _step.FailsFirst = false;
        _loop.RunOnce();
        Assert.That(_step.Acted, Is.EqualTo(new[] { "second of 1", "first of 2", "second of 2" }));
        Assert.That(_loop.Trouble, Is.Null);
    }

    [Test]
    public void What_touches_no_spool_is_done_without_asking_who_rules_for_a_while()
    {
        var (asked, done) = (0, 0);
        var time = new ManualTime();
        var loop = new BridgeLoop(_ledger, new Posts(work => _ = work()), [new Talker(() => done++)], () => asked++, () => { }, time);
        for (var i = 0; i < 10; i++)
        {
            loop.RunOnce();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That((asked, done), Is.EqualTo((4, 10)));
    }

    private sealed class Talker(Action talk) : BridgeStep
    {
        public override void Run(Tick tick) => tick.AfterCommitInAnyCase(talk);
    }

    private static GridError Trouble() => GridError.Unavailable("the spool is away");

    private sealed class Recorder : BridgeStep
    {
        public bool FailsFirst { get; set; }
        public int Decided { get; private set; }
        public List<string> Acted { get; } = [];

        public override void Run(Tick tick)
        {
            var number = ++Decided;
            tick.AfterCommit(() => Acted.Add(FailsFirst ? throw Trouble() : $"first of {number}"));
            tick.AfterCommit(() => Acted.Add($"second of {number}"));
        }
    }
}
