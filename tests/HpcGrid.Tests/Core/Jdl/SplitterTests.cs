using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>Splitting (jalien.md 3.5); the defects of the fork that are listed there are tests here.</summary>
public sealed class SplitterTests
{
    private static readonly JobContext Owner = new(103, 100, "jdoe", "/v/user/j/jdoe");

    [Test]
    public void Each_file_of_a_file_split_is_in_one_subjob_alone() =>
        Assert.That(Groups("Split = \"file\"", File("/a/1"), File("/a/2"), File("/b/1")), Is.EqualTo(new[] { "/a/1", "/a/2", "/b/1" }));

    [Test]
    public void Directories_and_the_directories_above_make_groups_in_the_files_order()
    {
        DataFile[] files = [File("/r/2/x/a"), File("/r/1/x/a"), File("/r/2/x/b"), File("/r/1/y/a")];
        Assert.That(Groups("Split = \"directory\"", files), Is.EqualTo(new[] { "/r/2/x/a /r/2/x/b", "/r/1/x/a", "/r/1/y/a" }));
        Assert.That(Groups("Split = \"parentdirectory\"", files), Is.EqualTo(new[] { "/r/2/x/a /r/2/x/b", "/r/1/x/a /r/1/y/a" }));
        Assert.That(Groups("Split = \"parentdirectory\"; OrderLFN = true", files), Is.EqualTo(new[] { "/r/1/x/a /r/1/y/a", "/r/2/x/a /r/2/x/b" }));
    }

    [TestCase("SplitMaxInputFileNumber = 2", "/d/1 /d/2|/d/3 /d/4|/d/5")]
    [TestCase("SplitMaxInputFileSize = 250", "/d/1 /d/2|/d/3|/d/4|/d/5")]
    [TestCase("SplitMaxInputFileSize = \"1KB\"; SplitMaxInputFileNumber = 4", "/d/1 /d/2 /d/3 /d/4|/d/5")]
    public void Number_and_size_bound_a_subjob_and_no_file_comes_twice(string limits, string expected) =>
        Assert.That(string.Join('|', Groups($"Split = \"directory\"; {limits}", File("/d/1", 100), File("/d/2", 150), File("/d/3", 300), File("/d/4", 200), File("/d/5", 250))),
            Is.EqualTo(expected));

    [Test]
    public void Storage_elements_group_files_by_the_set_that_holds_them()
    {
        var groups = Splitter.Group(Split("Split = \"se\"; SplitMaxInputFileNumber = 2; SplitMinInputFileNumber = 1;"),
            [At("/1", "V::A::S", "V::B::S"), At("/2", "V::B::S", "V::A::S"), At("/3", "V::C::S"), At("/4", "V::A::S", "V::B::S"), At("/5", "V::A::S")]);
        Assert.That(groups.Select(group => $"{Names(group)} near {string.Join('+', group.StorageElements)}"), Is.EqualTo(new[]
            { "/1 /2 near V::A::S+V::B::S", "/4 near V::A::S+V::B::S", "/3 near V::C::S", "/5 near V::A::S" }));
    }

    [Test]
    public void A_small_group_goes_to_the_one_that_shares_a_storage_element_or_else_to_the_largest()
    {
        // At most 10 files, so groups of less than 2 (20 %) are small.
        var big = Enumerable.Range(0, 4).Select(i => At($"/big{i}", "V::A::S")).ToArray();
        var other = Enumerable.Range(0, 3).Select(i => At($"/other{i}", "V::B::S", "V::C::S")).ToArray();
        var groups = Splitter.Group(Split("Split = \"se\"; SplitMaxInputFileNumber = 10;"), [.. big, .. other, At("/shares", "V::C::S"), At("/alone", "V::D::S")]);
        Assert.That(groups.Select(group => $"{group.Files.Count} near {string.Join('+', group.StorageElements)}"), Is.EquivalentTo(new[]
            { "5 near V::A::S+V::D::S", "4 near V::C::S" }));
        Assert.That(groups.SelectMany(group => group.Files).Select(file => file.Source.Lfn), Is.Unique.And.Exactly(9).Items);
    }

    [Test]
    public void A_subjob_near_storage_elements_requires_one_of_them_besides_what_its_master_does()
    {
        var master = Read("Split = \"se\"; SplitMaxInputFileNumber = 2; Requirements = other.TTL > 5 || other.CE == \"x\"; SplitArguments = \"c d\"; Arguments = \"a b\";");
        var before = master.Jdl;
        var part = Splitter.Describe(master, ["V::A::S", "V::B::S"]);
        Assert.That(part.Requirements!.ToString(),
            Is.EqualTo("(other.TTL > 5 || other.CE == \"x\") && (member(other.CloseSE, \"V::A::S\") || member(other.CloseSE, \"V::B::S\"))"));
        Assert.That(part.Arguments, Is.EqualTo(new[] { "a", "b", "c", "d" }));
        Assert.That((part.Split, part.InputData.Count, master.Jdl), Is.EqualTo((new NoSplit(), 0, before)));
        Assert.That(JobDescription.Read(part.Jdl, []).Jdl, Is.EqualTo(part.Jdl));
        Assert.That(Splitter.Describe(Read("Split = \"file\""), []).Requirements, Is.Null);
    }

