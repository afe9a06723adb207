using HpcGrid.Cli.Jobs;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class PaceTests
{
    [Test]
    public void The_rate_is_that_of_the_last_seconds_and_the_end_follows_from_it()
    {
        var pace = new Pace();
        for (var second = 0; second <= 60; second++) pace.Look(At(second, done: second < 40 ? 0 : (second - 40) * 5, all: 200));
        Assert.That(pace.Rate, Is.EqualTo(5).Within(0.5));
        Assert.That(pace.Left!.Value.TotalSeconds, Is.EqualTo(20).Within(3));
    }

    [Test]
    public void Nothing_is_promised_before_anything_has_ended()
    {
        var pace = new Pace();
        pace.Look(At(0, 0, 10));
        pace.Look(At(5, 0, 10));
        Assert.That((pace.Rate, pace.Left), Is.EqualTo(((double?)null, (TimeSpan?)null)));
    }

    [Test]
    public void A_production_is_over_when_all_its_jobs_are()
    {
        Assert.That(Pace.IsOver(At(1, 9, 10)), Is.False);
        Assert.That(Pace.IsOver(At(1, 10, 10)), Is.True);
        Assert.That(JobRun.Summary(At(2, 10, 10)), Is.EqualTo("10 jobs: 10 DONE, 0 failed in 2.0 s"));
        Assert.That(ProgressText.Line(At(2, 5, 10), new Pace()), Is.EqualTo("2.0 s  50 %  DONE 5  RUNNING 5"));
    }

    private static JobProgress At(int second, int done, int all) => new()
    {
        Job = 1, State = done == all ? "DONE" : "SPLIT", SubmittedAt = DateTimeOffset.UnixEpoch, Now = DateTimeOffset.UnixEpoch.AddSeconds(second),
        States = new Dictionary<string, int> { ["DONE"] = done, ["RUNNING"] = all - done },
    };
}
