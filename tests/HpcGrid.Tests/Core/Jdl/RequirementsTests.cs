using HpcGrid.Core.Jdl;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Core.Jdl;

public sealed class RequirementsTests
{
    private static readonly SiteMap Titan = new()
    {
        Site = "ORNL", Ce = "ALICE::ORNL::TITAN", Cores = 16, MemoryMib = 32 * 1024, DiskMib = 100 * 1024, TtlSeconds = 7200,
        CloseSe = ["ALICE::ORNL::EOS", "ALICE::LBL::EOS"], Partitions = ["hpc"], Packages = ["VO_ALICE@AliRoot::v5", "VO_ALICE@ROOT::v6"],
    };

    [TestCase("other.CE == \"ALICE::ORNL::TITAN\"")]
    [TestCase("!other.CE == \"ALICE::CERN::CREAM\"")]
    [TestCase("member(other.CloseSE, \"ALICE::LBL::EOS\")")]
    [TestCase("!member(other.CloseSE, \"ALICE::CERN::EOS\")")]
    [TestCase("member(other.Packages, \"VO_ALICE@ROOT::v6\")")]
    [TestCase("member(other.GridPartitions, \"hpc\")")]
    [TestCase("other.TTL > 3600 && other.LocalDiskSpace > 1000000 && other.Price <= 1")]
    [TestCase("( other.Type == \"machine\" ) && (other.Site == \"ornl\") && ( other.TTL > self.TTL ) && ( other.Price <= self.Price )")]
    [TestCase("other.CPUCores >= 8 && other.MemorySize >= 16000 && other.Platform == \"Linux-x86_64\"")]
    [TestCase("isUndefined(other.CVMFS_Revision) || other.CVMFS_Revision >= 5")]
    public void A_site_that_satisfies_all_conditions_matches(string requirements) =>
        Assert.That(Match($"Requirements = {requirements};"), Is.InstanceOf<SiteMatch.Yes>());

    [TestCase("Requirements = other.CE == \"ALICE::CERN::CREAM\";", "other.CE == \"ALICE::CERN::CREAM\" is false (the site: CE = \"ALICE::ORNL::TITAN\")")]
    [TestCase("Requirements = other.TTL > 100 && ( other.TTL > 90000 ) && other.Site == \"X\";", "( other.TTL > 90000 ) is false (the site: TTL = 7200)")]
    [TestCase("Requirements = other.Nothing == 1 && other.Site == \"X\";", "other.Site == \"X\" is false (the site: Site = \"ORNL\")")]
    [TestCase("Requirements = other.Site > 5;", "other.Site > 5 is an error: \"ORNL\" and 5 cannot be compared")]
    [TestCase("Requirements = 5;", "5 is 5, not true or false")]
    [TestCase("Requirements = false;", "false is false")]
    [TestCase("CPUCores = 17;", "it needs 17 cores, the site gives 16")]
    [TestCase("MemorySize = \"33GB\";", "it needs 33792 MB of memory, the site gives 32768")]
    [TestCase("WorkDirectorySize = \"1TB\";", "it needs 1048576 MB of disk, the site gives 102400")]
    [TestCase("TTL = 7201;", "it needs 7201 s, the site's slots have 7200 s left")]
    [TestCase("Packages = {\"VO_ALICE@ROOT::v6\", \"VO_ALICE@GEANT4::v10\"};", "the site does not have the package VO_ALICE@GEANT4::v10")]
    public void A_site_that_does_not_is_told_the_first_condition_that_fails(string entries, string reason) =>
        Assert.That(Match(entries), Is.EqualTo(new SiteMatch.No(reason)));

    [Test]
    public void What_a_site_does_not_say_is_undefined_and_does_not_match() =>
        Assert.That(Match("Requirements = other.CVMFS_Revision >= 5 && other.TTL > 5;"),
            Is.EqualTo(new SiteMatch.Undefined("other.CVMFS_Revision >= 5 is undefined (the site: CVMFS_Revision is not said)")));

    [Test]
    public void A_reason_stays_readable_however_long_the_condition() =>
        Assert.That(((SiteMatch.No)Match($"Requirements = other.CE == \"{new string('x', 1_000_000)}\";")).Reason, Has.Length.LessThan(500));

    [Test]
    public void A_site_without_bounds_takes_any_size()
    {
        var site = new SiteMap { Site = "S", Ce = "C", TtlSeconds = 100_000 };
        Assert.That(Requirements.Matches(Read("Requirements = other.LocalDiskSpace > 1000000000000;"), site), Is.InstanceOf<SiteMatch.Yes>());
    }

    [TestCase("", 0)]
    [TestCase("Rank = other.TTL;", 7200)]
    [TestCase("Rank = -other.TTL / 2.0;", -3600)]
    [TestCase("Rank = member(other.CloseSE, \"ALICE::LBL::EOS\");", 1)]
    [TestCase("Rank = other.Nothing;", 0)]
    [TestCase("Rank = 1 / 0;", 0)]
    [TestCase("Rank = 5;", 5)]
    public void Rank_is_a_number(string entry, double rank) => Assert.That(Requirements.Rank(Read(entry), Titan), Is.EqualTo(rank));

    private static SiteMatch Match(string entries) => Requirements.Matches(Read(entries), Titan);

    /// <summary>With limits that fit, unless the entries say other ones: the last of a key counts.</summary>
    private static JobDescription Read(string entries) => JobDescription.Read("Executable = \"x\"; TTL = 3600;" + entries, []);
}
