using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core.Jdl;

/// <summary>Jobs over several nodes, as they are described and matched.</summary>
public sealed class NodeCountTests
{
    [Test]
    public void A_job_over_several_nodes_has_each_of_them_whole_and_as_many_tasks_on_each_as_cores()
    {
        var job = Read("NodeCount = 4; CPUCores = 8;");
        Assert.Multiple(() =>
        {
            Assert.That((job.Resources.Nodes, job.Resources.WholeNode, job.Resources.Cores), Is.EqualTo((4, true, 8)));
            Assert.That(job.Launch, Is.EqualTo(new GangLaunch(8, BySite: true)));
        });
    }

    [TestCase("NodeCount = 2; TasksPerNode = 1; CPUCores = 8;", 1, true)]
    [TestCase("NodeCount = 2; Launcher = \"none\";", 1, false)]
    [TestCase("NodeCount = 2; Launcher = \"Site\"; TasksPerNode = 64;", 64, true)]
    public void What_starts_it_can_be_said(string text, int tasks, bool bySite) => Assert.That(Read(text).Launch, Is.EqualTo(new GangLaunch(tasks, bySite)));

    [TestCase("NodeCount = 1;", 1)]
    [TestCase("TasksPerNode = 4;", 4)]
    [TestCase("Launcher = \"site\";", 1)]
    public void One_node_is_enough_to_try_the_launcher(string text, int tasks)
    {
        Assert.That(Read(text).Launch, Is.EqualTo(new GangLaunch(tasks, BySite: true)));
        Assert.That(Read(text).Resources, Is.EqualTo(Resources.Default with { NodeCount = 1, WholeNode = true }));
    }

    [Test]
    public void A_description_that_says_nothing_of_nodes_is_an_ordinary_job()
    {
        Assert.That(Read("").Launch, Is.Null);
        Assert.That(Read("").Resources, Is.EqualTo(Resources.Default));
    }

    [TestCase("NodeCount = 0;", "NodeCount")]
    [TestCase("NodeCount = -3;", "NodeCount")]
    [TestCase("NodeCount = 1000000;", "NodeCount")]
    [TestCase("NodeCount = \"many\";", "NodeCount")]
    [TestCase("NodeCount = 2; WholeNode = false;", "exclude each other")]
    [TestCase("NodeCount = 2; Launcher = \"mpirun\";", "Launcher")]
    [TestCase("TasksPerNode = 0;", "TasksPerNode")]
    public void What_makes_no_sense_is_refused_with_its_place(string text, string said) =>
        Assert.That(Assert.Throws<GridError>(() => Read(text))!.Message, Does.Contain(said).And.Contain("line 1"));

    [Test]
    public void A_site_whose_pilots_are_smaller_says_so()
    {
        var job = Read("NodeCount = 4; Requirements = other.NodeCount >= self.NodeCount;");
        var site = new SiteMap { Site = "S", Ce = "V::S::C", Cores = 8, TtlSeconds = 100_000, Nodes = 2 };
        Assert.That(Requirements.Matches(job, site), Is.EqualTo(new SiteMatch.No("it needs 4 nodes of one pilot, the site gives 2")));
        Assert.That(site.Fits(job.Resources), Is.False);
        Assert.That(Requirements.Matches(job, site with { Nodes = 4 }), Is.InstanceOf<SiteMatch.Yes>());
    }

    [Test]
    public void Its_needs_come_back_from_the_text_they_are_stored_as()
    {
        var need = Read("NodeCount = 4; GPUs = 2;").Resources;
        Assert.That(need.Special, Is.EqualTo("nodes:4 whole gpu=2"));
        Assert.That((need with { NodeCount = null, WholeNode = false, Counted = null }).WithSpecial(need.Special).Special, Is.EqualTo(need.Special));
    }

    private static JobDescription Read(string text) => JobDescription.Read("Executable = \"x\"; " + text, []);
}
