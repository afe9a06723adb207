using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

internal sealed class CatalogueSearchTests : CentralTests
{
    private const string Home = TestCentral.Jdoe;

    [SetUp]
    public async Task MakeFiles()
    {
        foreach (var directory in new[] { "out/0001", "out/0002", "out.old", "empty" }) await Jdoe.Call(new MakeDirectory($"{Home}/{directory}", true), default);
        foreach (var file in new[] { "out/0001/a.csv", "out/0001/log", "out/0002/a.csv", "out.old/a.csv", "b.csv" }) await Central.Put(Jdoe, $"{Home}/{file}", [1]);
    }

    [Test]
    public async Task Names_are_found_at_any_depth_by_pattern()
    {
        Assert.That(await Find("*.csv"), Is.EqualTo(new[] { "b.csv", "out/0001/a.csv", "out/0002/a.csv", "out.old/a.csv" }));
        Assert.That(await Find("000?"), Is.EqualTo(new[] { "out/0001", "out/0002" }));
        Assert.That(await Find("nothing"), Is.Empty);
    }

    [Test]
    public async Task Pages_of_any_size_join_without_a_gap_or_a_repetition([Values(1, 2, 3, 100)] int limit)
    {
        var all = await Find("*");
        var paged = new List<string>();
        string? after = null;
        do
        {
            var page = await Jdoe.Call(new FindEntries(Home, "*") { After = after, Limit = limit }, default);
            paged.AddRange(page.Entries.Select(entry => entry.Path[(Home.Length + 1)..]));
            after = page.Next;
        }
        while (after is not null);
        Assert.That(paged, Is.EqualTo(all));
        Assert.That(paged, Has.Count.EqualTo(10));
    }

    [Test]
    public async Task A_search_goes_on_behind_what_was_removed_in_between()
    {
        await Jdoe.Call(new RemoveEntry(Home + "/out/0001", true), default);
        var rest = await Jdoe.Call(new FindEntries(Home, "*.csv") { After = Home + "/out/0001/a.csv" }, default);
        Assert.That(rest.Entries.Select(entry => entry.Path[(Home.Length + 1)..]), Is.EqualTo(new[] { "out/0002/a.csv", "out.old/a.csv" }));
    }

    [Test]
    public async Task Closed_directories_are_passed_by_and_a_closed_start_is_told()
    {
        await Central.Database.Write(session => session.Execute("UPDATE entry SET perm = '700' WHERE name = '0001'"));
        var mary = Central.Client("mary");
        Assert.That((await mary.Call(new FindEntries(Home, "a.csv"), default)).Entries.Select(entry => entry.Path), Is.EqualTo(new[]
            { Home + "/out/0002/a.csv", Home + "/out.old/a.csv" }));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new FindEntries(Home + "/out/0001", "*"), default));
        await Refused(ErrorCode.NotFound, "nowhere", () => mary.Call(new FindEntries("/nowhere", "*"), default));
        await Refused(ErrorCode.Invalid, "below", () => Jdoe.Call(new FindEntries(Home, "*") { After = "/hpcgrid/bin" }, default));
    }

    [Test]
    public async Task A_copy_in_the_catalogue_outlives_its_original()
    {
        await Jdoe.Call(new CopyEntry(Home + "/b.csv", Home + "/empty/c.csv"), default);
        await Jdoe.Call(new RemoveEntry(Home + "/b.csv", false), default);
        Assert.That(await Central.Get(Jdoe, Home + "/empty/c.csv"), Is.EqualTo(new byte[] { 1 }));
        var mary = Central.Client("mary");
        await mary.Call(new CopyEntry(Home + "/empty/c.csv", "/hpcgrid/user/m/mary/c.csv"), default);
        Assert.That((await mary.Call(new StatEntry("/hpcgrid/user/m/mary/c.csv"), default)).Entry.Owner, Is.EqualTo("mary"));
        await Refused(ErrorCode.Denied, "mary", () => mary.Call(new CopyEntry(Home + "/empty/c.csv", Home + "/hers"), default));
        await Refused(ErrorCode.Exists, "c.csv", () => Jdoe.Call(new CopyEntry(Home + "/out/0001/a.csv", Home + "/empty/c.csv"), default));
        await Refused(ErrorCode.Invalid, "directory", () => Jdoe.Call(new CopyEntry(Home + "/out", Home + "/out2"), default));
    }

    private async Task<List<string>> Find(string pattern) =>
        [.. (await Jdoe.Call(new FindEntries(Home, pattern), default)).Entries.Select(entry => entry.Path[(Home.Length + 1)..])];
}
