using HpcGrid.Core;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class TrailerTests
{
    private static readonly byte[] Whole = Trailer.Seal("forty-two bytes of content"u8);

    [Test]
    public void What_was_sealed_comes_back() =>
        Assert.That(Trailer.Open(Whole).ToArray(), Is.EqualTo("forty-two bytes of content"u8.ToArray()));

    [Test]
    public void Nothing_at_all_can_be_sealed() => Assert.That(Trailer.Open(Trailer.Seal([])).Length, Is.Zero);

    [Test]
    public void A_file_cut_anywhere_is_refused()
    {
        for (var length = 0; length < Whole.Length; length++) Refuses(Whole[..length]);
    }

    [Test]
    public void A_file_with_any_byte_changed_is_refused()
    {
        for (var i = 0; i < Whole.Length; i++)
        {
            var changed = (byte[])Whole.Clone();
            changed[i] ^= 1;
            Refuses(changed);
        }
    }

    [Test]
    public void A_zeroed_file_is_refused() => Refuses(new byte[Whole.Length]);

    [Test]
    public void A_file_with_something_added_is_refused() => Refuses([.. Whole, 0]);

    [Test]
    public void Two_files_in_one_are_refused() => Refuses([.. Whole, .. Whole]);

    private static void Refuses(byte[] bytes) =>
        Assert.That(Assert.Throws<GridError>(() => Trailer.Open(bytes))!.Code, Is.EqualTo(ErrorCode.Corrupt));
}
