using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Data;

internal sealed class StorageWishTests
{
    [TestCase("")]
    [TestCase("VO::A::SE")]
    [TestCase("VO::A::SE,VO::B::SE,!VO::C::SE,disk=2,tape=1,select=1")]
    public void A_wish_reads_back_as_it_is_written(string text) => Assert.That(StorageWish.Parse(text).ToString(), Is.EqualTo(text));

    [TestCase("disk=0")]
    [TestCase("disk=100")]
    [TestCase("disk")]
    [TestCase("A::B")]
    [TestCase("!!VO::A::SE")]
    [TestCase("d1sk=2")]
    public void What_is_no_option_is_named(string text)
    {
        var error = Assert.Throws<GridError>(() => StorageWish.Parse(text));
        Assert.That((error!.Message, error.Hint), Is.EqualTo(($"the storage option '{text}' is not known", StorageWish.Example)));
    }

    [Test]
    public void An_output_has_the_options_of_the_rule_that_saves_it()
    {
        OutputRule[] rules =
        [
            new("logs.zip", ["stdout", "*.log"], ["tape=1", "no_links_registration"]),
            new(null, ["*.txt", "sub/?.dat"], ["disk=2"]),
            new(null, ["plain"], []),
        ];
        string[] names = ["logs.zip", "a.txt", "sub/a.txt", "sub/1.dat", "plain", "stdout", "unknown"];
        Assert.That(names.Select(name => OutputWish.Of(rules, name)), Is.EqualTo(new[] { "tape=1", "disk=2", null, "disk=2", null, null, null }));
    }
}
