using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

/// <summary>Collections, DAGs and parametric jobs in central (R-A1 to R-A4, R-A11).</summary>
internal sealed class CollectionTests : CentralTests
{
    [Test]
    public async Task A_collection_is_one_submission_and_the_answer_tells_its_nodes()
    {
        var answer = await Submit("Type = \"collection\"; Nodes = {[NodeName = \"a\"; Command = {\"/bin/a\"}], [NodeName = \"b\"; Command = {\"/bin/b\"}; TTL = 60]};", "once");
        Assert.That((answer.Job, answer.Subjobs, string.Join(',', answer.Nodes)), Is.EqualTo((1L, 2, "a,b")));
        Assert.That((await Submit("Type = \"collection\"; Nodes = {[NodeName = \"a\"; Command = {\"/bin/a\"}], [NodeName = \"b\"; Command = {\"/bin/b\"}; TTL = 60]};", "once")).Nodes,
            Is.EqualTo(answer.Nodes));
        var bridge = await TestBridge.Join(Central);
        var taken = (await bridge.Match(5)).OrderBy(one => one.Job).ToList();
        Assert.That(taken.Select(one => (one.Job, TestBridge.SpecOf(one).Argv[0])), Is.EqualTo(new[] { (2L, "/bin/a"), (3L, "/bin/b") }));
        Assert.That(TestBridge.SpecOf(taken[1]).Resources.TtlSeconds, Is.EqualTo(60));
        foreach (var one in taken) await bridge.Finish(one.AttemptId);
        Assert.That(await StateOf(1), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_shared_input_of_a_thousand_nodes_is_stored_once_and_reaches_every_node()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/shared", [1, 2, 3]);
        var nodes = string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"[Arguments = \"{i}\"]"));
        await Submit($"Command = {{\"/bin/x\"}}; InputFile = \"{TestCentral.Jdoe}/shared\"; Nodes = {{{nodes}}};");
        var taken = await (await TestBridge.Join(Central)).Match(1000);
        Assert.That(taken.Select(one => TestBridge.SpecOf(one).Argv[1]).ToHashSet(), Has.Count.EqualTo(1000));
        Assert.That(taken.SelectMany(one => one.Sources).Select(source => source.Replicas[0].Pfn).Distinct().Count(), Is.EqualTo(1));
        Assert.That(Central.Database.Read(session => session.Number("SELECT COUNT(*) FROM replica")), Is.EqualTo(1));
    }

    [Test]
    public async Task Equal_nodes_are_one_group_however_many()
    {
        await Submit($"Command = {{\"/bin/x\"}}; Nodes = {{{string.Join(", ", Enumerable.Repeat("[]", 500))}}};");
        Assert.That(Central.Database.Read(session => (session.Number("SELECT COUNT(*) FROM demand"), session.Number("SELECT COUNT(*) FROM waiting"))), Is.EqualTo((1L, 500L)));
    }

    [Test]
    public async Task A_node_runs_when_those_before_it_are_done_and_reads_what_they_wrote()
    {
        var answer = await Submit("""
            Type = "dag"; Command = {"/bin/x"}; OutputDir = "dag/#alien_counter#"; Output = {"hist"};
            Nodes = [ a = [ ]; b = [ InputFile = "dag/1/hist" ]; c = [ InputData = {"dag/1/hist", "dag/2/hist,nodownload"}; InputDataList = "l" ]; ];
            Dependencies = {{a, b}, {{a, b}, c}};
            """);
        var bridge = await TestBridge.Join(Central);
        Assert.That((await LineOf(3)).Reason, Is.EqualTo("waits for job 2"));
        Assert.That((await LineOf(4)).Reason, Is.EqualTo("waits for jobs 2, 3"));
        Assert.That((answer.Nodes.Count, await StateOf(3)), Is.EqualTo((3, "WAITING")));
        var a = (await bridge.Match(5)).Single();
        await bridge.Report(TestBridge.Running(a.AttemptId), TestBridge.Ended(a.AttemptId, JobState.Done, await bridge.Upload(a, "hist", [7])));
        var b = (await bridge.Match(5)).Single();
        Assert.That((b.Job, b.Sources.Single().Lfn, TestBridge.SpecOf(b).OutputDirectory), Is.EqualTo((3L, TestCentral.Jdoe + "/dag/1/hist", TestCentral.Jdoe + "/dag/2")));
        await bridge.Report(TestBridge.Running(b.AttemptId), TestBridge.Ended(b.AttemptId, JobState.Done, await bridge.Upload(b, "hist", [8])));
        var c = (await bridge.Match(5)).Single();
        Assert.That((c.Job, c.Sources.Count, TestBridge.SpecOf(c).MadeFiles[0].Text.Split("<file ").Length), Is.EqualTo((4L, 1, 3)));
        await bridge.Finish(c.AttemptId);
        Assert.That(await StateOf(answer.Job), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_node_whose_input_nobody_wrote_ends_and_says_which()
    {
        await Submit("Type = \"dag\"; Command = {\"/bin/x\"}; Nodes = [ a = []; b = [InputFile = \"dag/nothing\"]; c = []; ]; Dependencies = {{a, b}, {b, c}};");
        var bridge = await TestBridge.Join(Central);
        await bridge.Finish((await bridge.Match(5)).Single().AttemptId);
        Assert.That(((await LineOf(3)).State, (await LineOf(4)).State, await StateOf(1)), Is.EqualTo(("ERROR_I", "ERROR_A", "FAILED")));
        Assert.That((await LineOf(3)).Reason, Does.Contain("dag/nothing"));
        // Once it is there the node can be tried again, and what was behind it waits again.
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/dag", false), default);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/dag/nothing", [1]);
        await Jdoe.Call(new ResubmitJobs([3]), default);
        var b = (await bridge.Match(5)).Single();
        Assert.That((b.Job, b.Sources.Count), Is.EqualTo((3L, 1)));
        await bridge.Finish(b.AttemptId);
        await bridge.Finish((await bridge.Match(5)).Single().AttemptId);
        Assert.That(await StateOf(1), Is.EqualTo("DONE"));
    }

    [TestCase("Nodes = {[NodeName = \"a\"], [NodeName = \"b\"]}; Dependencies = {{a, b}, {b, a}};", "a → b → a")]
    [TestCase("Nodes = {[NodeName = \"a\"], [NodeName = \"b\"; ValidationCommand = \"/hpcgrid/none\"]}; Dependencies = {{a, b}};", "node b: ")]
    public async Task What_cannot_become_a_dag_is_refused_whole(string entries, string message)
    {
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Submit($"Type = \"dag\"; {Echo} {entries}")))!.Message, Does.Contain(message));
        Assert.That((await Jdoe.Call(new ListJobs(), default)).Jobs, Is.Empty);
    }

    [Test]
    public async Task A_stored_description_that_is_not_understood_any_more_stops_nobody_else()
    {
        await Submit("Command = {\"/bin/old\"}; Priority = 9;");
        await Central.Database.Write(session => session.Execute("UPDATE description SET jdl = 'TTL = nonsense;'"));
        await Central.Restart();
        await Submit(Echo);
        Assert.That((await (await TestBridge.Join(Central)).Match(5)).Select(one => one.Job), Is.EqualTo(new[] { 2L }));
        Assert.That(await StateOf(1), Is.EqualTo("WAITING"));
        await Jdoe.Call(new KillJobs([1]), default);
        Assert.That(await StateOf(1), Is.EqualTo("KILLED"));
    }

    [Test]
    public async Task A_parametric_job_costs_one_description_unless_its_parameter_chooses_sites()
    {
        await Submit("Command = {\"/bin/x\", \"_PARAM_\"}; Parameters = 10000; OutputDir = \"o/_PARAM_\";");
        Assert.That(Central.Database.Read(session => session.Number("SELECT COUNT(*) FROM description")), Is.EqualTo(1));
        var taken = (await (await TestBridge.Join(Central)).Match(3)).OrderBy(one => one.Job).ToList();
        Assert.That(taken.Select(one => TestBridge.SpecOf(one).Argv[1]), Is.EqualTo(new[] { "0", "1", "2" }));
        await Submit("Command = {\"/bin/x\"}; Parameters = {\"HPCGRID::ORNL::TITAN\", \"X::Y::Z\"}; Requirements = other.CE == \"_PARAM_\"; Priority = 5;");
        Assert.That(Central.Database.Read(session => session.Number("SELECT COUNT(*) FROM demand")), Is.EqualTo(3));
        Assert.That((await new TestBridge(Central, Central.Client("titan")).Match(1))[0].Job, Is.EqualTo(10_003));
    }
}
