using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class SpoolCacheTests
{
    private static readonly byte[] Bytes = "an input file"u8.ToArray();
    private static readonly Content Good = Content.Of(Bytes);
    private readonly SpoolWorld _world = new();

    [SetUp]
    public void Rule() => _ = BridgeEpoch.Begin(_world.Root, 0, "", RandomNonces.Next);

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void A_staged_file_is_found_by_its_checksum_and_copied_by_an_agent()
    {
        var cache = _world.Bridge().Cache;
        Assert.That(cache.Has(Good), Is.False);
        Assert.That(Put(cache, Good, Bytes), Is.EqualTo(new CopiedContent(Errno.None, Good)));
        Assert.That(cache.Has(Good), Is.True);
        Assert.That(cache.Has(Good with { Size = 1 }), Is.False);
        Assert.That(cache.List().Items, Is.EqualTo(new[] { Good }));
        using var copy = new MemoryStream();
        Assert.That(_world.Agent().CopyFromCache(Good.Sha256, copy.Write).Content, Is.EqualTo(Good));
        Assert.That(copy.ToArray(), Is.EqualTo(Bytes));
    }

    [Test]
    public void Wrong_bytes_are_not_published_and_the_answer_says_what_came()
    {
        var cache = _world.Bridge().Cache;
        Assert.That(Put(cache, Good, "something else"u8.ToArray()).Content, Is.EqualTo(Content.Of("something else"u8)));
        Assert.That(Put(cache, Good, Bytes[..^1]).Content!.Size, Is.EqualTo(Bytes.Length - 1));
        Assert.That(cache.Has(Good), Is.False);
        Assert.That(cache.List().Items, Is.Empty);
        Assert.That(_world.Temporaries(), Is.Empty);
    }

    [Test]
    public void A_file_that_changed_in_the_cache_is_told_by_its_content()
    {
        var cache = _world.Bridge().Cache;
        Put(cache, Good, Bytes);
        File.WriteAllText(Path.Combine(_world.SpoolPath, "cache", Good.Sha256[..2], Good.Sha256), "An input file");
        Assert.That(_world.Agent().CopyFromCache(Good.Sha256, _ => { }).Content, Is.Not.EqualTo(Good));
    }

    /// <summary>Found by simulation (gpfs, seed 8104591).</summary>
    [Test]
    public void A_file_that_was_misread_once_stays_for_the_jobs_that_need_it()
    {
        var fs = new FaultyFs(_world.Fs);
        var cache = _world.Bridge(fs: fs).Cache;
        Put(cache, Good, Bytes);
        var reads = 0;
        fs.Spoil = (_, read) =>
        {
            if (reads++ == 0) read[0] ^= 1;
        };
        Assert.That(cache.Verify(Good), Is.EqualTo(Errno.None));
        Assert.That(cache.Has(Good), Is.True);
    }

    [Test]
    public void A_file_that_is_not_whole_is_removed_so_that_a_good_copy_can_take_its_name()
    {
        var cache = _world.Bridge().Cache;
        Put(cache, Good, Bytes);
        File.WriteAllText(Path.Combine(_world.SpoolPath, "cache", Good.Sha256[..2], Good.Sha256), "An input file");
        Assert.That(cache.Verify(Good), Is.EqualTo(Errno.ENOENT));
        Assert.That(cache.Has(Good), Is.False);
        Assert.That(Put(cache, Good, Bytes).Content, Is.EqualTo(Good));
        Assert.That(cache.Verify(Good), Is.EqualTo(Errno.None));
    }

    [Test]
    public void Evicting_twice_is_no_error()
    {
        var cache = _world.Bridge().Cache;
        Put(cache, Good, Bytes);
        Assert.That(new[] { cache.Evict(Good.Sha256), cache.Evict(Good.Sha256) }, Is.All.EqualTo(Errno.None));
        Assert.That(_world.Agent().CopyFromCache(Good.Sha256, _ => { }), Is.EqualTo(new CopiedContent(Errno.ENOENT, null)));
    }

    /// <summary>Found by simulation (gpfs, seed 9508371).</summary>
    [Test]
    public void A_bridge_that_slept_while_another_one_took_over_evicts_nothing()
    {
        var sleeper = _world.Bridge().Cache;
        Put(sleeper, Good, Bytes);
        _ = BridgeEpoch.Begin(_world.Root, 0, "", RandomNonces.Next);
        Assert.That(sleeper.Evict(Good.Sha256), Is.EqualTo(Errno.EPERM));
        Assert.That(sleeper.Has(Good), Is.True);
    }

    [TestCase("../../../etc/passwd")]
    [TestCase("")]
    public void A_name_that_is_no_checksum_never_becomes_a_path(string name)
    {
        Assert.Throws<GridError>(() => _world.Bridge().Cache.Evict(name));
        Assert.Throws<GridError>(() => _world.Agent().CopyFromCache(name, _ => { }));
    }

    private static CopiedContent Put(SpoolCache cache, Content content, byte[] bytes)
    {
        using var source = new MemoryStream(bytes);
        return cache.Put(content, source.Read);
    }
}
