using HpcGrid.Central.Broker;
using HpcGrid.Central.Identity;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Central;

internal sealed class SiteMatchingTests : CentralTests
{
    private static readonly SiteMap Cern = TestBridge.Slots with { Site = "CERN", Ce = "HPCGRID::CERN::LX", Cores = 64, TtlSeconds = 3000 };

    private TestBridge _titan = null!;
    private TestBridge _lx = null!;

    [SetUp]
    public async Task JoinTwo()
    {
        await Central.Accounts.Add("lx", Role.Bridge);
        _titan = await TestBridge.Join(Central);
        _lx = await TestBridge.Join(Central, "lx");
        _lx.Offer = Cern;
        await _titan.Match(1);
        await _lx.Match(1);
    }

    [TestCase("TTL = 60; Requirements = other.Site == \"ORNL\" && other.CPUCores > 8;", "other.Site == \"ORNL\" is false (the site: Site = \"CERN\")")]
    [TestCase("TTL = 60; Requirements = other.CPUCores < 17;", "other.CPUCores < 17 is false (the site: CPUCores = 64)")]
    [TestCase("TTL = 21600;", "it needs 21600 s, the site's slots have 3000 s left")]
    public async Task The_first_condition_that_is_false_is_named(string jdl, string reason)
    {
        var sites = await Ask(jdl);
        Assert.Multiple(() =>
        {
            Assert.That((sites[0].Site, sites[0].Ce, sites[0].Matches, sites[0].Reason), Is.EqualTo(("ORNL", "HPCGRID::ORNL::TITAN", true, (string?)null)));
            Assert.That((sites[1].Site, sites[1].Matches, sites[1].Reason), Is.EqualTo(("CERN", false, reason)));
            Assert.That(sites.Select(site => site.SeenAt), Has.None.Null);
        });
    }

    [Test]
    public async Task Sites_that_match_stand_in_the_order_of_their_rank()
    {
        var sites = await Ask("TTL = 60; Rank = other.CPUCores;");
        Assert.That(sites.Select(site => (site.Site, site.Rank)), Is.EqualTo(new (string, double?)[] { ("CERN", 64), ("ORNL", 16) }));
        Assert.That((await Ask("TTL = 60; Rank = other.Nothing;")).Select(site => site.Rank), Is.All.Null);
    }

    [Test]
    public async Task A_site_that_was_not_heard_of_does_not_match_and_says_so()
    {
        Central.Clock.Advance(TimeSpan.FromMinutes(10));
        await _lx.Renew();
        var sites = await Ask("TTL = 60;");
        Assert.That(sites.Select(site => (site.Site, site.Matches)), Is.EqualTo(new[] { ("CERN", true), ("ORNL", false) }));
        Assert.That(sites[1].Reason, Does.StartWith("it was not heard of for 60"));
        await Central.Restart();
        Assert.That((await Ask("TTL = 60;")).Select(site => site.Reason), Is.All.Contains("since central started"));
    }

    [Test]
    public async Task Of_a_job_it_is_told_what_else_keeps_it()
    {
        var job = (await Submit(Production(2, "TTL = 60;"))).Job + 2;
        Assert.That(await ReasonOf(job), Is.Null);
        await Central.Database.Write(session => DependencyTable.Insert(session, job, job - 1));
        Assert.That(await ReasonOf(job), Is.EqualTo($"the job waits for job {job - 1}"));
        var id = (await _titan.Match(1))[0].AttemptId;
        Assert.That(await ReasonOf(id.Job), Is.EqualTo("a site has the job already: it is ASSIGNED at ORNL"));
        await _titan.Finish(id);
        Assert.That(await ReasonOf(id.Job), Is.EqualTo("the job has ended: DONE"));
        await Refused(HpcGrid.Core.ErrorCode.NotFound, "no job", () => Central.Client("mary").Call(new MatchSites(null, [], job), default));
    }

    [Test]
    public async Task A_job_with_a_rank_is_kept_for_a_better_site_that_wants_it_and_given_away_when_that_does_not_come()
    {
        await Submit(Production(3, "TTL = 60; Rank = other.CPUCores;"));
        Assert.That(await _titan.Match(1), Is.Empty, "CERN has just asked in vain");
        Assert.That((await _lx.Match(1)).Count, Is.EqualTo(1));
        Assert.That((await _titan.Match(1)).Count, Is.EqualTo(1), "CERN has what it wanted");
        Assert.That((await _lx.Match(5)).Count, Is.EqualTo(1));
        await Submit(Production(1, "TTL = 60; Rank = other.CPUCores; JobTag = \"other\";"));
        Assert.That(await _titan.Match(1), Is.Empty, "CERN wanted more than it got");
        Central.Clock.Advance(HpcGrid.Central.Limits.HungerAge + TimeSpan.FromSeconds(1));
        Assert.That((await _titan.Match(1)).Count, Is.EqualTo(1), "CERN does not ask any more");
    }

    [Test]
    public async Task A_site_on_which_jobs_fail_that_others_do_is_throttled_to_one_at_a_time_until_one_succeeds()
    {
        await Submit(Production(60, "TTL = 60;"));
        foreach (var job in await _lx.Match(20)) await _lx.Finish(job.AttemptId);
        foreach (var job in await _titan.Match(10)) await _titan.Finish(job.AttemptId, JobState.ErrorE);
        foreach (var job in await _lx.Match(5)) await _lx.Finish(job.AttemptId);
        foreach (var job in await _titan.Match(5)) await _titan.Finish(job.AttemptId, JobState.ErrorE);
        var sites = await Ask("TTL = 60;");
        var nodes = (await Jdoe.Call(new ListNodes(), default)).Bridges.ToDictionary(bridge => bridge.Bridge);
        Assert.Multiple(() =>
        {
            Assert.That((sites[1].Site, sites[1].Matches, sites[1].Reason), Is.EqualTo(("ORNL", false, $"it is throttled to one job at a time: {nodes["titan"].Throttled}")));
            Assert.That(nodes["titan"].Throttled, Does.Contain("failed at once"));
            Assert.That(nodes["lx"].Throttled, Is.Null);
        });
        var probe = await _titan.Match(10);
        Assert.That((probe.Count, (await _titan.Match(10)).Count), Is.EqualTo((1, 0)));
        await _titan.Finish(probe[0].AttemptId, JobState.ErrorE);
        probe = await _titan.Match(10);
        Assert.That(probe.Count, Is.EqualTo(1));
        await _titan.Finish(probe[0].AttemptId);
        Assert.That((await _titan.Match(10)).Count, Is.EqualTo(10));
    }

    [Test]
    public async Task A_production_that_fails_everywhere_throttles_nobody()
    {
        await Submit(Production(60, "TTL = 60;"));
        foreach (var job in await _lx.Match(30)) await _lx.Finish(job.AttemptId, JobState.ErrorE);
        foreach (var job in await _titan.Match(30)) await _titan.Finish(job.AttemptId, JobState.ErrorE);
        Assert.That((await Jdoe.Call(new ListNodes(), default)).Bridges.Select(bridge => bridge.Throttled), Is.All.Null);
    }

    private async Task<IReadOnlyList<SiteVerdict>> Ask(string jdl) => (await Jdoe.Call(new MatchSites($"{Echo} {jdl}", [], null), default)).Sites;

    private async Task<string?> ReasonOf(long job) => (await Jdoe.Call(new MatchSites(null, [], job), default)).Sites[0].Reason;
}
