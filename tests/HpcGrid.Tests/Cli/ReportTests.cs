using System.Xml.Linq;
using HpcGrid.Cli.Report;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class ReportTests
{
    private const string Hostile = "</title><script>alert(1)</script><img src=x onerror=alert(1)> & \"quoted\" 'single' \e[2J\0\n粒子";

    [Test]
    public void The_page_is_well_formed_and_needs_nothing_besides_itself([Values(0, 1, 30, 5000)] int jobs)
    {
        var page = ReportPage.Of(Data(jobs));
        var document = Parse(page);
        var names = document.Descendants().Select(element => element.Name.LocalName).ToHashSet();
        Assert.Multiple(() =>
        {
            Assert.That(names, Does.Not.Contain("script").And.Not.Contain("link").And.Not.Contain("img").And.Not.Contain("iframe"));
            Assert.That(document.Descendants().Attributes().Select(attribute => attribute.Name.LocalName),
                Has.None.EqualTo("src").And.None.EqualTo("href").And.None.StartsWith("on"));
            Assert.That(page, Does.Not.Contain("@import").And.Not.Contain("url("));
            Assert.That(page.Replace("http://www.w3.org/", "", StringComparison.Ordinal), Does.Not.Contain("://"));
            Assert.That(page, Does.Contain("prefers-color-scheme: dark"));
        });
    }

    [Test]
    public void Hostile_names_stand_there_as_text_and_as_nothing_else()
    {
        var data = new ReportData(Top() with { Name = Hostile, User = Hostile }, DateTimeOffset.UnixEpoch.AddHours(1), 1, 1000);
        for (var job = 2; job < 6; job++)
            data.Add(Job(job, "ERROR_E") with { Name = Hostile, Node = Hostile, Reason = Hostile, State = "ERROR_E" });
        var page = ReportPage.Of(data);
        Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("<img").And.Not.Contain('\e').And.Not.Contain('\0'));
        var document = Parse(page);
        Assert.That(document.Descendants().Select(element => element.Name.LocalName), Has.None.EqualTo("script").And.None.EqualTo("img"));
        Assert.That(document.Descendants().First(element => element.Name.LocalName == "h1").Value, Does.Contain("<script>alert(1)</script>"));
    }

    [Test]
    public void A_hundred_thousand_jobs_make_a_page_of_bounded_size()
    {
        var page = ReportPage.Of(Data(100_000));
        Assert.That(page.Length, Is.LessThan(2_000_000));
        Assert.That(page, Does.Contain("100\u202f000").And.Contain("All of them: hpcgrid export 1"));
        Parse(page);
    }

    [Test]
    public void Failures_come_first_and_are_grouped_and_use_is_summed_up()
    {
        var data = Data(1000);
        Assert.Multiple(() =>
        {
            Assert.That(data.Table, Has.Count.EqualTo(500));
            Assert.That(data.Table.TakeWhile(job => job.State == "ERROR_E").Count(), Is.EqualTo(100));
            Assert.That(data.Failures.List(), Has.Count.EqualTo(1));
            Assert.That(data.Failures.List()[0].Count, Is.EqualTo(100));
            Assert.That(data.CpuSeconds / data.WallSeconds, Is.EqualTo(0.5).Within(1e-9));
            Assert.That(data.Slowest.Select(job => job.Payload!.WallSeconds), Is.Ordered.Descending);
            Assert.That(data.Slowest, Has.Count.EqualTo(15));
            Assert.That(data.Nodes, Has.Count.EqualTo(100));
        });
    }

    private static XDocument Parse(string page)
    {
        Assert.That(page, Does.StartWith("<!DOCTYPE html>\n"));
        return XDocument.Parse(page["<!DOCTYPE html>".Length..]);
    }

    private static ReportData Data(int jobs)
    {
        var data = new ReportData(Top(), DateTimeOffset.UnixEpoch.AddHours(2), 1, 2000);
        for (var job = 0; job < jobs; job++) data.Add(Job(job + 2, job % 10 == 3 ? "ERROR_E" : job % 10 == 4 ? "RUNNING" : "DONE"));
        return data;
    }

    private static JobLine Top() => new() { Job = 1, User = "jdoe", State = "FAILED", Name = "sim", SubmittedAt = DateTimeOffset.UnixEpoch };

    private static JobLine Job(long job, string state) => new()
    {
        Job = job, User = "jdoe", State = state, Name = "sim", Master = 1, Attempt = 1, Node = $"nid{job % 100:D5}", SubmittedAt = DateTimeOffset.UnixEpoch,
        StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(job % 3600), EndedAt = state == "RUNNING" ? null : DateTimeOffset.UnixEpoch.AddSeconds(job % 3600 + job % 60),
        Reason = state == "ERROR_E" ? $"it used {job} MiB" : null,
        Payload = state == "RUNNING" ? null : new PayloadResult { ExitCode = state == "DONE" ? 0 : 1, WallSeconds = job % 60, CpuSeconds = job % 60 / 2.0, MaxRssKib = 1000 * (job % 97) },
    };
}
