using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Bridge;

/// <summary>What the bridge removes of those that are no more.</summary>
public sealed class GarbageTests
{
    private const double Minute = 60;
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Clean() => _rig.Dispose();

    [Test]
    public void An_agent_that_died_while_it_entered_leaves_nothing_and_one_that_enters_is_left_alone()
    {
        _ = _rig.Host;
        var dead = Entering("1.n1.a");
        Pass(Limits.EnteringTakes);
        var young = Entering("1.n2.b");
        Assert.That(Directory.Exists(dead), "it may still come in");
        Pass(Limits.EnteringTakes);
        Assert.That((Directory.Exists(dead), Directory.Exists(young)), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_directory_of_the_spool_that_somebody_removed_is_made_again()
    {
        _ = _rig.Host;
        var corrupt = Path.Combine(_rig.Options.Spool, "corrupt");
        Directory.Delete(corrupt);
        Pass(Limits.CacheInterval);
        Assert.That(Directory.Exists(corrupt));
        Assert.That(() => _rig.Agent(), Throws.Nothing, "without it no agent comes in");
    }

    private string Entering(string agent) =>
        Directory.CreateDirectory(Path.Combine(_rig.Options.Spool, "agents", $".new.{agent}.ab", "live", "claim")).Parent!.Parent!.FullName;

    /// <summary>Until the bridge has looked once more.</summary>
    private void Pass(TimeSpan interval) => _rig.Ticks((int)(interval.TotalMinutes + 1), Minute);
}
