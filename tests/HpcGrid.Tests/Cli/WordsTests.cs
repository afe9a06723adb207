using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class WordsTests
{
    [TestCase(0, "0 B")]
    [TestCase(999, "999 B")]
    [TestCase(1000, "1.0 kB")]
    [TestCase(999_999, "1.0 MB")]
    [TestCase(long.MaxValue, "9.2 EB")]
    public void Sizes_read_well(long bytes, string text) => Assert.That(Words.Size(bytes), Is.EqualTo(text));

    [TestCase(-1, "0.0 s")]
    [TestCase(0.84, "0.8 s")]
    [TestCase(59.9, "59 s")]
    [TestCase(185, "3 min 05 s")]
    [TestCase(7380, "2 h 03 min")]
    [TestCase(360000, "4 d 04 h")]
    public void Times_read_well(double seconds, string text) => Assert.That(Words.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));

    [Test]
    public void Foreign_text_cannot_move_the_cursor() => Assert.That(Words.Printable("a\e[2Jb\r\nc\u009b"), Is.EqualTo("a�[2Jb�␊c�"));

    [Test]
    public void Results_keep_the_directories_below_their_common_one()
    {
        Lfn[] files = [Lfn.Parse("/u/out/0001/a"), Lfn.Parse("/u/out/0002/a"), Lfn.Parse("/u/out2/a")];
        Assert.That(ResultFetcher.CommonDirectory(files[..2]), Is.EqualTo(Lfn.Parse("/u/out")));
        Assert.That(ResultFetcher.CommonDirectory(files), Is.EqualTo(Lfn.Parse("/u")));
        Assert.That(ResultFetcher.CommonDirectory([]), Is.EqualTo(Lfn.Root));
    }
}
