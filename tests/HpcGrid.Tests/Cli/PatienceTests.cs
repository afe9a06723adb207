using HpcGrid.Cli;
using HpcGrid.Core;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class PatienceTests
{
    [TestCase("1", 1)]
    [TestCase("300", 300)]
    [TestCase("86400", 86_400)]
    public void Seconds_are_taken(string text, int seconds) => Assert.That(PatienceSetting.Parse(text), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [TestCase(null)]
    [TestCase("")]
    public void Without_a_word_of_the_user_each_command_has_its_own(string? text) => Assert.That(PatienceSetting.Parse(text), Is.Null);

    [TestCase("0")]
    [TestCase("-5")]
    [TestCase("86401")]
    [TestCase("2m")]
    [TestCase("1.5")]
    [TestCase("99999999999999999999")]
    public void What_is_no_number_of_seconds_is_told(string text)
    {
        var error = Assert.Throws<GridError>(() => PatienceSetting.Parse(text))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Invalid));
        Assert.That(error.Message, Does.Contain(PatienceSetting.Name).And.Contain($"'{text}'"));
    }
}
