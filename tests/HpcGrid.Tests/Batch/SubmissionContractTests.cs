using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Batch;

/// <summary>What every batch system must keep when pilots are submitted: once, whatever goes wrong, and as they were meant (R-H2 to R-H4).</summary>
[TestFixtureSource(typeof(Flavours), nameof(Flavours.All)), FixtureLifeCycle(LifeCycle.SingleInstance), Parallelizable(ParallelScope.Self)]
public sealed class SubmissionContractTests(string system)
{
    private SimCluster _cluster = null!;
    private CommandBatchSystem _bridge = null!;

    [OneTimeSetUp]
    public void Up() => _cluster = new SimCluster(system);

    [OneTimeTearDown]
    public void Down() => _cluster.Dispose();

    [SetUp]
    public void Begin() => _bridge = _cluster.Bridge();

    [TearDown]
    public void End() => _cluster.Quiet();

    [Test]
    public async Task A_pilot_is_submitted_and_its_agent_starts()
    {
        var pilot = _cluster.Pilot();
        var id = await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        var words = _cluster.Agents(pilot).Single().Words;
        Assert.Multiple(() =>
        {
            Assert.That(Value(words, "--batch-id"), Is.EqualTo(id), "the agent knows the id that the bridge knows");
            Assert.That(Value(words, "--pilot"), Is.EqualTo(pilot.Tag));
            Assert.That(Value(words, "--cores"), Is.EqualTo("2"));
            Assert.That(Value(words, "--node"), Does.Match(@"^node\d+$"));
            Assert.That(_cluster.EnvironmentOf(pilot), Does.Contain($"HPCGRID_PILOT={pilot.Tag}"));
        });
    }

