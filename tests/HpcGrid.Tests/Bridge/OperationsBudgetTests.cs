using HpcGrid.Bridge;
using HpcGrid.Bridge.Nodes;

namespace HpcGrid.Tests.Bridge;

/// <summary>How often the bridge may look at the spool.</summary>
public sealed class OperationsBudgetTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private long _operations;

    [TestCase(1, 50.0, ExpectedResult = 2000, Description = "cheap looks at the usual pace are never put off")]
    [TestCase(25, 50.0, ExpectedResult = 202, Description = "two looks of 25 a second, and one second's share at the start")]
    [TestCase(500, 50.0, ExpectedResult = 11, Description = "a look that costs ten seconds' share is made, and then paid for")]
    [TestCase(600, 5000.0, ExpectedResult = 841, Description = "a local filesystem")]
    public int Looks_within_100_seconds_of_ticks_every_50_ms(int cost, double perSecond)
    {
        var budget = new OperationsBudget(perSecond, Lease, () => _operations);
        var looks = 0;
        for (var tick = 0; tick < 2000; tick++)
        {
            if (!budget.MayLook(TimeSpan.FromMilliseconds(50 * tick))) continue;
            looks++;
            _operations += cost;
        }
        return looks;
    }

    [Test]
    public void However_much_was_done_a_look_is_put_off_no_longer_than_the_lease_interval()
    {
        var budget = new OperationsBudget(50, Lease, () => _operations);
        var last = TimeSpan.Zero;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(10); now += TimeSpan.FromMilliseconds(50))
        {
            _operations += 1000;
            if (!budget.MayLook(now)) continue;
            Assert.That(now - last, Is.LessThanOrEqualTo(Lease));
            last = now;
        }
        Assert.That(last, Is.GreaterThan(TimeSpan.FromMinutes(9)));
    }

    [Test]
    public void The_look_after_all_was_forgotten_waits_for_no_budget()
    {
        var pace = new Pace(() => TimeSpan.FromSeconds(1), new OperationsBudget(50, Lease, () => _operations));
        Assert.That(pace.IsDue(At(0)), Is.True);
        pace.Looked(At(0), moved: true);
        _operations = 1000;
        Assert.That(pace.IsDue(At(1)), Is.True);
        pace.Looked(At(1), moved: true);
        Assert.That(pace.IsDue(At(2)), Is.False);
        pace.LookNow();
        Assert.That(pace.IsDue(At(2)), Is.True);
        pace.Looked(At(2), moved: true);
        Assert.That(pace.IsDue(At(3)), Is.False, "the next one waits as usual");
    }

    [Test]
    public void A_look_that_is_put_off_asks_to_come_back_and_one_that_is_not_due_costs_nothing()
    {
        var pace = new Pace(() => TimeSpan.FromSeconds(1), new OperationsBudget(50, Lease, () => _operations));
        var first = At(0);
        Assert.That(pace.IsDue(first), Is.True);
        pace.Looked(first, moved: true);
        _operations = 200;
        Assert.That(pace.IsDue(At(1)), Is.True, "a full bucket lends what it does not hold");
        var late = At(2);
        Assert.Multiple(() =>
        {
            Assert.That(pace.IsDue(late), Is.False, "the debt is not paid");
            Assert.That(late.Delay, Is.LessThan(TimeSpan.FromSeconds(1)));
            Assert.That(pace.IsDue(At(4.5)), Is.True);
        });
    }

    [TestCase(0, ExpectedResult = 5000)]
    [TestCase(2, ExpectedResult = 50)]
    [TestCase(65, ExpectedResult = 50)]
    public double The_default_spares_a_filesystem_that_others_share(double cachingBound) => OperationsBudget.DefaultFor(TimeSpan.FromSeconds(cachingBound));

    private static Tick At(double seconds) => new(DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(seconds));
}