    [TestCase("#alienfilename#", "r1.root")]
    [TestCase("#alienfirstfilename#", "r1.root")]
    [TestCase("#alienlastfilename#", "r3.root")]
    [TestCase("#alienallfilename#", "r1.root,r2.root,r3.root")]
    [TestCase("#alienfirstfilename/.root/.log/#", "r1.log")]
    [TestCase("#alienlastfilename/r([0-9]+)/run$1_/#", "run3_.root")]
    [TestCase("#alienfirstfilename/x/y/#", "r1.root")]
    [TestCase("#alienfulldir#", "/data/LHC22/p1/r1.root")]
    [TestCase("#alienlastfulldir#", "/data/LHC22/p2/r3.root")]
    [TestCase("#aliendir#", "p1")]
    [TestCase("#alienlastdir#", "p2")]
    [TestCase("#alienalldir#", "p1,p2")]
    [TestCase("#aliendirdir#", "LHC22")]
    [TestCase("#alienfirstdirdirdir#", "data")]
    [TestCase("#alienfirstdirdirdirdir#", "")]
    [TestCase("#ALIENFirstFileName#-#alien_counter_02i#", "r1.root-05")]
    public void Patterns_name_the_input_of_the_subjob(string pattern, string expected)
    {
        DataFile[] files = [File("/data/LHC22/p1/r1.root"), File("/data/LHC22/p1/r2.root"), File("/data/LHC22/p2/r3.root")];
        var spec = SpecBuilder.Build(Read($"Arguments = {{{JdlText.Quote(pattern)}}}; JDLVariables = {{\"Mine\"}}; Mine = {JdlText.Quote(pattern)};"),
            new JobPart(4, 5), Owner, [], files);
        Assert.That(spec.Argv[1], Is.EqualTo(expected));
        Assert.That(spec.Environment["ALIEN_JDL_MINE"], Is.EqualTo(expected));
    }

    [Test]
    public void Patterns_stand_in_outputs_and_directories_too()
    {
        var spec = SpecBuilder.Build(Read("OutputFile = \"#alienfirstfilename/.root/.hist/#\"; OutputArchive = \"#alienfirstdir#.zip:stdout\"; OutputDir = \"/out/#alienfirstdir#/#alien_counter#\";"),
            new JobPart(0, 1), Owner, [], [File("/data/p1/r1.root")]);
        Assert.That(spec.Outputs.SelectMany(rule => rule.Patterns.Append(rule.Archive)), Is.EquivalentTo(new[] { "r1.hist", null, "stdout", "p1.zip" }));
        Assert.That(spec.OutputDirectory, Is.EqualTo("/out/p1/1"));
    }

    [TestCase("OutputFile = \"#alienfulldir#\"", "becomes '/data/p1/r1.root', which is an absolute path")]
    [TestCase("OutputFile = \"#alienfilename/.*/../\"", "leads out of the sandbox")]
    [TestCase("OutputFile = \"#alienfilename/r1.root/../#\"", "becomes '..', which leads out of the sandbox")]
    [TestCase("OutputFile = \"#alienfilename/r1.root//#\"", "becomes '', which is empty")]
    [TestCase("OutputFile = {\"#alienfilename#\", \"r1.root\"}", "two outputs become 'r1.root'")]
    [TestCase("Arguments = \"#alienfilename/(/x/#\"", "the pattern '#alienfilename/(/x/#' holds no regular expression")]
    [TestCase("Arguments = \"#alienmiddlefilename#\"", "the pattern '#alienmiddlefilename#' is not known")]
    public void A_pattern_that_makes_no_name_is_refused(string entry, string message) =>
        Assert.That(Assert.Throws<GridError>(() => SpecBuilder.Build(Splitter.Describe(Read($"Split = \"file\"; {entry}"), []), new JobPart(0, 1), Owner, [],
            [File("/data/p1/r1.root")]))!.Message, Does.Contain(message));

