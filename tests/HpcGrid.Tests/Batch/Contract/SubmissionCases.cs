using HpcGrid.Bridge;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Batch.Contract;

/// <summary>What every batch system must keep when pilots are submitted: once, whatever goes wrong, and as they were meant (R-H2 to R-H4).</summary>
public abstract class SubmissionCases : ContractCases
{
    private protected SubmissionCases(Func<ContractCluster> open) : base(open)
    {
    }

    [Test]
    public async Task A_pilot_is_submitted_and_its_agent_starts()
    {
        var pilot = Cluster.Pilot();
        var id = await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        var words = Cluster.Agents(pilot).Single().Words;
        Assert.Multiple(() =>
        {
            Assert.That(Value(words, "--batch-id"), Is.EqualTo(id), "the agent knows the id that the bridge knows");
            Assert.That(Value(words, "--pilot"), Is.EqualTo(pilot.Tag));
            Assert.That(Value(words, "--cores"), Is.EqualTo("2"));
            Assert.That(Value(words, "--node"), Does.Match(@"^[a-z]+\d*$"));
            Assert.That(Cluster.EnvironmentOf(pilot), Does.Contain($"HPCGRID_PILOT={pilot.Tag}"));
        });
    }

    [Test]
    public async Task Asked_for_twice_and_by_another_bridge_it_is_submitted_once()
    {
        var pilot = Cluster.Pilot();
        var id = await Bridge.Submit(pilot, default);
        Assert.That(await Bridge.Submit(pilot, default), Is.EqualTo(id));
        Assert.That(await Cluster.Bridge().Submit(pilot, default), Is.EqualTo(id));
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_lost_answer_submits_nothing_twice([Values] bool restarted)
    {
        var pilot = Cluster.Pilot();
        Cluster.Fault($"{Cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        var id = await (restarted ? Cluster.Bridge() : Bridge).Submit(pilot, default);
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
        Assert.That(id, Does.StartWith(Cluster.JobsOf(pilot)[0]), "found by its tag");
    }

    [Test]
    public async Task A_lost_answer_of_a_pilot_that_has_ended_meanwhile_submits_nothing_twice()
    {
        var pilot = Cluster.Pilot();
        Cluster.Go(pilot);
        Cluster.Fault($"{Cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        await Cluster.Ended(pilot);
        // Where the queue tells nothing of what has ended, it is looked for a while, and then another pilot can do no harm.
        try { await Bridge.Submit(pilot, default); }
        catch (GridError e) when (e.IsTransient) { Assert.That(e.Message, Does.Contain("not sure")); }
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_submission_that_reached_nobody_is_made_again_after_a_while()
    {
        var pilot = Cluster.Pilot();
        Cluster.Fault($"{Cluster.Commands.Submit} fail x1");
        await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        Assert.That(Cluster.JobsOf(pilot), Is.Empty, "a job may be listed a moment after it was accepted");
        Cluster.Time.Advance(Limits.SubmissionShows);
        await Bridge.Submit(pilot, default);
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task While_nobody_can_be_asked_whether_it_is_there_it_is_not_submitted_again()
    {
        var pilot = Cluster.Pilot();
        Cluster.Fault($"{Cluster.Commands.Submit} lost-answer x1");
        await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        Cluster.Fault($"{Cluster.Commands.Status} fail");
        for (var i = 0; i < 3; i++)
        {
            Cluster.Time.Advance(Limits.SubmissionShows);
            await Fails(ErrorCode.Unavailable, () => Bridge.Submit(pilot, default));
        }
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_submission_that_hangs_is_given_up_and_its_pilot_is_found()
    {
        var pilot = Cluster.Pilot();
        Cluster.Fault($"{Cluster.Commands.Submit} hang-after x1");
        await Fails(ErrorCode.Unavailable, () => Cluster.Bridge(patience: 3).Submit(pilot, default));
        await Bridge.Submit(pilot, default);
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_slow_answer_is_an_answer()
    {
        var pilot = Cluster.Pilot();
        Cluster.Fault($"{Cluster.Commands.Submit} delay 1 x1");
        await Bridge.Submit(pilot, default);
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_refusal_for_good_is_told_in_the_systems_own_words_and_leaves_nothing()
    {
        var pilot = Cluster.Pilot();
        var error = await Fails(ErrorCode.Invalid, () => Cluster.Bridge(Cluster.Nature.Wrong).Submit(pilot, default));
        Assert.That(error.Message, Does.Match("(?i)queue|partition|parse"));
        Assert.That(Cluster.JobsOf(pilot), Is.Empty);
        Assert.That(Directory.Exists(Cluster.StateOf(pilot)), Is.False);
        await Bridge.Submit(pilot, default);
        Assert.That(Cluster.JobsOf(pilot), Has.Count.EqualTo(1), "once it was mended it is submitted");
    }

    [Test]
    public async Task A_pilot_of_several_nodes_has_one_agent_on_each([Values(2, 3)] int nodes)
    {
        Needs(Ability.SeveralNodes);
        var pilot = Cluster.Pilot(nodes);
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot, nodes);
        Cluster.Go(pilot);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        var agents = Cluster.Agents(pilot);
        Assert.That(agents, Has.Count.EqualTo(nodes));
        Assert.That(agents.Select(agent => agent.Node), Is.Unique);
        Assert.That(agents.Select(agent => Value(agent.Words, "--node")), Is.EqualTo(agents.Select(agent => agent.Node)));
        Assert.That(agents.Select(agent => Value(agent.Words, "--batch-id")).Distinct().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Pilots_do_not_share_cores()
    {
        Needs(Ability.SeveralNodes);
        var pilots = Enumerable.Range(0, 4).Select(_ => Cluster.Pilot()).ToList();
        foreach (var pilot in pilots) await Bridge.Submit(pilot, default);
        foreach (var pilot in pilots) await Cluster.Started(pilot);
        Assert.That(pilots.Select(pilot => Cluster.Agents(pilot).Single().Node), Is.Unique);
    }

    [Test]
    public async Task The_agent_knows_when_its_pilot_ends()
    {
        var pilot = Cluster.Pilot(walltime: TimeSpan.FromMinutes(600));
        var before = DateTimeOffset.UtcNow;
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        var deadline = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Value(Cluster.Agents(pilot).Single().Words, "--deadline"), System.Globalization.CultureInfo.InvariantCulture));
        // Some systems tell the real end, which is near where minutes are quick; others the walltime alone.
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
        var nodes = Cluster.Nature.Lacks.ContainsKey(Ability.SeveralNodes) ? 1 : 2;
        var pilot = Cluster.Pilot(nodes);
        await Cluster.Bridge(agent: words).Submit(pilot, default);
        await Cluster.Started(pilot, nodes);
        foreach (var agent in Cluster.Agents(pilot)) Assert.That(agent.Words[1..(words.Length + 1)], Is.EqualTo(words));
        Assert.That(Directory.EnumerateFiles(Cluster.Folder, "WAS_RUN", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task A_name_that_a_directive_could_not_bear_is_refused_and_nothing_is_submitted()
    {
        string[] odd = ["a\"b", "it's", "a\ntouch WAS_RUN", "a; touch WAS_RUN", "$(touch WAS_RUN)", "`touch WAS_RUN`", "ünï", "a b", "a\r", "a\0b", "a#b", "../a", "a|b", "a&"];
        var pilot = Cluster.Pilot();
        foreach (var name in odd)
            foreach (var options in (BatchOptions[])[new() { Queue = name }, new() { Account = name }, new() { Qos = name }, new() { Project = name },
                new() { Reservation = name }, new() { Constraint = name }, new() { Licences = name }])
                Assert.That(Assert.Throws<GridError>(() => Cluster.Bridge(options))!.Code, Is.EqualTo(ErrorCode.Invalid), name);
        foreach (var name in odd.Where(name => !name.Contains('\0') && !name.Contains('/')))
            await Fails(ErrorCode.Invalid, () => Bridge.Submit(pilot with { Tag = name }, default));
        Assert.That(Cluster.JobsOf(pilot), Is.Empty);
        Assert.That(Directory.EnumerateFiles(Cluster.Folder, "WAS_RUN", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task Its_output_lies_where_the_bridge_looks_for_it()
    {
        var pilot = Cluster.Pilot();
        await Bridge.Submit(pilot, default);
        await Cluster.Started(pilot);
        Cluster.Go(pilot);
        await Cluster.UntilState(Bridge, pilot, BatchState.Ended);
        Assert.That(await File.ReadAllTextAsync(Cluster.Log(pilot)), Does.Contain("agent on "));
        await Bridge.Forget([pilot.Tag], default);
        Assert.That(File.Exists(Cluster.Log(pilot)), Is.False);
        Assert.That(Directory.Exists(Cluster.StateOf(pilot)), Is.False);
    }

    private static string Value(string[] words, string option) => words[Array.LastIndexOf(words, option) + 1];
}
