using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>What fstat told may be old when the bytes are read.</summary>
public sealed class SpoolFileTests
{
    private readonly string _file = Path.GetTempFileName();

    [TearDown]
    public void CleanUp() => File.Delete(_file);

    [TestCase(0, 1)]
    [TestCase(10, 0)]
    [TestCase(10, 1)]
    [TestCase(10, 255)]
    [TestCase(100, 3000)]
    public void A_file_that_grew_after_it_was_opened_is_read_to_its_end(int before, int more)
    {
        var (errno, bytes) = Read(new byte[before], () => File.AppendAllText(_file, new string('x', more)), cap: 10_000);
        Assert.That(errno, Is.EqualTo(Errno.None));
        Assert.That(bytes, Is.EqualTo(File.ReadAllBytes(_file)).And.Length.EqualTo(before + more));
    }

    [Test]
    public void A_file_that_shrank_after_it_was_opened_has_no_bytes_of_ours()
    {
        var (errno, bytes) = Read([1, 2, 3], () => File.WriteAllBytes(_file, [7]), cap: 10);
        Assert.That((errno, bytes), Is.EqualTo((Errno.None, new byte[] { 7 })));
    }

    [TestCase(10, 0, Errno.None)]
    [TestCase(11, 0, Errno.EFBIG)]
    [TestCase(10, 1, Errno.EFBIG)]
    [TestCase(5, 300, Errno.EFBIG)]
    public void A_file_beyond_the_cap_is_refused_also_when_it_grew_beyond_it(int before, int more, Errno expected) =>
        Assert.That(Read(new byte[before], () => File.AppendAllText(_file, new string('x', more)), cap: 10).Errno, Is.EqualTo(expected));

    private (Errno Errno, byte[] Bytes) Read(byte[] before, Action change, int cap)
    {
        File.WriteAllBytes(_file, before);
        var changed = false;
        var fs = new FaultyFs(new PosixFs())
        {
            Rule = (operation, _, _) =>
            {
                if (operation != FsOperation.Read || changed) return null;
                changed = true;
                change();
                return null;
            },
        };
        return (SpoolFile.Read(fs, _file, cap, out var bytes), bytes);
    }
}
