using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class JobDescriptionTests
{
    [Test]
    public void What_is_not_said_has_AliEns_defaults()
    {
        var job = Read("Executable = \"run.sh\";");
        Assert.Multiple(() =>
        {
            Assert.That((job.Executable, job.Name), Is.EqualTo(("run.sh", "run.sh")));
            Assert.That(job.Resources, Is.EqualTo(new Resources(1, 8192, 10240, 21600)));
            Assert.That((job.Price, job.Priority, job.Repeatable), Is.EqualTo((1.0, 0, true)));
            Assert.That(job.Outputs.Single().Archive, Is.EqualTo("log_archive.zip"));
            Assert.That(job.Outputs.Single().Patterns, Is.EqualTo(new[] { "stdout", "stderr" }));
            Assert.That(job.ErrorOutputs, Is.Empty);
            Assert.That(job.OutputDirectory, Is.Null);
            Assert.That(job.Split, Is.InstanceOf<NoSplit>());
            Assert.That(job.Variables, Is.EquivalentTo(new Dictionary<string, string> { ["CPUCORES"] = "1" }));
            Assert.That(job.Remarks, Is.Empty);
        });
    }

    [TestCase("TTL = 60", "60 s")]
    [TestCase("TTL = \"60\"", "60 s")]
    [TestCase("CPUCores = 16", "16 cores")]
    [TestCase("cpucores = {\"4\", \"5\"}", "4 cores")]
    [TestCase("MemorySize = \"8GB\"", "8192 MiB")]
    [TestCase("MemorySize = 8GB", "8192 MiB")]
    [TestCase("MemorySize = \" 1.5 gb \"", "1536 MiB")]
    [TestCase("MemorySize = 500", "500 MiB")]
    [TestCase("Memorysize = \"500MB\"", "500 MiB")]
    [TestCase("MemorySize = \"1000KB\"", "1 MiB")]
    [TestCase("MemorySize = \"2TB\"", "2097152 MiB")]
    [TestCase("WorkDirectorySize = \"20GB\"", "20480 MiB disk")]
    [TestCase("Workdirectorysize = 5", "5 MiB disk")]
    public void Resources_have_their_units(string entry, string expected)
    {
        var need = Read($"Executable = \"x\"; {entry};").Resources;
        string[] shown = [$"{need.TtlSeconds} s", $"{need.Cores} cores", $"{need.MemoryMib} MiB", $"{need.DiskMib} MiB disk"];
        Assert.That(shown, Does.Contain(expected));
    }

    [Test]
    public void Arguments_in_a_text_are_split_at_blanks_and_in_a_list_they_are_exact()
    {
        Assert.That(Read("Executable = \"x\"; Arguments = \" a  'b c'\t\\\"d \n e \";").Arguments, Is.EqualTo(new[] { "a", "'b", "c'", "\"d", "e" }));
        Assert.That(Read("Executable = \"x\"; Arguments = {\"a b\", \"\", \"a b\", \"; rm -rf /\", \"é\n\"};").Arguments,
            Is.EqualTo(new[] { "a b", "", "a b", "; rm -rf /", "é\n" }));
        Assert.That(Read("Executable = \"x\"; Arguments = 5;").Arguments, Is.EqualTo(new[] { "5" }));
        Assert.That(Read("Executable = \"x\"; Arguments = \"\";").Arguments, Is.Empty);
    }

    [Test]
    public void Inputs_are_paths_each_once_and_data_may_stay_where_it_is()
    {
        var job = Read("""
            Command = {"/bin/cat", "a b"};
            InputFile = {"LF:/x/a b", "/x/a b", "rel/c", "~/d*.root"};
            InputBox = "LF:/x/e";
            InputData = {"LF:/y/f", "LF:/y/g,nodownload", "LF:/y/h, NoDownload"};
            """);
        Assert.That(job.InputFiles, Is.EqualTo(new[] { "/x/a b", "rel/c", "~/d*.root", "/x/e" }));
        Assert.That(job.InputData, Is.EqualTo(new[] { new DataName("/y/f", true), new DataName("/y/g", false), new DataName("/y/h", false) }));
        Assert.That(job.Command, Is.EqualTo(new[] { "/bin/cat", "a b" }));
    }

    [Test]
    public void Variables_are_the_values_of_the_keys_named()
    {
        var job = Read("Executable = \"x\"; JDLVariables = {\"mine\", \"Packages\", \"TTL\", \"CPUCores\", \"Nothing\"}; Mine = \"a b\"; Packages = {\"p\", \"q\"}; CPUCores = 3;");
        Assert.That(job.Variables, Is.EquivalentTo(new Dictionary<string, string> { ["MINE"] = "a b", ["PACKAGES"] = "p##q", ["TTL"] = "21600", ["CPUCORES"] = "3" }));
    }

    [Test]
    public void The_stored_text_gives_the_same_description_again()
    {
        var job = Read("[ executable = \"x\"; Arguments = {\"$1\", \"\\$1\"}; Split = \"production:1-5\"; Requirements = other.CE == \"$1\"; Unheard = 1; ]", "a \"b\"");
        var again = JobDescription.Read(job.Jdl, []);
        Assert.Multiple(() =>
        {
            Assert.That(again.Jdl, Is.EqualTo(job.Jdl));
            Assert.That(again.Arguments, Is.EqualTo(new[] { "a \"b\"", "$1" }));
            Assert.That(again.Requirements!.ToString(), Is.EqualTo("other.CE == \"a \\\"b\\\"\""));
            Assert.That((again.Split, again.UnknownKeys.Single()), Is.EqualTo((new ProductionSplit(1, 5), "Unheard")));
        });
    }

    [Test]
    public void Keys_without_effect_are_told_and_never_silent()
    {
        var job = Read("Executable = \"x\";\nOutputFiles = \"y\";\nGUIDFile = \"a@b\";\nLegoResubmitZombies = 3;\nFoo = 1;\nExecutable = \"z\";");
        Assert.That(job.UnknownKeys, Is.EqualTo(new[] { "OutputFiles", "Foo" }));
        Assert.That(job.Remarks, Has.Count.EqualTo(5));
        Assert.That(job.Remarks[0], Is.EqualTo("line 2, column 1: the key 'OutputFiles' is not known and has no effect; did you mean 'OutputFile'?"));
        Assert.That(job.Remarks[1], Does.StartWith("line 3, column 1: GUIDFile is kept and has no effect"));
        Assert.That(job.Remarks[3], Is.EqualTo("line 5, column 1: the key 'Foo' is not known and has no effect"));
        Assert.That(job.Remarks[4], Does.StartWith("line 1, column 1: Executable is given again below"));
        Assert.That(job.Jdl, Does.Contain("GUIDFile = \"a@b\";").And.Contain("Foo = 1;"));
    }

    /// <summary>Every key of jalien.md 3.2 and 3.5.</summary>
    private const string AliEnKeys = """
        Executable Arguments InputFile InputBox InputData InputDataCollection InputDataList InputDataListFormat InputDownload OutputFile OutputArchive
        Output OutputErrorE OutputDir Packages Requirements OrigRequirements TTL Price CPUCores MemorySize WorkDirectorySize ValidationCommand
        JDLVariables Email JobTag Type User JDLPath JDLArguments MasterJobId ProxyTTL MaxWaitingTime MaxResubmissionCount MasterResubmitThreshold
        ResubmitType MaxFailed MaxInitFailed MaxFailFraction MaxResubmitFraction LegoResubmitZombies Merge MergeOutputDir MergeCollections Split
        SplitArguments SplitMaxInputFileNumber SplitMaxInputFileSize SplitMinInputFileNumber SplitMinInputFileSize ForceOnlySEInput
        MaxInputMissingThreshold OrderLFN SplitDefinitions RunOnAODs FilesToCheck GUIDFile SuccessfullyBookedPFNs JobLogOnClusterMonitor JDLProcessor
        """;

    [Test]
    public void No_key_of_AliEn_is_unknown([ValueSource(nameof(KeysOfAliEn))] string key)
    {
        var text = $"Command = {{\"/bin/x\"}}; {key.ToLowerInvariant()} = \"5\";";
        Assert.That(JdlParser.Parse(text, []).ToString(), Does.Contain(key + " = "), "it is written in AliEn's spelling");
        try { Assert.That(Read(text).UnknownKeys, Is.Empty); }
        catch (GridError refused) { Assert.That(refused.Message, Does.Contain(key)); }
    }

    [TestCase("ProxyTTL = 1;", true)]
    [TestCase("ProxyTTL = \"true\";", true)]
    [TestCase("ProxyTTL = false;", false)]
    [TestCase("", false)]
    public void ProxyTTL_lets_a_job_use_its_slot_to_the_end(string text, bool uses) =>
        Assert.That(Read($"Command = {{\"/bin/x\"}}; {text}").UsesWholeSlot, Is.EqualTo(uses));

    private static string[] KeysOfAliEn => AliEnKeys.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [TestCase("Split = \"file\"", "line 2, column 9: Split splits InputData, and there is none")]
    [TestCase("Split = \"se\"", "line 2, column 9: Split splits InputData, and there is none")]
    [TestCase("Split = \"custom:3\"", "line 2, column 9: Split = 'custom:3' is no way of splitting")]
    [TestCase("Type = \"DAG\"", "line 2, column 8: Type = 'DAG' wants Nodes")]
    [TestCase("Split = \"production\"", "line 2, column 9: Split = 'production' does not say which counters")]
    [TestCase("Split = \"production:5\"", "line 2, column 9: Split = 'production:5' does not say")]
    [TestCase("Split = \"production:5-4\"", "line 2, column 9: Split = 'production:5-4' does not say")]
    [TestCase("Split = \"production:-1-4\"", "line 2, column 9: Split = 'production:-1-4' does not say")]
    [TestCase("Split = \"production:1-99999999999999999999\"", "line 2, column 9: Split")]
    [TestCase("Split = \"production:0-1000000\"", "line 2, column 9: Split makes 1000001 subjobs")]
    [TestCase("SplitArguments = \"a\"", "line 2, column 18: SplitArguments has no effect without Split")]
    [TestCase("TTL = 0", "line 2, column 7: TTL is 0: it must be between 1 and 2592000")]
    [TestCase("TTL = -5", "line 2, column 7: TTL is -5")]
    [TestCase("TTL = 9223372036854775807", "line 2, column 7: TTL is 9223372036854775807")]
    [TestCase("TTL = \"soon\"", "line 2, column 7: TTL wants a whole number")]
    [TestCase("TTL = 1.5", "line 2, column 7: TTL wants a whole number")]
    [TestCase("CPUCores = 0", "line 2, column 12: CPUCores must be a number from 0.001")]
    [TestCase("MemorySize = \"lots\"", "line 2, column 14: MemorySize wants a size")]
    [TestCase("MemorySize = \"8XB\"", "line 2, column 14: MemorySize wants a size")]
    [TestCase("MemorySize = -5", "line 2, column 14: MemorySize wants a size")]
    [TestCase("MemorySize = 0", "line 2, column 14: MemorySize is '0'")]
    [TestCase("MemorySize = \"99999999999999999999999TB\"", "line 2, column 14: MemorySize is ")]
    [TestCase("Price = \"cheap\"", "line 2, column 9: Price wants a number")]
    [TestCase("Price = -1", "line 2, column 9: Price is -1")]
    [TestCase("Repeatable = 2", "line 2, column 14: Repeatable wants true or false")]
    [TestCase("Requirements = \"other.TTL > 5\"", "line 2, column 16: Requirements wants an expression, not a text")]
    [TestCase("Requirements = other.TTL >", "line 2, column 27: the expression ends too early")]
    [TestCase("Requirements = other.TTL\n > 5 &&\n   nofun(1)", "line 4, column 4: there is no function 'nofun'")]
    [TestCase("OutputDir = true", "line 2, column 13: OutputDir wants a text")]
    [TestCase("OutputDir = \"\"", "line 2, column 13: OutputDir is empty")]
    [TestCase("InputFile = {\"LF:/x/a\", \"LF:/x/\"}", "line 2, column 25: 'LF:/x/' is a directory")]
    [TestCase("InputFile = {\"LF:/x/a\", \"LF:/y/a\"}", "line 2, column 13: '/x/a' and '/y/a' would have the same name in the sandbox")]
    [TestCase("InputFile = \"PF:/x/a\"", "line 2, column 13: 'PF:/x/a' is a physical name")]
    [TestCase("InputFile = \"/x*/a\"", "line 2, column 13: '/x*/a' has '*' or '?' in a directory's name")]
    [TestCase("InputFile = \"\"", "line 2, column 13: '' is empty")]
    [TestCase("InputFile = other.x", "line 2, column 13: InputFile wants a text or a list of texts")]
    [TestCase("Command = {\"/bin/x\"}", "line 2, column 11: Command and Executable exclude each other")]
    [TestCase("ValidationCommand = \"/a/*.sh\"", "line 2, column 21: ValidationCommand '/a/*.sh' is a pattern")]
    [TestCase("JDLVariables = {\"ok\", \"not ok\"}", "line 2, column 23: JDLVariables names 'not ok'")]
    public void What_cannot_be_honoured_is_refused_with_its_place(string entry, string message)
    {
        var error = Assert.Throws<GridError>(() => Read($"Executable = \"x\";\n{entry};"))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That(error.Message, Does.StartWith(message));
        Assert.That(error.Hint, Is.Not.Null.And.Not.Empty);
    }

    [TestCase("", "the description says neither Executable nor Command")]
    [TestCase("Command = \"/bin/echo a\";", "Command wants a list of words")]
    [TestCase("Command = {};", "Command names no program")]
    [TestCase("Command = {\"\"};", "Command names no program")]
    [TestCase("Command = {\"bin/echo\"};", "Command begins with 'bin/echo', which is neither an absolute path nor a bare name")]
    [TestCase("Command = {\"./x\"};", "Command begins with './x'")]
    [TestCase("Command = {\"-i\"};", "Command begins with '-i'")]
    [TestCase("Command = {\"A=b\"};", "Command begins with 'A=b'")]
    [TestCase("Executable = \"/x/\";", "'/x/' is a directory")]
    [TestCase("Executable = {};", "Executable is empty")]
    public void A_program_must_be_named_in_one_way(string jdl, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Read(jdl))!.Message, Does.Contain(message));

    [TestCase("OutputDir = \"out\"", "OutputDir is the same for all subjobs")]
    [TestCase("Arguments = \"#alienfirstfilename#\"", "'#alienfirstfilename#' names input files and there is no InputData")]
    [TestCase("OutputDir = \"x/#alien_counter_099i#\"", "the pattern '#alien_counter_099i#' is wider than 32")]
    [TestCase("OutputDir = \"x/#alien_counter_%d#\"", "the pattern '#alien_counter_%d#' is not known")]
    public void A_production_must_tell_its_parts_apart(string entry, string message) =>
        Assert.That(Assert.Throws<GridError>(() => Read($"Executable = \"x\"; Split = \"production:1-3\"; {entry};"))!.Message, Does.Contain(message));

    [TestCase("OutputDir = \"out\"; Output = {\"a_#alien_counter#\"}")]
    [TestCase("OutputDir = \"out\"; Output = {\"a_#alien_counter#.zip:stdout@no_links_registration\"}")]
    [TestCase("OutputDir = \"out\"; Output = {}")]
    [TestCase("OutputDir = \"out/#alien_counter_03i#\"")]
    public void A_production_whose_outputs_differ_is_fine(string entries) =>
        Assert.That(Splitter.Count(Read($"Executable = \"x\"; Split = \"production:1-3\"; {entries};")), Is.EqualTo(3));

    [Test]
    public void Several_faults_of_several_kinds_are_told_at_once()
    {
        var error = Assert.Throws<GridError>(() => Read("TTL = 0;\nPrice = \"x\";\nOutput = {\"/a\", \"../b\"};\nSplit = \"file\";"))!;
        Assert.That(error.Message.Split('\n'), Has.Length.EqualTo(6));
        Assert.That(error.Hint!.Split('\n'), Has.Length.EqualTo(5));
    }

    [Test]
    public void Arguments_have_a_greatest_length()
    {
        Assert.That(Assert.Throws<GridError>(() => Read($"Executable = \"x\"; Arguments = \"{new string('a', 131_072)}\";"))!.Message, Does.Contain("longer than 131071 bytes"));
        var many = string.Join(' ', Enumerable.Repeat(new string('a', 1000), 1100));
        Assert.That(Assert.Throws<GridError>(() => Read($"Executable = \"x\"; Arguments = \"{many}\";"))!.Message, Does.Contain("1048576 bytes together"));
    }

    [Test]
    public void Ten_thousand_unknown_keys_and_a_million_inputs_are_understood_in_time()
    {
        Assert.That(Read("Executable = \"x\";" + string.Concat(Enumerable.Range(0, 9_999).Select(i => $"Unheard{i} = {i};"))).UnknownKeys, Has.Count.EqualTo(9_999));
        var inputs = "Executable = \"x\"; InputFile = {" + string.Join(",", Enumerable.Range(0, 900_000).Select(i => $"\"/{i}\"")) + "};";
        Assert.That(Read(inputs).InputFiles, Has.Count.EqualTo(900_000));
    }

    private static JobDescription Read(string jdl, params string[] arguments) => JobDescription.Read(jdl, arguments);
}
