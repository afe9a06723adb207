using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

/// <summary>Jobs that are split over their inputs or described as many, as central stores and gives them out.</summary>
internal sealed class SplitTests : CentralTests
{
    private const string Data = TestCentral.Jdoe + "/data";

    [Test]
    public async Task Each_subjob_gets_its_own_data_and_all_get_the_input_files()
    {
        await PutData("a/1.dat", "a/2.dat", "b/3.dat", "shared.txt");
        var answer = await Submit($$"""
            Command = {"/bin/x", "#alienfirstfilename#"}; Split = "directory"; InputFile = "{{Data}}/shared.txt"; OutputDir = "out/#alienfirstdir#";
            InputData = {"LF:{{Data}}/a/*", "LF:{{Data}}/b/3.dat"}; InputDataList = "wn.txt"; InputDataListFormat = "txt-list"; Output = {"stdout"};
            """);
        var assignments = (await (await TestBridge.Join(Central)).Match(10)).OrderBy(one => one.Job).ToList();
        var specs = assignments.Select(TestBridge.SpecOf).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(answer.Subjobs, Is.EqualTo(2));
            Assert.That(specs.Select(spec => string.Join(' ', spec.Inputs.Select(input => input.Name))), Is.EqualTo(new[] { "shared.txt 1.dat 2.dat", "shared.txt 3.dat" }));
            Assert.That(specs.Select(spec => spec.Argv[1]), Is.EqualTo(new[] { "1.dat", "3.dat" }));
            Assert.That(specs.Select(spec => spec.OutputDirectory), Is.EqualTo(new[] { TestCentral.Jdoe + "/out/a", TestCentral.Jdoe + "/out/b" }));
            Assert.That(specs[1].MadeFiles[0].Text, Is.EqualTo($"{Data}/b/3.dat\n"));
            Assert.That(assignments.Select(one => one.Sources.Count), Is.EqualTo(specs.Select(spec => spec.Inputs.Count)));
        });
    }

    [Test]
    public async Task A_subjobs_token_reads_its_own_data_and_not_its_siblings()
    {
        await PutData("1.dat", "2.dat");
        await Submit($"{Echo} Split = \"file\"; InputData = {{\"LF:{Data}/*.dat\"}};");
        var assignments = await (await TestBridge.Join(Central)).Match(2);
        using var bytes = new MemoryStream();
        var storage = Central.Storage("titan");
        await storage.Get(assignments[0].Sources[0].Replicas[0].Url, assignments[0].Token, bytes, default);
        Assert.That(bytes.ToArray(), Is.Not.Empty);
        await Refused(ErrorCode.Denied, "does not permit", () => storage.Get(assignments[1].Sources[0].Replicas[0].Url, assignments[0].Token, bytes, default));
    }

    [Test]
    public async Task Equal_subjobs_are_one_group_and_the_master_keeps_what_was_described()
    {
        await PutData([.. Enumerable.Range(0, 20).Select(i => $"{i:D2}.dat")]);
        var jdl = $"{Echo} Split = \"file\"; InputData = {{\"LF:{Data}/*\"}};";
        var first = await Submit(jdl);
        await Submit(jdl);
        Assert.Multiple(() =>
        {
            // The resolved inputs stand there once, however often the same is submitted.
            Assert.That(Count("demand"), Is.EqualTo(1));
            Assert.That(Count("description"), Is.EqualTo(2));
            Assert.That(Count("part_data"), Is.EqualTo(20));
            Assert.That(Count("waiting"), Is.EqualTo(40));
        });
        var described = await Jdoe.Call(new DescribeJob(first.Job), default);
        Assert.That(described.Jdl, Does.Contain("Split = \"file\"").And.Contain("InputData"));
        Assert.That((await Jdoe.Call(new DescribeJob(first.Job + 1), default)).Jdl, Does.Not.Contain("Split"));
    }

    [Test]
    public async Task A_split_that_fails_in_its_last_subjob_leaves_nothing(
        [Values("Split = \"file\"; OutputDir = \"out\"; Output = {\"#alienfilename/[0-9]/x/#\"};", "Split = \"file\"; InputData = {\"LF:/hpcgrid/missing\"};",
            "Split = \"directory\"; OutputDir = \"/hpcgrid/bin/#alien_counter#\"; Output = {\"x\"};", "Split = \"file\"; WorkDirectorySize = 1;",
            "Split = \"userdefined\"; SplitDefinitions = {[TTL = 5], [InputFile = \"/hpcgrid/missing\"]};")] string entries)
    {
        await PutData("1.dat", "2.dat", "3.dat");
        await Central.Put(Jdoe, $"{Data}/big.dat", new byte[3 * 1024 * 1024]);
        await Assert.ThrowsAsync<GridError>(() => Submit($"{Echo} InputData = {{\"LF:{Data}/*\"}}; {entries}"));
        foreach (var table in new[] { "job", "description", "waiting", "demand", "part_data", "event", "dependency" }) Assert.That(Count(table), Is.Zero, table);
    }

    [Test]
    public async Task Subjobs_that_would_save_under_one_name_are_named()
    {
        await PutData("1.dat", "2.dat");
        await Refused(ErrorCode.Invalid, "subjobs 1 and 2 would both save /hpcgrid/user/j/jdoe/out/result",
            () => Submit($"{Echo} Split = \"file\"; InputData = {{\"LF:{Data}/*\"}}; OutputDir = \"out\"; Output = {{\"result\"}};"));
        await Refused(ErrorCode.Invalid, "subjobs 1 and 3 would both save", () => Submit($"{Echo} Parameters = {{\"a\", \"b\", \"a\"}}; OutputDir = \"out/_PARAM_\";"));
        await Refused(ErrorCode.Invalid, "subjobs 1 and 2 would both save", () => Submit($"{Echo} OutputDir = \"out\"; Output = {{\"x\"}}; Nodes = {{[], []}};"));
    }

    [Test]
    public async Task Subjobs_near_different_storage_elements_are_groups_of_their_own()
    {
        await PutData("1.dat");
        var element = Central.Host.Element.Name;
        var answer = await Submit($"{Echo} Split = \"se\"; SplitMaxInputFileNumber = 10; InputData = {{\"LF:{Data}/*\"}}; Requirements = other.TTL > 5;");
        var jdl = (await Jdoe.Call(new DescribeJob(answer.Job + 1), default)).Jdl;
        Assert.That(jdl, Does.Contain($"Requirements = (other.TTL > 5) && (member(other.CloseSE, \"{element}\"));"));
        var bridge = await TestBridge.Join(Central);
        Assert.That(await bridge.Match(5), Is.Empty);
        var near = await bridge.Client.Call(new MatchJobs(Guid.NewGuid(), TestBridge.Slots with { CloseSe = [element] }, 5), default);
        Assert.That(near.Assignments, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Missing_inputs_are_left_out_as_far_as_the_description_allows()
    {
        await PutData("1.dat", "2.dat", "3.dat");
        var named = $"InputData = {{\"LF:{Data}/1.dat\", \"LF:{Data}/2.dat\", \"LF:{Data}/3.dat\", \"LF:{Data}/4.dat\"}}; Split = \"file\";";
        await Refused(ErrorCode.NotFound, "4.dat", () => Submit($"{Echo} {named}"));
        await Refused(ErrorCode.NotFound, "4.dat", () => Submit($"{Echo} {named} MaxInputMissingThreshold = 24;"));
        var answer = await Submit($"{Echo} {named} MaxInputMissingThreshold = 25;");
        Assert.That(answer.Subjobs, Is.EqualTo(3));
        Assert.That(answer.Remarks, Has.Some.Contains("1 input files are left out").And.Contains("4.dat"));
        await Refused(ErrorCode.Invalid, "which storage elements", () => Submit($"{Echo} Split = \"file\"; InputData = \"{Data}/1.dat\"; ForceOnlySEInput = true;"));
        await Refused(ErrorCode.NotFound, "1 of 1 input files are in none", () => Submit(
            $"{Echo} Split = \"file\"; InputData = \"{Data}/1.dat\"; ForceOnlySEInput = true; Requirements = member(other.CloseSE, \"V::S::OTHER\");"));
    }

    [Test]
    public async Task A_collection_lists_input_data_in_xml_or_line_by_line()
    {
        await PutData("1.dat", "2.dat");
        await Central.Put(Jdoe, $"{Data}/c.xml", Encoding.UTF8.GetBytes($"""
            <?xml version="1.0"?>
            <alien><collection name="x"><event name="1"><file name="1.dat" lfn="{Data}/1.dat" turl="alien://x"/></event>
            <event name="2"><file lfn="{Data}/2.dat"/></event><info command="x"/></collection></alien>
            """));
        await Central.Put(Jdoe, $"{Data}/c.txt", Encoding.UTF8.GetBytes($"# data\n{Data}/2.dat\n\nLF:{Data}/1.dat\r\n"));
        Assert.That((await Submit($"{Echo} Split = \"file\"; InputDataCollection = \"LF:{Data}/c.xml\";")).Subjobs, Is.EqualTo(2));
        await Submit($"{Echo} InputDataCollection = \"LF:{Data}/c.txt,nodownload\"; InputDataList = \"l\"; InputDataListFormat = \"txt-list\"; Priority = 9;");
        var spec = TestBridge.SpecOf((await (await TestBridge.Join(Central)).Match(1))[0]);
        Assert.That((spec.Inputs.Count, spec.MadeFiles[0].Text), Is.EqualTo((0, $"{Data}/2.dat\n{Data}/1.dat\n")));
    }

    [TestCase("<!DOCTYPE a [<!ENTITY x \"y\">]><alien><file lfn=\"/a\"/></alien>", "cannot be read")]
    [TestCase("<alien><file lfn=\"/a\"></alien>", "cannot be read")]
    [TestCase("<alien></alien>", "names no file")]
    [TestCase("", "names no file")]
    [TestCase("\u0001\0\u0002", "neither XML nor text")]
    [TestCase("<alien><file lfn=\"/hpcgrid/nowhere\"/></alien>", "/hpcgrid/nowhere")]
    public async Task A_collection_that_is_none_is_refused(string text, string message)
    {
        await Central.Put(Jdoe, $"{TestCentral.Jdoe}/c", Encoding.UTF8.GetBytes(text));
        Assert.That((await Assert.ThrowsAsync<GridError>(() => Submit($"{Echo} InputDataCollection = \"{TestCentral.Jdoe}/c\";")))!.Message, Does.Contain(message));
    }

    [Test]
    public async Task A_dry_run_shows_what_would_run_and_stores_nothing()
    {
        await PutData("1.dat", "2.dat");
        var plan = await Jdoe.Call(new PlanJob($"Command = {{\"/bin/x\", \"$1\"}}; Unheard = 1; Split = \"file\"; InputData = {{\"{Data}/*\"}}; Requirements = other.TTL > 5;",
            ["word"]) { Show = 1 }, default);
        Assert.Multiple(() =>
        {
            Assert.That((plan.Subjobs, plan.Jobs.Count, plan.Jobs[0].Number), Is.EqualTo((2, 1, 1)));
            Assert.That(plan.Jobs[0].Spec.Argv, Is.EqualTo(new[] { "/bin/x", "word" }));
            Assert.That(plan.Jobs[0].Spec.Inputs[0].Lfn, Is.EqualTo($"{Data}/1.dat"));
            Assert.That(plan.Jobs[0].Requirements, Is.EqualTo("other.TTL > 5"));
            Assert.That(plan.Remarks, Has.Some.Contains("Unheard"));
            foreach (var table in new[] { "job", "description", "waiting", "demand", "part_data", "event" }) Assert.That(Count(table), Is.Zero, table);
        });
        Assert.That((await Jdoe.Call(new PlanJob(Echo, []), default)).Jobs.Select(job => job.Number), Is.EqualTo(new[] { 0 }));
        Assert.That((await Jdoe.Call(new PlanJob(Production(1_000_000), []) { Show = 3 }, default)).Jobs, Has.Count.EqualTo(3));
        await Refused(ErrorCode.Invalid, "TTL", () => Jdoe.Call(new PlanJob("Command = {\"/bin/x\"}; TTL = 0;", []), default));
    }

    [Test]
    public async Task What_no_site_can_ever_do_is_said_at_submission_and_what_none_does_now()
    {
        Assert.That((await Submit($"{Echo} Requirements = other.Nonsense == 5;")).Remarks, Has.Some.Contains("no site can ever match").And.Contains("Nonsense"));
        Assert.That((await Submit($"{Echo} Requirements = other.CE == \"A::B::C\";")).Remarks, Is.Empty);
        await (await TestBridge.Join(Central)).Match(0);
        Assert.That((await Submit($"{Echo} Requirements = other.CE == \"A::B::C\";")).Remarks, Has.Some.Contains("none of the 1 sites known now can run it").And.Contains("A::B::C"));
        Assert.That((await Submit($"{Echo} CPUCores = 4000;")).Remarks, Has.Some.Contains("4000 cores"));
        Assert.That((await Submit(Echo)).Remarks, Is.Empty);
    }

    private async Task PutData(params string[] names)
    {
        foreach (var directory in names.Select(name => Path.GetDirectoryName($"{Data}/{name}")!).Distinct()) await Jdoe.Call(new MakeDirectory(directory, true), default);
        foreach (var name in names) await Central.Put(Jdoe, $"{Data}/{name}", Encoding.UTF8.GetBytes(name));
    }

    private long? Count(string table) => Central.Database.Read(session => session.Number($"SELECT COUNT(*) FROM {table}"));
}
