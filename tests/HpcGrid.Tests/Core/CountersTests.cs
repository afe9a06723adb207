using HpcGrid.Core;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core;

/// <summary>Named amounts, and the keys that ask for them.</summary>
public sealed class CountersTests
{
    [TestCase("", "")]
    [TestCase("gpu=1", "gpu=1")]
    [TestCase("licence=0.5, gpu=2", "gpu=2,licence=0.5")]
    [TestCase("a=0,b=1.250", "b=1.25")]
    public void Text_comes_back_in_order(string text, string expected) => Assert.That(Counters.Parse(text).ToString(), Is.EqualTo(expected));

    [TestCase("gpu")]
    [TestCase("gpu=")]
    [TestCase("gpu=-1")]
    [TestCase("gpu=1.0001")]
    [TestCase("gpu=1e9")]
    [TestCase("gpu=2000000")]
    [TestCase("GPU=1")]
    [TestCase("=1")]
    [TestCase("gpu=1,gpu=2")]
    [TestCase("a=1,b=1,c=1,d=1,e=1")]
    public void What_is_no_counter_is_refused(string text) => Assert.That(Assert.Throws<GridError>(() => Counters.Parse(text))!.Code, Is.EqualTo(ErrorCode.Invalid));

    [Test]
    public void A_thousand_small_fractions_add_up_exactly()
    {
        var (left, small) = (Counters.Parse("gpu=1"), Counters.Parse("gpu=0.001"));
        for (var i = 0; i < 1000; i++) left = left.Minus(small);
        Assert.That(left, Is.EqualTo(Counters.None));
    }

    [Test]
    public void Equal_amounts_are_equal_however_they_were_made() =>
        Assert.That(Counters.Parse("b=1").Plus(Counters.Parse("a=2")), Is.EqualTo(Counters.Parse("a=2,b=1")));

    [Test]
    public void A_description_asks_for_fractions_counters_and_whole_nodes()
    {
        var job = JobDescription.Read("Executable = \"x\"; CPUCores = 0.5; GPUs = 1.5; Counters = {\"licence=2\"}; WholeNode = true;", []);
        Assert.Multiple(() =>
        {
            Assert.That((job.Resources.Cores, job.Resources.CoreShare, job.Resources.WholeNode), Is.EqualTo((1, 500L, true)));
            Assert.That(job.Resources.Counters, Is.EqualTo(Counters.Parse("gpu=1.5,licence=2")));
            Assert.That(Resources.Default.WithSpecial(job.Resources.Special).Special, Is.EqualTo(job.Resources.Special));
        });
    }

    [TestCase("CPUCores = 0;", "CPUCores")]
    [TestCase("CPUCores = -1;", "CPUCores")]
    [TestCase("CPUCores = 1.00001;", "CPUCores")]
    [TestCase("CPUCores = 99999999999999999999;", "too large")]
    [TestCase("CPUCores = 5000;", "CPUCores")]
    [TestCase("GPUs = \"many\";", "GPUs")]
    [TestCase("Counters = {\"gpu\"};", "no counter")]
    [TestCase("GPUs = 1; Counters = {\"gpu=1\"};", "twice")]
    public void Needs_that_make_no_sense_are_refused_with_their_place(string text, string said) =>
        Assert.That(Assert.Throws<GridError>(() => JobDescription.Read("Executable = \"x\"; " + text, []))!.Message, Does.Contain(said).And.Contain("line 1"));

    [Test]
    public void A_site_without_the_counter_says_so()
    {
        var job = JobDescription.Read("Executable = \"x\"; GPUs = 2;", []);
        var site = new SiteMap { Site = "S", Ce = "V::S::C", Cores = 8, TtlSeconds = 100_000, Counters = Counters.Parse("gpu=1") };
        Assert.Multiple(() =>
        {
            Assert.That(Requirements.Matches(job, site), Is.EqualTo(new SiteMatch.No("it needs gpu=2, the site gives 1")));
            Assert.That(Requirements.Matches(job, site with { Counters = Counters.Parse("gpu=2") }), Is.InstanceOf<SiteMatch.Yes>());
        });
    }
}
