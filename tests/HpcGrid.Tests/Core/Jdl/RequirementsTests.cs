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

    private static readonly SiteMap Roomy = Titan with { TtlSeconds = 86_400 };

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

    [Test]
    public void Equal_requirements_of_many_descriptions_are_evaluated_once()
    {
        var memo = new MatchMemo(Roomy);
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(memo.Matches(JobDescription.Read($"Command = {{\"/bin/x\", \"{i}\"}}; Requirements = other.TTL > 5;", [])), Is.True);
            Assert.That(memo.Matches(JobDescription.Read($"Command = {{\"/bin/x\", \"{i}\"}}; Requirements = other.TTL < 5;", [])), Is.False);
            Assert.That(memo.Matches(JobDescription.Read($"Command = {{\"/bin/x\", \"{i}\"}}; CPUCores = 4096;", [])), Is.False);
        }
        Assert.That(memo.Evaluations, Is.EqualTo(2));
        Assert.That(memo.Matches(JobDescription.Read("Command = {\"/bin/x\"}; Price = 5; Requirements = self.Price > 4;", [])), Is.True);
        Assert.That(memo.Matches(JobDescription.Read("Command = {\"/bin/x\"}; Price = 3; Requirements = self.Price > 4;", [])), Is.False);
    }

    [TestCase("other.Nonsense > 5", "asks for Nonsense, which no site says")]
    [TestCase("other.TTL > 5 && member(other.Colours, \"red\")", "asks for Colours")]
    [TestCase("false", "is never true")]
    [TestCase("other.TTL > 5 && 1 > 2", "'1 > 2' is never true")]
    [TestCase("other.CE == \"A::B::C\" && other.CE == \"A::B::D\"", "exclude each other")]
    [TestCase("other.TTL > 100 && other.Price <= 1 && other.TTL < 50", "exclude each other")]
    [TestCase("other.TTL > 100 && other.TTL < 100", "exclude each other")]
    [TestCase("other.CPUCores >= 8 && other.CPUCores == 4", "exclude each other")]
    [TestCase("other.CE == \"A::B::C\" && other.CE > 5", "exclude each other")]
    public void What_no_site_can_fulfil_is_remarked(string requirements, string message) =>
        Assert.That(Remarks(requirements), Has.Exactly(1).Contains("no site can ever match").And.Contains(message));

    [TestCase("other.TTL > 5")]
    [TestCase("other.TTL >= 100 && other.TTL <= 100")]
    [TestCase("other.CE == \"A::B::C\" && other.CE == \"a::b::c\"")]
    [TestCase("isUndefined(other.Nonsense)")]
    [TestCase("other.Nonsense =?= undefined")]
    [TestCase("other.Nonsense > 5 || other.TTL > 5")]
    [TestCase("self.Price > 5")]
    [TestCase("other.CVMFS_Revision >= 7 && other.LocalDiskSpace > 5 && other.GridPartitions == {\"x\"}")]
    [TestCase("other.TTL < 5 || false")]
    [TestCase("true")]
    public void What_some_site_may_fulfil_is_not(string requirements) => Assert.That(Remarks(requirements), Is.Empty);

    [Test]
    public void The_software_revision_is_what_the_site_says_and_otherwise_undefined()
    {
        var job = JobDescription.Read("Command = {\"/bin/x\"}; Requirements = other.CVMFS_Revision >= 7;", []);
        Assert.That(Requirements.Matches(job, Roomy), Is.InstanceOf<SiteMatch.Undefined>());
        Assert.That(Requirements.Matches(job, Roomy with { CvmfsRevision = 7 }), Is.InstanceOf<SiteMatch.Yes>());
        Assert.That(Requirements.Matches(job, Roomy with { CvmfsRevision = 6 }), Is.InstanceOf<SiteMatch.No>());
    }

    private static IReadOnlyList<string> Remarks(string requirements) => JobDescription.Read($"Command = {{\"/bin/x\"}}; Requirements = {requirements};", []).Remarks;
}
