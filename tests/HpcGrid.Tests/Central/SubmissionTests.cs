using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class SubmissionTests : CentralTests
{
    [Test]
    public async Task A_job_waits_after_submission()
    {
        var job = (await Submit(Echo)).Job;
        var detail = await Jdoe.Call(new DescribeJob(job), default);
        Assert.Multiple(() =>
        {
            Assert.That((detail.Line.State, detail.Line.User, detail.Line.Name, detail.Line.Attempt), Is.EqualTo(("WAITING", "jdoe", "echo", 1)));
            Assert.That(detail.Jdl, Does.Contain("/bin/echo"));
            Assert.That(detail.OutputDirectory, Is.EqualTo($"{TestCentral.Jdoe}/hpcgrid-job-{job}"));
        });
    }

    [Test]
    public async Task A_wrong_description_stores_nothing(
        [Values("Executable", "Executable = \"nowhere.sh\";", "Command = {\"/bin/true\"}; InputFile = {\"LF:/hpcgrid/missing\"};",
            "Command = {\"/bin/true\"}; ValidationCommand = \"/hpcgrid/bin/missing\";", "Command = {\"/bin/true\"}; Split = \"production:5-1\";",
            "Command = {\"/bin/true\"}; OutputDir = \"/hpcgrid/bin/mine\"; Output = {\"x\"};")] string jdl)
    {
        await Assert.ThrowsAsync<GridError>(() => Submit(jdl, "key"));
        Assert.That((await Jdoe.Call(new ListJobs(), default)).Jobs, Is.Empty);
        foreach (var table in new[] { "job", "description", "waiting", "demand", "submission", "event" })
            Assert.That(Central.Database.Read(session => session.Number($"SELECT COUNT(*) FROM {table}")), Is.Zero, table);
        // The same key may be used when nothing came of it.
        Assert.That((await Submit(Echo, "key")).Job, Is.EqualTo(1));
    }

    [Test]
    public async Task A_missing_input_is_named() =>
        await Refused(ErrorCode.NotFound, "/hpcgrid/user/j/jdoe/missing.root", () => Submit($"{Echo} InputFile = {{\"LF:{TestCentral.Jdoe}/missing.root\"}};"));

    [Test]
    public async Task Programs_are_looked_for_beside_a_description_that_lies_in_the_catalogue()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/simulate", [1]);
        const string job = "Executable = \"simulate\";";
        await Refused(ErrorCode.NotFound, "is in none of", () => Submit(job));
        await Submit($"{job} JDLPath = \"{TestCentral.Jdoe}/job.jdl\";");
        var assignment = (await (await TestBridge.Join(Central)).Match(1))[0];
        Assert.That(assignment.Sources.Single().Lfn, Is.EqualTo(TestCentral.Jdoe + "/simulate"));
    }

    [Test]
    public async Task Programs_are_looked_up_in_three_places_and_inputs_by_pattern()
    {
        var admin = Central.Client("admin");
        await Central.Put(admin, "/hpcgrid/bin/simulate", [1]);
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/bin", false), default);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/bin/check", [2]);
        foreach (var name in new[] { "b.dat", "a.dat", "c.txt" }) await Central.Put(Jdoe, $"{TestCentral.Jdoe}/{name}", [3]);
        await Submit($"Executable = \"simulate\"; ValidationCommand = \"check\"; InputFile = {{\"LF:{TestCentral.Jdoe}/*.dat\"}};");
        var assignment = (await (await TestBridge.Join(Central)).Match(1))[0];
        var spec = TestBridge.SpecOf(assignment);
        Assert.Multiple(() =>
        {
            Assert.That(assignment.Sources.Select(source => source.Lfn), Is.EqualTo(new[]
                { "/hpcgrid/bin/simulate", TestCentral.Jdoe + "/bin/check", TestCentral.Jdoe + "/a.dat", TestCentral.Jdoe + "/b.dat" }));
            Assert.That(spec.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "simulate", "check", "a.dat", "b.dat" }));
            Assert.That(spec.Inputs.Select(input => input.Executable), Is.EqualTo(new[] { true, true, false, false }));
            Assert.That(spec.Argv[0], Is.EqualTo("simulate"));
        });
    }

    [Test]
    public async Task Two_inputs_of_one_name_and_outputs_in_each_others_way_are_refused()
    {
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/d", false), default);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/x", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/d/x", [2]);
        await Refused(ErrorCode.Invalid, "same name", () => Submit($"{Echo} InputFile = {{\"LF:{TestCentral.Jdoe}/x\", \"LF:{TestCentral.Jdoe}/d/x\"}};"));
        await Refused(ErrorCode.Invalid, "OutputDir", () => Submit(Production(3, $"OutputDir = \"{TestCentral.Jdoe}/out\"; Output = {{\"result\"}};")));
        await Refused(ErrorCode.Exists, "/d/x", () => Submit($"{Echo} OutputDir = \"{TestCentral.Jdoe}/d\"; Output = {{\"x\"}};"));
        await Submit(Production(3, $"OutputDir = \"{TestCentral.Jdoe}/out/#alien_counter#\"; Output = {{\"result\"}};"));
    }

    [Test]
    public async Task The_same_key_and_text_make_one_job_and_another_text_is_a_conflict()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Submit(Production(3), "monday")));
        Assert.That(answers.Select(answer => (answer.Job, answer.Subjobs)), Is.All.EqualTo((1L, 3)));
        await Refused(ErrorCode.Conflict, "monday", () => Submit(Production(4), "monday"));
        Assert.That((await Central.Client("mary").Call(new SubmitJob(Echo, [], "monday"), default)).Job, Is.EqualTo(5));
    }

    [Test]
    public async Task Others_jobs_do_not_exist_and_an_admin_sees_all()
    {
        var job = (await Submit(Echo)).Job;
        var mary = Central.Client("mary");
        await Refused(ErrorCode.NotFound, "no job", () => mary.Call(new DescribeJob(job), default));
        await Refused(ErrorCode.NotFound, "no job", () => mary.Call(new ReadLog(job), default));
        await Refused(ErrorCode.Denied, "admin", () => mary.Call(new ListJobs { AllUsers = true }, default));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await mary.Call(new ListJobs { Jobs = [job] }, default)).Jobs, Is.Empty);
            Assert.That((await mary.Call(new KillJobs([job]), default)).Jobs[0].Ok, Is.False);
            Assert.That((await Central.Client("admin").Call(new ListJobs { AllUsers = true }, default)).Jobs, Has.Count.EqualTo(1));
            Assert.That(await StateOf(job), Is.EqualTo("WAITING"));
        });
    }

    [Test]
    public async Task Jobs_are_listed_newest_first_in_pages_and_by_state()
    {
        for (var i = 0; i < 5; i++) await Submit(Echo);
        await Jdoe.Call(new KillJobs([2, 4]), default);
        var page = await Jdoe.Call(new ListJobs { Limit = 2 }, default);
        var next = await Jdoe.Call(new ListJobs { Limit = 10, Before = page.Jobs[^1].Job }, default);
        var killed = await Jdoe.Call(new ListJobs { States = ["killed"] }, default);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((page.Jobs.Select(line => line.Job), page.More), Is.EqualTo((new[] { 5L, 4L }, true)));
            Assert.That((next.Jobs.Select(line => line.Job), next.More), Is.EqualTo((new[] { 3L, 2L, 1L }, false)));
            Assert.That(killed.Jobs.Select(line => line.Job), Is.EqualTo(new[] { 4L, 2L }));
            await Refused(ErrorCode.Invalid, "NONSENSE", () => Jdoe.Call(new ListJobs { States = ["NONSENSE"] }, default));
        });
    }

    [Test]
    public async Task Ten_thousand_subjobs_are_one_submission_with_the_right_progress()
    {
        var answer = await Submit(Production(10_000));
        var bridge = await TestBridge.Join(Central);
        var taken = await bridge.Match(2000);
        foreach (var chunk in taken.Take(100).Chunk(25))
            await bridge.Report([.. chunk.SelectMany(job => new[] { TestBridge.Started(job.AttemptId), TestBridge.Running(job.AttemptId), TestBridge.Ended(job.AttemptId, JobState.Done) })]);
        await bridge.Report(TestBridge.Running(taken[200].AttemptId));
        var progress = await Jdoe.Call(new FollowJob(answer.Job), default);
        var waiting = await Jdoe.Call(new ListJobs { Master = answer.Job, States = ["DONE"], Limit = 1000 }, default);
        Assert.Multiple(() =>
        {
            Assert.That((answer.Job, answer.Subjobs), Is.EqualTo((1L, 10_000)));
            Assert.That(taken.Select(job => job.Job).Distinct().Count(), Is.EqualTo(2000));
            Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["WAITING"] = 8000, ["ASSIGNED"] = 1899, ["RUNNING"] = 1, ["DONE"] = 100 }));
            Assert.That(progress.Nodes, Is.EqualTo(new[] { new NodeProgress("node1", 1, 100) }));
            Assert.That(waiting.Jobs, Has.Count.EqualTo(100));
            Assert.That(waiting.Jobs.Select(line => line.Master), Is.All.EqualTo(1));
        });
    }
}
