using System.IO.Abstractions;
using HpcGrid.Central.Database;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Central;

internal sealed class PackTests
{
    private const string Se = "V::S::N";
    private string _directory = "";
    private CentralDatabase _database = null!;
    private PackStore _packs = null!;

    private string[] Files => Directory.GetFiles(Path.Combine(_directory, "packs"));

    [SetUp]
    public void Open()
    {
        _directory = Directory.CreateTempSubdirectory("hpcgrid-test-packs-").FullName;
        _database = CentralDatabase.Open(Path.Combine(_directory, "central.db"));
        _packs = Fresh();
    }

    [TearDown]
    public void Close()
    {
        _packs.Dispose();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public async Task Small_files_of_one_production_share_a_file_and_read_back()
    {
        var stored = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Store(i % 2, Bytes(i))));
        Assert.Multiple(() =>
        {
            Assert.That(Files, Has.Length.EqualTo(2));
            for (var i = 0; i < stored.Length; i++) Assert.That(_packs.Read(stored[i]), Is.EqualTo(Bytes(i)));
        });
    }

    [Test]
    public async Task What_a_crash_left_unnamed_is_cut_off_and_named_files_stay()
    {
        var kept = await Store(1, Bytes(1));
        using (await _packs.Append(1, Bytes(2))) { }
        using (await _packs.Append(2, Bytes(3))) { }
        await File.WriteAllBytesAsync(Path.Combine(_directory, "packs", "77.pack"), Bytes(4));
        _packs.Dispose();
        _packs = Fresh();
        await _packs.Settle();
        var next = await Store(1, Bytes(5));
        Assert.Multiple(() =>
        {
            Assert.That(Files, Has.Length.EqualTo(1));
            Assert.That(new FileInfo(Files[0]).Length, Is.EqualTo(kept.Place.Size + next.Place.Size));
            Assert.That((_packs.Read(kept), _packs.Read(next)), Is.EqualTo((Bytes(1), Bytes(5))));
        });
    }

    [Test]
    public async Task A_changed_byte_is_found_by_reading()
    {
        var stored = await Store(0, Bytes(1));
        using (var file = File.OpenWrite(Files[0])) file.WriteByte(0xff);
        Assert.That(Assert.Throws<GridError>(() => _packs.Read(stored))!.Code, Is.EqualTo(ErrorCode.Corrupt));
    }

    [Test]
    public async Task A_pack_that_is_mostly_holes_is_copied_together_and_goes()
    {
        var stored = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Store(7, [.. Enumerable.Repeat((byte)i, 4000)])));
        Assert.That(await _packs.Compact(), Is.Zero, "nothing is dead");
        var old = Files.Single();
        await Delete(stored[..30]);
        Assert.That(await _packs.Compact(), Is.EqualTo(1));
        Assert.Multiple(() =>
        {
            Assert.That(Files.Single(), Is.Not.EqualTo(old));
            Assert.That(new FileInfo(Files[0]).Length, Is.EqualTo(10 * 4000));
            foreach (var file in stored[30..]) Assert.That(_packs.Read(Find(file.Guid)!)[0], Is.EqualTo((byte)Array.IndexOf(stored, file)));
            Assert.That(Find(stored[0].Guid), Is.Null);
        });
        Assert.That(await _packs.Compact(), Is.Zero);
    }

    [Test]
    public async Task A_pack_with_bytes_that_are_about_to_be_named_stays()
    {
        var stored = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Store(7, new byte[4000])));
        await Delete(stored);
        var pending = await _packs.Append(7, Bytes(1));
        Assert.That(await _packs.Compact(), Is.Zero);
        var late = await Name(pending, Bytes(1));
        Assert.That(_packs.Read(late), Is.EqualTo(Bytes(1)));
        Assert.That(await _packs.Compact(), Is.EqualTo(1));
        Assert.That(_packs.Read(Find(late.Guid)!), Is.EqualTo(Bytes(1)));
    }

    [Test]
    public async Task A_pack_that_cannot_be_read_any_more_is_left_as_it_is()
    {
        var stored = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Store(7, new byte[4000])));
        await Delete(stored[1..]);
        using (var file = File.OpenWrite(Files[0]))
        {
            file.Position = stored[0].Place.Offset;
            file.WriteByte(0xff);
        }
        Assert.That((await _packs.Compact(), await _packs.Compact(), Files.Length), Is.EqualTo((0, 0, 1)));
    }

    [Test]
    public async Task A_full_disk_is_told_and_the_next_append_is_as_good_as_new()
    {
        using var full = new PackStore(LocalStoreTests.FullDisk.Create(), _directory, Se, _database);
        Assert.That((await Assert.ThrowsAsync<GridError>(() => full.Append(1, Bytes(1))))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        var stored = await Store(1, Bytes(2));
        Assert.That(_packs.Read(stored), Is.EqualTo(Bytes(2)));
    }

    private PackStore Fresh() => new(new FileSystem(), _directory, Se, _database);

    private static byte[] Bytes(int seed) => [.. Enumerable.Range(0, 100 + seed).Select(i => (byte)(i + seed))];

    private async Task<Packed> Store(long production, byte[] bytes) => await Name(await _packs.Append(production, bytes), bytes);

    private async Task<Packed> Name(PackStore.Appended appended, byte[] bytes)
    {
        using (appended)
        {
            var packed = new Packed(Guid.NewGuid(), appended.Place, Content.Of(bytes).Sha256);
            await _database.Write(session => PackTable.Insert(session, Se, packed));
            return packed;
        }
    }

    private Task Delete(IEnumerable<Packed> files) => _database.Write(session => { foreach (var file in files) PackTable.Delete(session, Se, file.Guid); });

    private Packed? Find(Guid guid) => _database.Read(session => PackTable.Find(session, Se, guid));
}
