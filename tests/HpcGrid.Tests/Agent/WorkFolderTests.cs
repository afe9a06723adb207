using HpcGrid.Agent.Sandboxes;

namespace HpcGrid.Tests.Agent;

/// <summary>Folders of several agents on one node's disk.</summary>
public sealed class WorkFolderTests
{
    private readonly string _work = Directory.CreateTempSubdirectory("hpcgrid-work-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_work, recursive: true);

    [Test]
    public void A_folder_that_another_agent_is_making_is_left_alone_and_an_old_one_is_not()
    {
        var draft = Path.Combine(_work, ".new.17.n1.ab");
        Directory.CreateDirectory(draft);
        File.WriteAllText(Path.Combine(draft, "lock"), "");
        var now = DateTimeOffset.UtcNow;
        Assert.That(WorkFolder.RemoveLeftovers(_work, now), Is.Empty);
        Assert.That(Directory.Exists(draft));
        Assert.That(WorkFolder.RemoveLeftovers(_work, now + HpcGrid.Agent.Limits.UnownedWorkAge * 2), Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase(".tmp")]
    public void A_sandbox_is_kept_for_another_job_until_one_leaves_something_in_it(string suffix)
    {
        using var folder = WorkFolder.Create(_work, "1.n1.aa");
        var sandbox = folder.TakeSandbox(shared: false);
        File.Create(sandbox.Stdout).Dispose();
        File.Create(sandbox.Stderr).Dispose();
        var made = DateTimeOffset.UtcNow;
        Assert.That(() => DateTimeOffset.UtcNow - made > HpcGrid.Agent.Limits.FileTimeStep, Is.True.After(30_000, 20));
        for (var job = 0; job < 3; job++)
        {
            Assert.That(folder.TryKeep(sandbox), "what is as it was made is kept");
            Assert.That(folder.TakeSandbox(shared: false), Is.SameAs(sandbox));
        }
        File.WriteAllText(Path.Combine(sandbox.Path + suffix, "core"), "left by a job");
        Assert.That(folder.TryKeep(sandbox), Is.False);
    }

    [Test]
    public void A_dead_agents_folder_goes_and_a_living_ones_stays()
    {
        using var living = WorkFolder.Create(_work, "1.n1.aa");
        Directory.CreateDirectory(Path.Combine(_work, "2.n1.bb"));
        File.WriteAllText(Path.Combine(_work, "2.n1.bb", "lock"), "");
        Assert.That(WorkFolder.RemoveLeftovers(_work, DateTimeOffset.UtcNow), Is.EqualTo(new[] { "2.n1.bb" }));
        Assert.That(Directory.Exists(living.Path));
    }
}