    [Test]
    public async Task Asked_for_twice_and_by_another_bridge_it_is_submitted_once()
    {
        var pilot = _cluster.Pilot();
        var id = await _bridge.Submit(pilot, default);
        Assert.That(await _bridge.Submit(pilot, default), Is.EqualTo(id));
        Assert.That(await _cluster.Bridge().Submit(pilot, default), Is.EqualTo(id));
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_lost_answer_submits_nothing_twice([Values] bool restarted)
    {
        var pilot = _cluster.Pilot();
        _cluster.Fault($"{_cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        var id = await (restarted ? _cluster.Bridge() : _bridge).Submit(pilot, default);
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
        Assert.That(id, Does.StartWith(_cluster.JobsOf(pilot)[0]), "found by its tag");
    }

    [Test]
    public async Task A_lost_answer_of_a_pilot_that_has_ended_meanwhile_submits_nothing_twice()
    {
        var pilot = _cluster.Pilot();
        _cluster.Go(pilot);
        _cluster.Fault($"{_cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        await _cluster.Ended(pilot);
        // Where the queue tells nothing of what has ended, it is looked for a while, and then another pilot can do no harm.
        try { await _bridge.Submit(pilot, default); }
        catch (GridError e) when (e.IsTransient) { Assert.That(e.Message, Does.Contain("not sure")); }
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_submission_that_reached_nobody_is_made_again_after_a_while()
    {
        var pilot = _cluster.Pilot();
        _cluster.Fault($"{_cluster.Commands.Submit} fail x1");
        await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        Assert.That(_cluster.JobsOf(pilot), Is.Empty, "a job may be listed a moment after it was accepted");
        _cluster.Time.Advance(Limits.SubmissionShows);
        await _bridge.Submit(pilot, default);
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task While_nobody_can_be_asked_whether_it_is_there_it_is_not_submitted_again()
    {
        var pilot = _cluster.Pilot();
        _cluster.Fault($"{_cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        _cluster.Fault($"{_cluster.Commands.Status} fail");
        for (var i = 0; i < 3; i++)
        {
            _cluster.Time.Advance(Limits.SubmissionShows);
            await Fails(ErrorCode.Unavailable, () => _bridge.Submit(pilot, default));
        }
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_submission_that_hangs_is_given_up_and_its_pilot_is_found()
    {
        var pilot = _cluster.Pilot();
        _cluster.Fault($"{_cluster.Commands.Submit} hang-after x1");
        await Fails(ErrorCode.Unavailable, () => _cluster.Bridge(patience: 1).Submit(pilot, default));
        await _bridge.Submit(pilot, default);
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_slow_answer_is_an_answer()
    {
        var pilot = _cluster.Pilot();
        _cluster.Fault($"{_cluster.Commands.Submit} delay 1 x1");
        await _bridge.Submit(pilot, default);
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_refusal_for_good_is_told_in_the_systems_own_words_and_leaves_nothing()
    {
        var pilot = _cluster.Pilot();
        var error = await Fails(ErrorCode.Invalid, () => _cluster.Bridge(Wrong).Submit(pilot, default));
        Assert.That(error.Message, Does.Match("(?i)queue|partition|parse"));
        Assert.That(_cluster.JobsOf(pilot), Is.Empty);
        Assert.That(Directory.Exists(_cluster.StateOf(pilot)), Is.False);
        await _bridge.Submit(pilot, default);
        Assert.That(_cluster.JobsOf(pilot), Has.Count.EqualTo(1), "once it was mended it is submitted");
    }

    [Test]
    public async Task A_pilot_of_several_nodes_has_one_agent_on_each([Values(2, 3)] int nodes)
    {
        var pilot = _cluster.Pilot(nodes);
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot, nodes);
        _cluster.Go(pilot);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        var agents = _cluster.Agents(pilot);
        Assert.That(agents, Has.Count.EqualTo(nodes));
        Assert.That(agents.Select(agent => agent.Node), Is.Unique);
        Assert.That(agents.Select(agent => Value(agent.Words, "--node")), Is.EqualTo(agents.Select(agent => agent.Node)));
        Assert.That(agents.Select(agent => Value(agent.Words, "--batch-id")).Distinct().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Pilots_do_not_share_cores()
    {
        var pilots = Enumerable.Range(0, 4).Select(_ => _cluster.Pilot()).ToList();
        foreach (var pilot in pilots) await _bridge.Submit(pilot, default);
        foreach (var pilot in pilots) await _cluster.Started(pilot);
        Assert.That(pilots.Select(pilot => _cluster.Agents(pilot).Single().Node), Is.Unique);
    }

    [Test]
    public async Task The_agent_knows_when_its_pilot_ends()
    {
        var pilot = _cluster.Pilot(minutes: 600);
        var before = DateTimeOffset.UtcNow;
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        var deadline = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Value(_cluster.Agents(pilot).Single().Words, "--deadline"), System.Globalization.CultureInfo.InvariantCulture));
        // Some systems tell the real end, in the simulation's quick minutes; others the walltime alone.
        Assert.That(deadline, Is.InRange(before.AddSeconds(50), DateTimeOffset.UtcNow.AddMinutes(600)));
    }

    [Test]
    public async Task Whatever_stands_in_an_argument_arrives_as_it_is()
    {
        string[] odd = ["a\"; touch WAS_RUN; #", "$(touch WAS_RUN)", "`touch WAS_RUN`", "it's", "two  words\nand a line", "ünï 粒子 * ? [a]", "-n", "\\", "'\\''", "a\tb", "!x", "~", "{{x}}",
            "%j", "&", ";", "|", "> WAS_RUN", "\\\n", "#SBATCH --nodes=9\n#PBS -l nodes=9\n#BSUB -n 99"];
        var random = new Random(7);
        var fuzzed = Enumerable.Range(0, 60).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => "'\"\\$`;&|<>(){}[]*?!#~ \n\tab=%é粒"[random.Next(29)])));
        string[] words = [.. odd, .. fuzzed];
        var pilot = _cluster.Pilot(2);
        await _cluster.Bridge(agent: words).Submit(pilot, default);
        await _cluster.Started(pilot, 2);
        foreach (var agent in _cluster.Agents(pilot)) Assert.That(agent.Words[1..(words.Length + 1)], Is.EqualTo(words));
        Assert.That(Directory.EnumerateFiles(_cluster.Folder, "WAS_RUN", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task Its_output_lies_where_the_bridge_looks_for_it()
    {
        var pilot = _cluster.Pilot();
        await _bridge.Submit(pilot, default);
        await _cluster.Started(pilot);
        _cluster.Go(pilot);
        await _cluster.UntilState(_bridge, pilot, BatchState.Ended);
        Assert.That(await File.ReadAllTextAsync(_cluster.Log(pilot)), Does.Contain("agent on node"));
        await _bridge.Forget([pilot.Tag], default);
        Assert.That(File.Exists(_cluster.Log(pilot)), Is.False);
        Assert.That(Directory.Exists(_cluster.StateOf(pilot)), Is.False);
    }

    /// <summary>HTCondor has no queues.</summary>
    private BatchOptions Wrong => system == "htcondor" ? new BatchOptions { Directives = ["nonsense"] } : new BatchOptions { Queue = "nowhere" };

    private static string Value(string[] words, string option) => words[Array.LastIndexOf(words, option) + 1];

    private static async Task<GridError> Fails(ErrorCode code, Func<Task> work)
    {
        var error = await Assert.ThrowsAsync<GridError>(() => work());
        Assert.That(error!.Code, Is.EqualTo(code), error.Message);
        return error;
    }
}
