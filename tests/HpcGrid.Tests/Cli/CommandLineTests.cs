using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using HpcGrid.Cli;
using HpcGrid.Cli.Commands;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Cli;

[TestFixture, CancelAfter(60_000)]
internal sealed class CommandLineTests : CliTests
{
    [TestCase(ErrorCode.Invalid, 2)]
    [TestCase(ErrorCode.NotFound, 3)]
    [TestCase(ErrorCode.Denied, 4)]
    [TestCase(ErrorCode.Unauthenticated, 4)]
    [TestCase(ErrorCode.Unavailable, 5)]
    [TestCase(ErrorCode.Conflict, 6)]
    [TestCase(ErrorCode.Exists, 6)]
    [TestCase(ErrorCode.Corrupt, 7)]
    [TestCase(ErrorCode.TooLarge, 8)]
    [TestCase(ErrorCode.Internal, 70)]
    public async Task Each_kind_of_error_has_its_exit_code_and_says_what_to_do(ErrorCode code, int exitCode)
    {
        await using var central = await Central(_ => throw new GridError(code, "what happened", "what to do"));
        var run = await Run("whoami");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((exitCode, "")));
        Assert.That(run.Error, Does.Contain("what happened").And.Contain("what to do"));
        var json = JsonDocument.Parse((await Run("whoami", "--json")).Error).RootElement;
        Assert.That(json.GetProperty("code").GetString(), Is.EqualTo(code.ToString()));
        Assert.That(json.GetProperty("exitCode").GetInt32(), Is.EqualTo(exitCode));
        Assert.That(json.GetProperty("hint").GetString(), Is.EqualTo("what to do"));
    }

    [TestCase("bogus")]
    [TestCase("submit")]
    [TestCase("submit", "-n", "many", "--", "/bin/true")]
    [TestCase("submit", "-n", "0", "--", "/bin/true")]
    [TestCase("submit", "job.jdl", "--", "/bin/true")]
    [TestCase("submit", "--")]
    [TestCase("cp", "only-one")]
    [TestCase("cp", "both", "here")]
    [TestCase("ps", "--state", "HAPPY")]
    public async Task Wrong_usage_is_told_with_a_remedy_and_reaches_nobody(params string[] arguments)
    {
        await using var central = await Central(_ => throw new InvalidOperationException("must not be asked"));
        var run = await Run(arguments);
        Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
        Assert.That(run.Error, Does.StartWith("hpcgrid: wrong request: "));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(2));
        Assert.That(central.Requests, Is.Empty);
    }

    [Test]
    public async Task What_stands_behind_the_dashes_is_never_read_as_an_option()
    {
        await using var central = await Central(_ => new Submitted(7, 3));
        var run = await Run("submit", "-n", "3", "--", "/bin/echo", "--json", "-n", "x #alien_counter#", "--", "@file");
        Assert.That((run.ExitCode, run.Output.Trim()), Is.EqualTo((0, "job 7 with 3 subjobs")));
        Assert.That(((SubmitJob)central.Requests.Single()).Jdl, Does.StartWith(
            "Command = {\"/bin/echo\", \"--json\", \"-n\", \"x #alien_counter#\", \"--\", \"@file\"};\n").And.Contain("Split = \"production:1-3\";"));
    }

    [Test]
    public async Task Filters_reach_central_and_groups_of_states_are_told_apart_from_states()
    {
        await using var central = await Central(_ => new JobList([], false));
        await Run("ps", "--failed");
        await Run("ps", "--state", "FAILED,running", "--node", "nid*", "--name", "sim*", "--tag", "pass 2", "--user", "mary", "--since", "2026-03-01");
        var (failed, many) = ((ListJobs)central.Requests.First(), (ListJobs)central.Requests.Last());
        Assert.Multiple(() =>
        {
            Assert.That(failed.States, Does.Contain("ERROR_E").And.Contain("KILLED").And.Contain("FAILED").And.Not.Contain("DONE"));
            Assert.That(failed.Subjobs, Is.False);
            Assert.That(many.States, Does.Contain("FAILED").And.Contain("RUNNING").And.Contain("SAVING").And.Not.Contain("ERROR_E"));
            Assert.That((many.Node, many.Name, many.Tag, many.User, many.Subjobs), Is.EqualTo(("nid*", "sim*", "pass 2", "mary", true)));
            Assert.That(many.Since!.Value.LocalDateTime, Is.EqualTo(new DateTime(2026, 3, 1)));
        });
    }

    [Test]
    public async Task Jobs_chosen_by_filters_are_killed_only_when_somebody_says_yes()
    {
        await using var central = await Central(request => request switch
        {
            DescribeJob describe => new JobDetail(Line(describe.Job, "SPLIT") with { Children = new Dictionary<string, int>() }, "", ""),
            ListJobs => new JobList([Line(3, "WAITING"), Line(2, "DONE")], false),
            KillJobs kill => new JobActions([.. kill.Jobs.Select(job => new JobAction(job, true, "killed"))]),
            _ => throw new InvalidOperationException(request.ToString()),
        });
        Assert.That((await Run("kill", "1", "--waiting")).ExitCode, Is.EqualTo(6));
        Assert.That(central.Requests.OfType<KillJobs>(), Is.Empty);
        Assert.That((await Run("kill", "1", "--waiting", "--yes")).Output, Is.EqualTo("job 3: killed\n"));
        Assert.That(central.Requests.OfType<ListJobs>().Last().Master, Is.EqualTo(1));
        Assert.That((await Run("kill")).ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task Failed_subjobs_are_resubmitted_by_their_masters_number()
    {
        await using var central = await Central(request => request switch
        {
            DescribeJob describe => new JobDetail(Line(describe.Job, "FAILED") with { Children = describe.Job == 1 ? new Dictionary<string, int>() : null }, "", ""),
            ResubmitJobs again => new JobActions([.. again.Jobs.Select(job => new JobAction(job, true, "5 subjobs resubmitted"))]),
            _ => throw new InvalidOperationException(request.ToString()),
        });
        Assert.That((await Run("resubmit", "--failed", "1", "--yes")).Output, Is.EqualTo("job 1: 5 subjobs resubmitted\n"));
    }

    [Test]
    public async Task Csv_quotes_what_must_be_quoted()
    {
        await using var central = await Central(_ => new JobList([Line(7, "ERROR_E", "a \"b\", c\nd") with
        {
            Payload = new HpcGrid.Core.Jobs.PayloadResult { ExitCode = 3, WallSeconds = 1.25, CpuSeconds = 0.5, MaxRssKib = 100 },
        }], false));
        var lines = (await Run("ps", "--csv")).Output;
        Assert.That(lines, Does.StartWith("job,master,user,name,state,attempt,site,node,submitted,"));
        Assert.That(lines, Does.Contain("\n7,,jdoe,sim,ERROR_E,1,,node1,1970-01-01T00:00:00.000Z,,,3,,1.25,0.5,100,\"a \"\"b\"\", c\nd\"\n"));
        var json = (await Run("export", "--format", "jsonl")).Output.TrimEnd().Split('\n').Single();
        Assert.That(JsonDocument.Parse(json).RootElement.GetProperty("job").GetInt32(), Is.EqualTo(7));
        var file = PathOf("jobs.json");
        Assert.That((await Run("export", "--format", "json", "-o", file)).ExitCode, Is.Zero);
        Assert.That(JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.GetArrayLength(), Is.EqualTo(1));
    }

    [TestCase("DONE", 0)]
    [TestCase("KILLED", 1)]
    [TestCase("RUNNING", 124)]
    public async Task Waiting_says_how_it_ended_by_its_exit_code(string state, int exitCode)
    {
        await using var central = await Central(_ => new JobList([Line(7, state)], false));
        Assert.That((await Run("wait", "7", "--timeout", state == "RUNNING" ? "0.5s" : "10min")).ExitCode, Is.EqualTo(exitCode));
        Assert.That((await Run("wait", "7", "8")).ExitCode, Is.EqualTo(3), "job 8 does not exist");
    }

    [Test]
    public async Task A_dry_run_and_a_look_for_sites_submit_nothing()
    {
        await using var central = await Central(request => request switch
        {
            PlanJob => new JobPlan(2, [new PlannedJob(1, new HpcGrid.Core.Jobs.JobSpec { User = "j", Argv = ["/bin/echo", "it's"], Resources = HpcGrid.Core.Sites.Resources.Default }, "other.CE == \"x\"")],
                ["a remark"]),
            MatchSites => new SiteMatches([new SiteVerdict("CERN", "VO::CERN::CE", false, null, "TTL is too long", null)]),
            _ => throw new InvalidOperationException("must not be asked"),
        });
        var plan = await Run("submit", "--dry-run", "--", "/bin/echo", "it's");
        Assert.That(plan.Output, Does.Contain("2 subjobs; the first 1").And.Contain("/bin/echo 'it'\\''s'").And.Contain("other.CE == \"x\""));
        Assert.That(plan.Error, Does.Contain("note: a remark"));
        var match = await Run("submit", "--list-match", "--", "/bin/true");
        Assert.That((match.ExitCode, match.Output), Is.EqualTo((6, match.Output)));
        Assert.That(match.Output, Does.Contain("TTL is too long"));
    }

    [Test]
    public async Task Descriptions_and_lines_come_from_standard_input_too()
    {
        await using var central = await Central(_ => new Submitted(7, 3));
        await RunWith("Command = {\"/bin/true\"};", "submit", "-", "--max-fails", "5", "--key", "mine");
        await RunWith("a b\n\"c\"\n", "submit", "--each-line", "-", "--", "/bin/echo", "{}");
        await RunWith("{\"Command\": [\"/bin/true\"]}", "submit", "--from-json", "-", "first");
        var requests = central.Requests.OfType<SubmitJob>().ToList();
        Assert.That(requests.Select(request => request.Jdl), Is.EqualTo(new[]
        {
            "Command = {\"/bin/true\"};\nMaxFailed = 4;\n",
            "Command = {\"/bin/echo\", \"_PARAM_\"};\nOutputFile = {\"stdout\", \"stderr\"};\nParameters = {\"a b\", \"\\\"c\\\"\"};\n",
            "{\"Command\": [\"/bin/true\"]}",
        }));
        Assert.That((requests[0].Key, requests[2].Arguments[0]), Is.EqualTo(("mine", "first")));
    }

    [Test]
    public async Task A_table_in_a_pipe_is_plain_text_without_escape_codes()
    {
        await using var central = await Central(_ => new JobList([new JobLine { Job = 1, User = "jdoe", State = "ERROR_E", Name = "evil\e[31m\nname", Reason = "exit 1" }], false));
        var run = await Run("ps");
        Assert.That(run.Output, Does.Not.Contain('\e'));
        Assert.That(run.Output.Split('\n'), Has.Length.EqualTo(3));
        Assert.That(run.Output, Does.Contain("ERROR_E").And.Contain("evil�[31m␊name").And.Contain("exit 1"));
    }

    [Test]
    public async Task Json_is_one_document_on_standard_output()
    {
        await using var central = await Central(_ => new JobList([new JobLine { Job = 1, User = "jdoe", State = "DONE", Name = "ä\e" }], false));
        var run = await Run("ps", "--json");
        Assert.That(JsonDocument.Parse(run.Output).RootElement.GetProperty("jobs")[0].GetProperty("name").GetString(), Is.EqualTo("ä\e"));
        Assert.That(run.Error, Is.Empty);
    }

    [Test]
    public async Task A_watch_in_a_pipe_writes_lines_and_ends_with_the_failures_in_its_exit_code()
    {
        var looks = 0;
        await using var central = await Central(_ => Progress(++looks));
        var run = await Run("watch", "5");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCodes.JobFailed));
        Assert.That(run.Output.TrimEnd().Split('\n'), Has.Length.EqualTo(3).And.All.Not.Contains("\e"));
        Assert.That(run.Output, Does.Contain("DONE 1  RUNNING 1").And.Contain("2 jobs: 1 DONE, 1 failed in 2.0 s"));
    }

    [Test]
    public async Task A_file_whose_bytes_are_wrong_never_appears_under_its_name()
    {
        var source = new SourceFile("/a", Content.Of("right"u8), [new Replica("SE", "pfn", "/se/a")]);
        await using var central = await Central(request => request switch
        {
            StatEntry => new EntryDetail(new Entry { Path = "/a", Type = "f", Owner = "j", Group = "j", Permissions = "644" }, [], null),
            _ => new ReadTicket(source, "token"),
        });
        central.Http = context => context.Response.Body.WriteAsync("wrong"u8.ToArray()).AsTask();
        var target = PathOf("copy");
        Assert.That((await Run("cp", "grid:/a", target)).ExitCode, Is.EqualTo(7));
        Assert.That((File.Exists(target), File.Exists(target + ".part")), Is.EqualTo((false, false)));
        central.Http = context => context.Response.Body.WriteAsync("right"u8.ToArray()).AsTask();
        Assert.That((await Run("cp", "grid:/a", target)).ExitCode, Is.Zero);
        Assert.That(await File.ReadAllTextAsync(target), Is.EqualTo("right"));
        Assert.That((await Run("cp", "grid:/a", target)).ExitCode, Is.EqualTo(6), "an existing file is not replaced unasked");
        Assert.That((await Run("cat", "/a")).Output, Is.EqualTo("right"));
    }

    [Test]
    public async Task Results_of_a_production_are_asked_for_in_bulk()
    {
        await using var central = await Central(request => ((ListOutputs)request).After is null
            ? new EntryList([Entry("/out/1/a"), Entry("/out/1/b")], true) { Next = "2.7" }
            : new EntryList([Entry("/out/2/a")], false));
        await using var session = new Session(new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, OutputStream = () => Stream.Null, Input = TextReader.Null },
            PathOf("client.yaml"), json: false);
        var files = await new HpcGrid.Cli.Jobs.ResultFetcher(session, new TransferMeter()).FilesOf(1, default);
        Assert.That(files.Select(file => file.Path), Is.EqualTo(new[] { "/out/1/a", "/out/1/b", "/out/2/a" }));
        Assert.That(central.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Found_paths_come_as_they_are_found_and_can_end_in_nul()
    {
        await using var central = await Central(request => ((FindEntries)request).After is null
            ? new EntryList([Entry("/u/a b"), Entry("/u/dir", "d")], true) { Next = "/u/dir" }
            : new EntryList([Entry("/u/dir/new\nline")], false));
        Assert.That((await Run("find", "/u", "*", "--type", "f", "-0")).Output, Is.EqualTo("/u/a b\0/u/dir/new\nline\0"));
        Assert.That((await Run("find", "/u")).Output, Is.EqualTo("/u/a b\n/u/dir\n/u/dir/new␊line\n"));
        Assert.That((await Run("find", "/u", "--limit", "1")).Output, Is.EqualTo("/u/a b\n"));
        Assert.That(JsonDocument.Parse((await Run("find", "/u", "--json")).Output).RootElement.GetProperty("entries").GetArrayLength(), Is.EqualTo(3));
        Assert.That((await Run("find", "/u", "a/b")).ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task A_copy_within_the_catalogue_moves_no_byte()
    {
        await using var central = await Central(request => request switch
        {
            StatEntry { Path: "/from" } => new EntryDetail(Entry("/from", "d"), [], null),
            StatEntry => throw GridError.NotFound("nothing there"),
            ListDirectory { Path: "/from" } => new EntryList([Entry("/from/a"), Entry("/from/sub", "d")], false),
            ListDirectory => new EntryList([Entry("/from/sub/b")], false),
            _ => new Done(),
        });
        Assert.That((await Run("cp", "grid:/from", "grid:/to")).ExitCode, Is.EqualTo(2), "a directory wants -r");
        Assert.That((await Run("cp", "-r", "grid:/from", "grid:/from/below")).ExitCode, Is.EqualTo(2));
        Assert.That((await Run("cp", "-r", "grid:/from", "grid:/to")).ExitCode, Is.Zero);
        Assert.That(central.Requests.OfType<CopyEntry>(), Is.EquivalentTo(new[] { new CopyEntry("/from/a", "/to/a"), new CopyEntry("/from/sub/b", "/to/sub/b") }));
        Assert.That(central.Requests.OfType<MakeDirectory>().Select(made => made.Path), Is.EqualTo(new[] { "/to", "/to/sub" }));
    }

    private static Entry Entry(string path, string type = "f") => new() { Path = path, Type = type, Owner = "jdoe", Group = "jdoe", Permissions = "644" };

    [Test]
    public async Task A_member_comes_out_of_its_archive_verified()
    {
        using var zipped = new MemoryStream();
        using (var zip = new ZipArchive(zipped, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var name in new[] { "a", "b" })
            {
                await using var member = zip.CreateEntry(name).Open();
                await member.WriteAsync(System.Text.Encoding.UTF8.GetBytes("member " + name));
            }
        var archive = zipped.ToArray();
        await using var central = await Central(request => new ReadTicket(new SourceFile(((OpenForReading)request).Path, Content.Of("member a"u8),
            [new Replica("SE", "pfn", "/se/zip")], ((OpenForReading)request).Path[1..], Content.Of(archive)), "token"));
        var fetched = 0;
        central.Http = context => { fetched++; return context.Response.Body.WriteAsync(archive).AsTask(); };
        Assert.That((await Run("cat", "/a", "/a")).Output, Is.EqualTo("member amember a"));
        Assert.That(fetched, Is.EqualTo(1), "the archive is fetched once for all of its members");
        Assert.That((await Run("cat", "/b")).ExitCode, Is.EqualTo(7), "another content than the catalogue's");
        Assert.That((await Run("cat", "/c")).ExitCode, Is.EqualTo(7), "no such member");
    }

    [Test]
    public async Task Paths_are_relative_to_the_home_directory()
    {
        await using var central = await Central(request => request is WhoAmI
            ? new Identity("jdoe", ["user"], "vo", "/vo/user/j/jdoe", null)
            : new Done());
        await Run("mkdir", "a/./b", "~/c", "/d", "~");
        Assert.That(central.Requests.OfType<MakeDirectory>().Select(request => request.Path),
            Is.EqualTo(new[] { "/vo/user/j/jdoe/a/b", "/vo/user/j/jdoe/c", "/d", "/vo/user/j/jdoe" }));
    }

    [Test]
    public async Task Every_command_has_help_with_an_example()
    {
        foreach (var path in Commands(CommandLine.Create(new Terminal
        {
            Output = TextWriter.Null, Error = TextWriter.Null, OutputStream = () => Stream.Null, Input = TextReader.Null,
        }), []))
        {
            var help = await CommandLineRun.Of([.. path, "--help"]);
            Assert.That((help.ExitCode, help.Error), Is.EqualTo((0, "")));
            Assert.That(help.Output, Does.Contain("Examples:\n  "), string.Join(' ', path));
        }
    }

    private static IEnumerable<string[]> Commands(Command command, string[] path) =>
        command.Subcommands.OfType<GridCommand>().SelectMany(sub => Commands(sub, [.. path, sub.Name])).Prepend(path);

    private static JobProgress Progress(int look) => new()
    {
        Job = 5, State = look < 2 ? "SPLIT" : "DONE", SubmittedAt = DateTimeOffset.UnixEpoch, Now = DateTimeOffset.UnixEpoch.AddSeconds(look),
        States = look < 2 ? new Dictionary<string, int> { ["RUNNING"] = 1, ["DONE"] = 1 } : new Dictionary<string, int> { ["ERROR_E"] = 1, ["DONE"] = 1 },
    };
}
