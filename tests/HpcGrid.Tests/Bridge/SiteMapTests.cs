namespace HpcGrid.Tests.Bridge;

/// <summary>What a bridge says of its site when it asks for jobs.</summary>
public sealed class SiteMapTests
{
    [Test]
    public void What_the_operator_wrote_of_the_site_reaches_the_broker()
    {
        using var rig = new BridgeRig();
        rig.Options = rig.Options with { CloseSe = ["V::S::SE"], Packages = ["VO@tool::1.0"], Partitions = ["hpc"], CvmfsRevision = 7, Users = ["jdoe"] };
        var agent = rig.Agent();
        rig.Until(() =>
        {
            agent.Beat();
            return !rig.Central.Requests.IsEmpty;
        }, "central is asked");
        var site = rig.Central.Requests.First().SiteMap;
        Assert.Multiple(() =>
        {
            Assert.That((site.CloseSe[0], site.Packages[0], site.Partitions[0], site.Users[0]), Is.EqualTo(("V::S::SE", "VO@tool::1.0", "hpc", "jdoe")));
            Assert.That(site.CvmfsRevision, Is.EqualTo(7));
            Assert.That(site.FreshTtlSeconds, Is.EqualTo(100_000 - 600 - 5), "what a new pilot keeps for jobs of its walltime");
        });
    }
}
