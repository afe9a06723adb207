using System.IO.Abstractions;
using HpcGrid.Central;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class StorageElementsTests : CentralTests
{
    private const string Tape = "HPCGRID::ORNL::TAPE", Far = "HPCGRID::CERN::FAR";
    private static readonly byte[] Small = [1, 2, 3];
    private static readonly byte[] Large = [.. Enumerable.Range(0, HpcGrid.Central.Limits.LargestPacked + 1).Select(i => (byte)i)];

    private static IEnumerable<byte[]> Sizes => [Small, Large];

    [SetUp]
    public async Task AddElements()
    {
        await Central.AddElement(Tape, element => element with { Kinds = ["tape"], Site = TestBridge.Site });
        await Central.AddElement(Far, element => element with { Kinds = ["disk"], Site = "CERN" });
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task A_file_lies_where_it_is_wanted_and_each_copy_is_read_and_deleted(byte[] bytes)
    {
        const string path = TestCentral.Jdoe + "/f";
        var ticket = await Central.Put(Jdoe, path, bytes, $"{Tape},{Far}");
        var replicas = (await Jdoe.Call(new StatEntry(path), default)).Replicas;
        Assert.That(replicas.Select(copy => copy.Se), Is.EquivalentTo(new[] { Tape, Far }));
        var read = await Jdoe.Call(new OpenForReading(path), default);
        foreach (var copy in replicas)
        {
            using var got = new MemoryStream();
            await Central.Storage().Get(copy.Url, read.Token, read.Source.Content, got, default);
            Assert.That(got.ToArray(), Is.EqualTo(bytes));
        }
        Assert.That(Central.Has(ticket.Pfn), Is.False);
        await Jdoe.Call(new RemoveEntry(path, false), default);
        await Central.Host.StorageCleaning.Tick();
        Assert.That((Central.Has(ticket.Pfn, Tape), Central.Has(ticket.Pfn, Far)), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task Wishes_that_cannot_be_are_refused_at_submission_and_less_than_wished_is_said()
    {
        await Refused(ErrorCode.Invalid, "there is no storage element VO::X::SE", () => Submit($"{Echo} OutputFile = {{\"a@VO::X::SE\"}};"));
        await Refused(ErrorCode.Invalid, "'glacier'", () => Submit($"{Echo} OutputFile = {{\"a\"}}; OutputErrorE = {{\"b@glacier=1\"}};"));
        await Refused(ErrorCode.Invalid, "'glacier'", () => Central.Put(Jdoe, TestCentral.Jdoe + "/f", Small, "glacier=1"));
        Assert.That((await Submit($"{Echo} OutputFile = {{\"a@disk=3\"}};")).Remarks, Has.Some.Contains("ask for 3 copies").And.Contains("for 2"));
        Assert.That((await Submit($"{Echo} OutputFile = {{\"a@disk=2,!{Tape}\"}};")).Remarks, Is.Empty);
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task An_output_goes_near_to_its_jobs_site_and_is_entered_with_all_its_copies(byte[] bytes)
    {
        await Submit($"{Echo} OutputFile = {{\"a@disk=2\", \"b\"}}; OutputDir = \"out\";");
        var bridge = await TestBridge.Join(Central);
        bridge.Offer = TestBridge.Slots with { CloseSe = [Far] };
        var job = (await bridge.Match(1))[0];
        var (a, b) = (await bridge.Upload(job, "a", bytes, "disk=2"), await bridge.Upload(job, "b", bytes, "tape=1"));
        Assert.That((a.Se, b.Se), Is.EqualTo((Far, Tape)));
        await bridge.Report(TestBridge.Started(job.AttemptId), TestBridge.Ended(job.AttemptId, JobState.Done, a, b));
        Assert.That(await StateOf(job.Job), Is.EqualTo("DONE"));
        var copies = (await Jdoe.Call(new StatEntry(TestCentral.Jdoe + "/out/a"), default)).Replicas.Select(copy => copy.Se);
        Assert.That(copies, Is.EquivalentTo(new[] { Far, Central.Host.Element.Name }));
    }

    [Test]
    public async Task Fewer_copies_than_there_could_be_make_the_job_DONE_WARN_and_none_is_refused()
    {
        await Central.AddElement(Far, element => element with { ReadOnly = true });
        await Submit($"{Echo} OutputFile = {{\"a@disk=2\"}}; OutputDir = \"out\";");
        var bridge = await TestBridge.Join(Central);
        var job = (await bridge.Match(1))[0];
        await Refused(ErrorCode.Unavailable, $"{Far} takes no new files", () => bridge.Upload(job, "a", Small, Far));
        var saved = await bridge.Upload(job, "a", Small, "disk=2");
        await bridge.Report(TestBridge.Started(job.AttemptId), TestBridge.Ended(job.AttemptId, JobState.Done, saved));
        var line = await LineOf(job.Job);
        Assert.That((line.State, line.Reason), Is.EqualTo(("DONE_WARN", "1 copies of its outputs that were asked for could not be made")));
    }

    [Test]
    public async Task An_element_that_is_full_by_its_capacity_is_passed_over()
    {
        await Central.AddElement(Far, element => element with { Capacity = Large.Length + 10 });
        Task<WriteTicket> Put(string name) => Central.Put(Jdoe, $"{TestCentral.Jdoe}/{name}", Large, Far);
        var first = await Put("a");
        await Refused(ErrorCode.Unavailable, "has no room", () => Put("b"));
        Central.Host.Elements.Refresh();
        await Refused(ErrorCode.Unavailable, "has no room", () => Put("c"));
        await Jdoe.Call(new RemoveEntry(TestCentral.Jdoe + "/a", false), default);
        Central.Host.Elements.Refresh();
        Assert.That((await Put("d")).Pfn, Is.Not.EqualTo(first.Pfn));
    }

    [Test]
    public async Task Uploads_that_nobody_registers_go_from_all_their_places()
    {
        var ticket = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of(Small)), default);
        await Central.Storage().Put(ticket.Url, ticket.Token, Content.Of(Small), StorageWish.Parse("disk=2,tape=1"), new MemoryStream(Small), default);
        Assert.That(new[] { Central.Has(ticket.Pfn), Central.Has(ticket.Pfn, Tape), Central.Has(ticket.Pfn, Far) }, Is.All.True);
        Central.Clock.Advance(TimeSpan.FromHours(25));
        await Central.Host.StorageCleaning.Tick();
        Assert.That(new[] { Central.Has(ticket.Pfn), Central.Has(ticket.Pfn, Tape), Central.Has(ticket.Pfn, Far) }, Is.All.False);
    }

    [Test]
    public async Task A_split_by_storage_elements_groups_by_all_places_of_a_file()
    {
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/d", false), default);
        foreach (var (name, wish) in new[] { ("1", Tape), ("2", Far), ("3", Tape), ("4", Tape + "," + Far) })
            await Central.Put(Jdoe, $"{TestCentral.Jdoe}/d/{name}", Small, wish);
        const string split = "Split = \"se\"; SplitMaxInputFileNumber = 10; SplitMinInputFileNumber = 0; InputData = {\"LF:" + TestCentral.Jdoe + "/d/*\"};";
        Assert.That((await Submit($"{Echo} {split}")).Subjobs, Is.EqualTo(3));
        var only = await Submit($"{Echo} {split} ForceOnlySEInput = true; MaxInputMissingThreshold = 50; Requirements = member(other.CloseSE, \"{Far}\");");
        Assert.That((only.Subjobs, only.Remarks), Is.EqualTo((2, only.Remarks)));
        Assert.That(only.Remarks, Has.Some.Contains("2 input files are left out"));
    }

    [Test]
    public async Task An_admin_makes_changes_and_removes_elements_and_keeps_files_reachable()
    {
        var admin = new StorageAdministration(Central.Home, new CentralOptions(), Central.Clock);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/f", Small, Far);
        await Refused(ErrorCode.Conflict, "still has files", () => admin.Remove(Far));
        await Refused(ErrorCode.Conflict, "has files in", () => admin.Set(Far, old => old with { Directory = "elsewhere" }));
        await Refused(ErrorCode.Conflict, "is the directory of", () => admin.Set("V::S::N", old => old with { Directory = Path.Combine(Central.Home.Path, "se", Far) }));
        await Refused(ErrorCode.Conflict, "stands in central.yaml", () => admin.Set(Central.Host.Element.Name, old => old with { ReadOnly = true }));
        await Refused(ErrorCode.Invalid, "is no name", () => admin.Set("x", old => old with { Directory = "x" }));
        await Refused(ErrorCode.NotFound, "V::S::N", () => admin.Remove("V::S::N"));
        await admin.Remove(Tape);
        Assert.That(admin.List().Select(line => (line.Setting.Name, line.Use.Files, line.IsConfigured)),
            Is.EqualTo(new[] { (Central.Host.Element.Name, 0L, true), (Far, 1L, false) }));
        await Central.Restart();
        Assert.That(await Central.Get(Jdoe, TestCentral.Jdoe + "/f"), Is.EqualTo(Small));
    }

    [Test]
    public void Storage_elements_stand_in_central_yaml_too()
    {
        var files = new FileSystem();
        var path = Path.Combine(Central.Home.Path, "other.yaml");
        File.WriteAllText(path, "storageElements:\n- name: V::S::A\n  directory: a\n  kinds: [disk, fast]\n- name: V::S::B\n  directory: b\n");
        Assert.That(CentralOptions.Read(files, path).Elements.Select(element => (element.Name, element.Kinds.Length)),
            Is.EqualTo(new[] { ("V::S::A", 2), ("V::S::B", 1) }));
        File.WriteAllText(path, "storageElements:\n- name: V::S::A\n  directory: a\n- name: v::s::a\n  directory: b\n");
        Assert.That(() => CentralOptions.Read(files, path), Throws.TypeOf<GridError>().With.Message.Contains("there twice"));
    }

    [TestCase("500GB", 500L << 30)]
    [TestCase("0", 0)]
    [TestCase("12 kb", 12L << 10)]
    public void Capacities_have_units(string text, long bytes) => Assert.That(StorageCommand.Bytes(text), Is.EqualTo(bytes));

    [TestCase("x")]
    [TestCase("-1")]
    [TestCase("5 GiB")]
    [TestCase("99999999PB")]
    public void What_is_no_capacity_is_refused(string text) => Assert.That(() => StorageCommand.Bytes(text), Throws.TypeOf<GridError>());
}
