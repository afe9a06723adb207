using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Central;

internal sealed class PlacementTests
{
    private static readonly ElementState[] Elements =
    [
        new("VO::A::DISK", ["disk"], "A", true, 1000), new("VO::B::DISK", ["disk"], "B", true, 1000), new("VO::B::TAPE", ["tape"], "B", true, 1000),
        new("VO::C::FULL", ["disk"], "C", true, 10), new("VO::D::OLD", ["disk"], "D", false, 1000),
    ];

    [TestCase("", "", "A.DISK")]
    [TestCase("", "B", "B.DISK")]
    [TestCase("VO::B::TAPE", "A", "B.TAPE")]
    [TestCase("vo::b::tape,VO::A::DISK", "A", "A.DISK B.TAPE")]
    [TestCase("VO::B::TAPE,VO::A::DISK,select=1", "B", "B.TAPE")]
    [TestCase("disk=2", "B", "B.DISK A.DISK")]
    [TestCase("disk=1,tape=1", "A", "A.DISK B.TAPE")]
    [TestCase("VO::A::DISK,disk=1", "A", "A.DISK B.DISK")]
    [TestCase("disk=2,!VO::A::DISK", "A", "B.DISK")]
    [TestCase("!VO::A::DISK", "A", "B.DISK")]
    [TestCase("select=3", "B", "B.DISK B.TAPE A.DISK")]
    [TestCase("VO::D::OLD", "A", "")]
    public void Named_ones_first_then_kinds_the_nearest_of_them(string wish, string site, string expected)
    {
        var chosen = PlacementRules.Choose(StorageWish.Parse(wish), Elements, new Nearness(site, []), 100).Chosen;
        Assert.That(string.Join(' ', chosen.Select(name => name[4..].Replace("::", ".", StringComparison.Ordinal))), Is.EqualTo(expected));
    }

    [Test]
    public void What_the_site_says_is_close_goes_before_what_stands_there()
    {
        var chosen = PlacementRules.Choose(StorageWish.Parse("disk=2"), Elements, new Nearness("A", ["VO::B::DISK"]), 1).Chosen;
        Assert.That(chosen, Is.EqualTo(new[] { "VO::B::DISK", "VO::A::DISK" }));
    }

    [Test]
    public void Copies_that_full_and_closed_elements_do_not_take_are_counted_as_missing_and_told()
    {
        var placement = PlacementRules.Choose(StorageWish.Parse("disk=4"), Elements, Nearness.Nowhere, 100);
        Assert.Multiple(() =>
        {
            Assert.That((placement.Chosen.Count, placement.Wanted, placement.Missing), Is.EqualTo((2, 4, 2)));
            Assert.That(placement.Refusals, Is.EqualTo(new[] { "VO::C::FULL has no room for 100 bytes", "VO::D::OLD takes no new files" }));
        });
    }

    [TestCase("VO::X::SE", "there is no storage element VO::X::SE")]
    [TestCase("glacier=1", "no storage element is of the kind 'glacier'")]
    [TestCase("VO::A::DISK,!VO::A::DISK", "leaves no storage element")]
    public void What_can_never_be_is_refused(string wish, string message) =>
        Assert.That(() => PlacementRules.Check(StorageWish.Parse(wish), Elements), Throws.TypeOf<GridError>().With.Message.Contains(message));

    [TestCase("disk=2,!VO::B::DISK", null)]
    [TestCase("disk=9", "disk=9 ask for 9 copies; there are storage elements for 4")]
    [TestCase("disk=1,!VO::X::SE", "!VO::X::SE has no effect")]
    public void What_will_be_otherwise_is_said(string wish, string? doubt)
    {
        PlacementRules.Check(StorageWish.Parse(wish), Elements);
        var doubts = PlacementRules.Doubts(StorageWish.Parse(wish), Elements).ToList();
        Assert.That(doubts, doubt is null ? Is.Empty : Has.One.Contains(doubt));
    }
}
