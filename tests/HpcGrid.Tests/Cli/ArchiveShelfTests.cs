using HpcGrid.Cli.Files;

namespace HpcGrid.Tests.Cli;

public sealed class ArchiveShelfTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-shelf-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_copy_that_is_being_read_stays_while_others_come_and_go()
    {
        var shelf = new ArchiveShelf(kept: 2);
        await shelf.Read("wanted", Fetch, async wanted =>
        {
            for (var i = 0; i < 10; i++) await shelf.Read($"other{i}", Fetch, _ => Task.CompletedTask);
            Assert.That(File.Exists(wanted));
        });
        Assert.That(Directory.GetFiles(_folder), Has.Length.LessThanOrEqualTo(2));
    }

    [Test]
    public async Task One_fetch_serves_all_members()
    {
        var shelf = new ArchiveShelf(kept: 2);
        var fetched = 0;
        for (var i = 0; i < 5; i++) await shelf.Read("archive", () => { fetched++; return Fetch(); }, _ => Task.CompletedTask);
        Assert.That(fetched, Is.EqualTo(1));
    }

    [Test]
    public async Task A_fetch_that_failed_is_tried_again()
    {
        var shelf = new ArchiveShelf(kept: 2);
        Assert.That(async () => await shelf.Read("archive", () => Task.FromException<string>(new IOException("away")), _ => Task.CompletedTask),
            Throws.TypeOf<IOException>());
        var read = false;
        await shelf.Read("archive", Fetch, _ => { read = true; return Task.CompletedTask; });
        Assert.That(read);
    }

    private async Task<string> Fetch()
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, "archive");
        return path;
    }
}
