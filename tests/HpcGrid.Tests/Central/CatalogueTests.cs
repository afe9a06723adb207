using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Central;

internal sealed class CatalogueTests : CentralTests
{
    [Test]
    public async Task A_file_comes_back_as_it_was_put([Values("plain.txt", "with blank 'and \"quote\"; rm -rf", "новый\nline")] string name)
    {
        var bytes = Encoding.UTF8.GetBytes("content of " + name);
        await Central.Put(Jdoe, $"{TestCentral.Jdoe}/{name}", bytes);
        var entry = (await Jdoe.Call(new StatEntry($"{TestCentral.Jdoe}/{name}"), default)).Entry;
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Central.Get(Jdoe, $"{TestCentral.Jdoe}/{name}"), Is.EqualTo(bytes));
            Assert.That((entry.Type, entry.Owner, entry.Size, entry.Sha256), Is.EqualTo(("f", "jdoe", (long)bytes.Length, Content.Of(bytes).Sha256)));
        });
    }

    [Test]
    public async Task Directories_are_listed_by_name_in_pages()
    {
        foreach (var name in new[] { "b", "a", "c" }) await Make(name);
        var first = await Jdoe.Call(new ListDirectory(TestCentral.Jdoe) { Limit = 2 }, default);
        var rest = await Jdoe.Call(new ListDirectory(TestCentral.Jdoe) { Limit = 2, After = "b" }, default);
        Assert.Multiple(() =>
        {
            Assert.That(first.Entries.Select(entry => Lfn.Parse(entry.Path).Name), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(first.More, Is.True);
            Assert.That(rest.Entries.Select(entry => Lfn.Parse(entry.Path).Name), Is.EqualTo(new[] { "c" }));
            Assert.That(rest.More, Is.False);
        });
    }

    [Test]
    public async Task Directories_above_are_made_only_when_asked_for()
    {
        await Refused(ErrorCode.NotFound, $"{TestCentral.Jdoe}/x", () => Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/x/y/z", false), default));
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/x/y/z", true), default);
        await Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/x/y/z", true), default);
        await Refused(ErrorCode.Exists, "exists", () => Jdoe.Call(new MakeDirectory(TestCentral.Jdoe + "/x/y/z", false), default));
    }

    [Test]
    public async Task Others_may_look_but_not_touch()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/mine", [1, 2, 3]);
        var mary = Central.Client("mary");
        Assert.That(await Central.Get(mary, TestCentral.Jdoe + "/mine"), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new RemoveEntry(TestCentral.Jdoe + "/mine", false), default));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new MoveEntry(TestCentral.Jdoe + "/mine", "/hpcgrid/user/m/mary/stolen"), default));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new MakeDirectory(TestCentral.Jdoe + "/hers", false), default));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new OpenForWriting(TestCentral.Jdoe + "/hers", Content.Of([])), default));
        await Refused(ErrorCode.Denied, "jdoe", () => Jdoe.Call(new MakeDirectory("/hpcgrid/bin/tool", false), default));
        await Central.Client("admin").Call(new RemoveEntry(TestCentral.Jdoe + "/mine", false), default);
    }

    [Test]
    public async Task Removing_a_tree_removes_the_bytes_too()
    {
        await Make("d/e");
        var ticket = await Central.Put(Jdoe, TestCentral.Jdoe + "/d/e/file", [1]);
        await Refused(ErrorCode.Conflict, "not empty", () => Jdoe.Call(new RemoveEntry(TestCentral.Jdoe + "/d", false), default));
        await Jdoe.Call(new RemoveEntry(TestCentral.Jdoe + "/d", true), default);
        await Refused(ErrorCode.NotFound, "/d", () => Jdoe.Call(new StatEntry(TestCentral.Jdoe + "/d/e/file"), default));
        Assert.That(() => Central.Has(ticket.Pfn), Is.False.After(10_000, 50));
    }

    [Test]
    public async Task Moving_renames_or_moves_into_a_directory()
    {
        await Make("to");
        await Central.Put(Jdoe, TestCentral.Jdoe + "/one", [1]);
        await Central.Put(Jdoe, TestCentral.Jdoe + "/two", [2]);
        await Jdoe.Call(new MoveEntry(TestCentral.Jdoe + "/one", TestCentral.Jdoe + "/to"), default);
        Assert.That(await Central.Get(Jdoe, TestCentral.Jdoe + "/to/one"), Is.EqualTo(new byte[] { 1 }));
        await Refused(ErrorCode.Exists, "exists", () => Jdoe.Call(new MoveEntry(TestCentral.Jdoe + "/two", TestCentral.Jdoe + "/to/one"), default));
        await Refused(ErrorCode.Invalid, "itself", () => Jdoe.Call(new MoveEntry(TestCentral.Jdoe + "/to", TestCentral.Jdoe + "/to/deeper"), default));
        await Jdoe.Call(new MoveEntry(TestCentral.Jdoe + "/to", TestCentral.Jdoe + "/renamed"), default);
        Assert.That(await Central.Get(Jdoe, TestCentral.Jdoe + "/renamed/one"), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task Registering_again_is_harmless_and_registering_something_else_is_refused()
    {
        var ticket = await Central.Put(Jdoe, TestCentral.Jdoe + "/f", [1]);
        await Jdoe.Call(new RegisterFile(TestCentral.Jdoe + "/f", ticket.Guid, Content.Of([1]), ticket.Se, ticket.Pfn), default);
        await Refused(ErrorCode.Exists, "/f", () => Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/f", Content.Of([2])), default));
        await Refused(ErrorCode.NotFound, "uploaded", () => Jdoe.Call(new RegisterFile(TestCentral.Jdoe + "/g", Guid.NewGuid(), Content.Of([1]), ticket.Se, ticket.Pfn), default));
        var next = await Jdoe.Call(new OpenForWriting(TestCentral.Jdoe + "/g", Content.Of([2])), default);
        await Central.Storage().Put(next.Url, next.Token, Content.Of([2]), new MemoryStream([2]), default);
        await Refused(ErrorCode.Corrupt, "/g", () => Jdoe.Call(new RegisterFile(TestCentral.Jdoe + "/g", next.Guid, Content.Of([3]), next.Se, next.Pfn), default));
        await Refused(ErrorCode.NotFound, "uploaded", () => Central.Client("mary").Call(new RegisterFile("/hpcgrid/user/m/mary/g", next.Guid, Content.Of([2]), next.Se, next.Pfn), default));
    }

    [Test]
    public async Task Nothing_is_below_a_file_or_above_the_root()
    {
        await Refused(ErrorCode.NotFound, "/nowhere", () => Jdoe.Call(new ListDirectory("/nowhere/deeper"), default));
        await Refused(ErrorCode.Invalid, "path", () => Jdoe.Call(new ListDirectory("relative"), default));
        await Refused(ErrorCode.Denied, "root", () => Jdoe.Call(new RemoveEntry("/", true), default));
    }

    private Task<Done> Make(string name) => Jdoe.Call(new MakeDirectory($"{TestCentral.Jdoe}/{name}", true), default);
}
