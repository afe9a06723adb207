using System.Text.Json;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Cli;

/// <summary>`hpcgrid spool` on a real spool in a folder.</summary>
public sealed class SpoolCommandTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public async Task Ls_shows_offers_agents_and_the_rest()
    {
        _world.Offer(4);
        var agent = _world.Agent();
        var run = await CommandLineRun.Of("spool", "ls", _world.SpoolPath);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("q4.g1").And.Contain(agent.Card.Agent).And.Contain("sentinel"));
        var document = JsonDocument.Parse((await CommandLineRun.Of("spool", "ls", "--json", _world.SpoolPath)).Output).RootElement;
        Assert.That(document.GetProperty("offers")[0].GetProperty("jobs").GetInt32(), Is.EqualTo(2));
        Assert.That(document.GetProperty("agents")[0].GetProperty("state").GetString(), Is.EqualTo("live"));
    }

    [Test]
    public async Task Shape_counts_files_by_age_and_directory()
    {
        _world.Offer(4);
        _world.Offer(6);
        File.SetLastWriteTimeUtc(Directory.GetFiles(Path.Combine(_world.SpoolPath, "pool/00"))[0], DateTime.UtcNow.AddHours(-3));
        var document = JsonDocument.Parse((await CommandLineRun.Of("spool", "shape", "--json", _world.SpoolPath)).Output).RootElement;
        var pool = document.GetProperty("directories").EnumerateArray().Single(line => line.GetProperty("directory").GetString() == "pool/00");
        var ages = pool.GetProperty("ages").EnumerateArray().Select(count => count.GetInt32()).ToList();
        Assert.That((ages.Sum(), ages[5]), Is.EqualTo((2, 1)), "one of two is hours old");
    }

    [Test]
    public async Task Check_ends_with_1_when_something_is_wrong_and_says_what_to_do()
    {
        _world.Bridge().PublishKeys(new HpcGrid.Spool.PublishedKeys(1, ["a key"], null));
        _world.Offer(4);
        var well = await CommandLineRun.Of("spool", "check", "--wait", "0", _world.SpoolPath);
        Assert.That((well.ExitCode, well.Output), Is.EqualTo((0, "")), well.Output);
        Assert.That(well.Error, Does.Contain("all is well"));
        var file = Directory.GetFiles(Path.Combine(_world.SpoolPath, "pool/00"))[0];
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..1000]);
        var ill = await CommandLineRun.Of("spool", "check", "--wait", "0", _world.SpoolPath);
        Assert.That(ill.ExitCode, Is.EqualTo(1));
        Assert.That(ill.Output, Does.Contain(Path.GetFileName(file)).And.Contain("torn").And.Contain("→"));
    }

    [Test]
    public async Task Check_of_a_spool_whose_work_is_over_names_every_file_of_a_job()
    {
        _world.Bridge().PublishKeys(new HpcGrid.Spool.PublishedKeys(1, ["a key"], null));
        _ = _world.Agent();
        var well = await CommandLineRun.Of("spool", "check", "--idle", "--wait", "0", _world.SpoolPath);
        Assert.That((well.ExitCode, well.Output), Is.EqualTo((0, "")), well.Output);
        _world.Offer(4);
        var left = await CommandLineRun.Of("spool", "check", "--idle", "--wait", "0", _world.SpoolPath);
        Assert.That(left.ExitCode, Is.EqualTo(1));
        Assert.That(left.Output, Does.Contain("pool/00/q4.g1").And.Contain("all work is said to be over"));
    }

    [Test]
    public async Task Probe_gives_a_verdict_in_words_and_leaves_nothing()
    {
        var place = Directory.CreateDirectory(Path.Combine(_world.Folder, "place")).FullName;
        var run = await CommandLineRun.Of("spool", "probe", place);
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(run.Output, Does.Contain("is fit for a spool"));
        Assert.That(Directory.EnumerateFileSystemEntries(place), Is.Empty);
    }

    [TestCase("ls")]
    [TestCase("check")]
    [TestCase("shape")]
    public async Task What_is_no_spool_is_said_so(string command)
    {
        var place = Directory.CreateDirectory(Path.Combine(_world.Folder, "place")).FullName;
        var run = await CommandLineRun.Of("spool", command, place);
        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain(place));
    }

    [Test]
    public async Task A_directory_that_is_not_there_is_no_filesystem_to_try()
    {
        var run = await CommandLineRun.Of("spool", "probe", Path.Combine(_world.Folder, "nowhere"));
        Assert.That(run.Error, Does.Contain("there is no directory"));
        Assert.That(run.ExitCode, Is.Not.Zero);
    }
}