    [TestCase("production:1", "does not say which counters")]
    [TestCase("production:a-b", "does not say which counters")]
    [TestCase("production:1-2-3", "does not say which counters")]
    [TestCase("production:5-4", "does not say which counters")]
    [TestCase("production:-1-4", "does not say which counters")]
    [TestCase("production:99999999999999999999-99999999999999999999", "does not say which counters")]
    [TestCase("production:1-1000001", "makes 1000001 subjobs")]
    [TestCase("se", "needs to know how many files")]
    [TestCase("event", "is no way of splitting")]
    [TestCase("userdefined", "wants SplitDefinitions")]
    public void What_is_no_split_is_refused(string split, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Read($"Split = \"{split}\""))!.Message, Does.Contain(message));

    [TestCase("SplitMaxInputFileNumber = 0")]
    [TestCase("SplitMaxInputFileNumber = -3")]
    [TestCase("SplitMaxInputFileNumber = 99999999999")]
    [TestCase("SplitMaxInputFileSize = \"-1GB\"")]
    [TestCase("SplitMaxInputFileSize = 0")]
    [TestCase("MaxInputMissingThreshold = 101")]
    [TestCase("OrderLFN = \"maybe\"")]
    public void Limits_out_of_bounds_are_refused(string entry) => Assert.Throws<GridError>(() => Read($"Split = \"directory\"; {entry}"));

    [Test]
    public void Limits_of_inputs_without_a_split_over_inputs_are_remarked() =>
        Assert.That(Read("Split = \"production:1-3\"; SplitMaxInputFileNumber = 5").Remarks, Has.Some.Contains("SplitMaxInputFileNumber has no effect"));

    [Test]
    public void A_master_is_shown_the_directory_above_its_subjobs()
    {
        Assert.That(SpecBuilder.OutputDirectory(Read("Split = \"file\"; OutputDir = \"/out/x/run#alien_counter#/y\""), null, Owner), Is.EqualTo("/out/x"));
        Assert.That(SpecBuilder.OutputDirectory(Read("Split = \"file\"; OutputDir = \"#alienfirstdir#\""), null, Owner), Is.EqualTo("/v/user/j/jdoe"));
    }

    [TestCase("xml-single", 3)]
    [TestCase("xml-group", 2)]
    public void A_list_of_inputs_is_an_xml_collection(string format, int events)
    {
        DataFile[] files = [File("/d/1/a&b<\u0001.root", 7), File("/d/2/b"), new(File("/d/1/c").Source, IsFetched: false)];
        var spec = SpecBuilder.Build(Read($"InputDataList = \"wn.xml\"; InputDataListFormat = \"{format}\""), null, Owner, [], files);
        Assert.That(spec.MadeFiles.Single().Name, Is.EqualTo("wn.xml"));
        var xml = System.Xml.Linq.XDocument.Parse(spec.MadeFiles[0].Text).Root!;
        Assert.That(xml.Name.LocalName, Is.EqualTo("alien"));
        Assert.That(xml.Descendants("event").Count(), Is.EqualTo(events));
        Assert.That(xml.Descendants("file").Select(file => (string)file.Attribute("lfn")!), Is.EquivalentTo(new[] { "/d/1/a&b<?.root", "/d/2/b", "/d/1/c" }));
        Assert.That(xml.Descendants("file").Select(file => (string)file.Attribute("turl")!), Is.EquivalentTo(new[] { "a&b<?.root", "b", "alien:///d/1/c" }));
        Assert.That(spec.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "a&b<\u0001.root", "b" }));
    }

    [Test]
    public void A_list_of_inputs_may_be_plain_and_may_not_hide_an_input()
    {
        Assert.That(SpecBuilder.Build(Read("InputDataList = \"wn.txt\"; InputDataListFormat = \"txt-list\""), null, Owner, [], [File("/d/a"), File("/d/b")]).MadeFiles[0].Text,
            Is.EqualTo("/d/a\n/d/b\n"));
        Assert.Throws<GridError>(() => SpecBuilder.Build(Read("InputDataList = \"a\""), null, Owner, [], [File("/d/a")]));
        Assert.Throws<GridError>(() => Read("InputDataList = \"../a\""));
        Assert.Throws<GridError>(() => Read("InputDataList = \"a/b\""));
        Assert.Throws<GridError>(() => Read("InputDataList = \"a\"; InputDataListFormat = \"yaml\""));
    }

    [Test]
    public void What_InputDownload_names_is_fetched_though_it_is_marked_otherwise()
    {
        var job = Read("InputDownload = {\"LF:/d/b\"}", "LF:/d/a,nodownload", "LF:/d/b,nodownload", "/d/c");
        Assert.That(job.InputData.Select(data => data.IsFetched), Is.EqualTo(new[] { false, true, true }));
    }

    private static string[] Groups(string entries, params DataFile[] files) => [.. Splitter.Group(Split(entries), files).Select(Names)];
    private static string Names(InputGroup group) => string.Join(' ', group.Files.Select(file => file.Source.Lfn));
    private static InputSplit Split(string entries) => (InputSplit)Read(entries).Split;

    private static JobDescription Read(string entries, params string[] data) =>
        JobDescription.Read($"Command = {{\"/bin/x\"}}; InputData = {JdlText.Set(data.Length == 0 ? ["LF:/any"] : data)}; {entries};", []);

    private static DataFile File(string lfn, long size = 10) => new(new SourceFile(lfn, new Content(size, new string('a', 64)), [new Replica("V::S::E", "p", "/se/p")]));
    private static DataFile At(string lfn, params string[] elements) =>
        new(new SourceFile(lfn, new Content(10, new string('a', 64)), [.. elements.Select(element => new Replica(element, "p", "/se/p"))]));
}
