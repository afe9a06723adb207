using HpcGrid.Core.Data;
using HpcGrid.Spool;
using HpcGrid.Tests.Bridge;

namespace HpcGrid.Tests.Spool;

public sealed class PublisherTests
{
    private const string Name = "q1.g1.s1.db";
    private static readonly byte[] Bytes = Trailer.Seal("content"u8);
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void A_file_is_published_whole_under_its_name_with_the_spools_mode()
    {
        Assert.That(On(_world.Fs).Publish(Pool, Name, Bytes, durable: true), Is.EqualTo(Errno.None));
        Assert.That(File.ReadAllBytes(Path.Combine(Pool, Name)), Is.EqualTo(Bytes));
        Assert.That(File.GetUnixFileMode(Path.Combine(Pool, Name)), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void Short_writes_are_completed()
    {
        Assert.That(On(new FaultyFs(_world.Fs) { LongestWrite = 3 }).Publish(Pool, Name, Bytes, durable: false), Is.EqualTo(Errno.None));
        Assert.That(File.ReadAllBytes(Path.Combine(Pool, Name)), Is.EqualTo(Bytes));
    }

    [Test]
    public void Whatever_call_fails_no_temporary_file_and_no_torn_file_stays(
        [Values(Errno.EIO, Errno.ENOSPC, Errno.EDQUOT, Errno.ESTALE, Errno.EROFS)] Errno errno, [Values] bool stream)
    {
        var calls = CallsOf(stream);
        Assert.That(calls, Is.GreaterThan(5));
        for (var failing = 1; failing <= calls; failing++)
        {
            var fs = new FaultyFs(_world.Fs);
            var publisher = On(fs);
            var begin = fs.Calls;
            fs.Rule = (_, call, _) => call - begin == failing ? new Fault(errno) : null;
            var answer = Publish(publisher, stream);
            var there = File.Exists(Path.Combine(Pool, Name));
            Assert.That(_world.Temporaries(), Is.Empty, $"call {failing}");
            if (there) Assert.That(File.ReadAllBytes(Path.Combine(Pool, Name)), Is.EqualTo(Bytes), $"call {failing}");
            if (answer == Errno.None) Assert.That(there, Is.True, $"call {failing}");
            File.Delete(Path.Combine(Pool, Name));
        }
    }

    /// <summary>Found by the test that kills GlusterFS's server: the rename failed, and so did the unlink.</summary>
    [Test]
    public void A_temporary_file_that_cannot_be_unlinked_is_removed_when_the_server_is_back([Values] bool stream)
    {
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        var away = true;
        fs.Rule = (kind, _, _) => away && kind is (FsOperation.Rename or FsOperation.Unlink) ? new Fault(Errno.ETIMEDOUT) : null;
        Assert.That(Publish(publisher, stream), Is.Not.EqualTo(Errno.None));
        Assert.That(Publish(publisher, stream), Is.Not.EqualTo(Errno.None));
        publisher.RemoveLeft();
        Assert.That(_world.Temporaries().Count(), Is.EqualTo(2));
        away = false;
        publisher.RemoveLeft();
        Assert.That(_world.Temporaries(), Is.Empty);
    }

    [Test]
    public void After_a_failed_fsync_the_same_descriptor_is_never_synced_again()
    {
        var syncs = 0;
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        fs.Rule = (kind, _, _) => kind == FsOperation.Sync && ++syncs > 0 ? new Fault(Errno.EIO) : null;
        Assert.That(publisher.Publish(Pool, Name, Bytes, durable: true), Is.EqualTo(Errno.EIO));
        Assert.That(syncs, Is.EqualTo(1));
    }

    [Test]
    public void A_rename_that_was_done_and_reported_an_error_counts_as_published(
        [Values(Errno.EIO, Errno.ENOENT, Errno.ETIMEDOUT)] Errno errno)
    {
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        fs.Rule = (kind, _, _) => kind == FsOperation.Rename ? new Fault(errno, AfterDoing: true) : null;
        Assert.That(publisher.Publish(Pool, Name, Bytes, durable: true), Is.EqualTo(Errno.None));
    }

    [Test]
    public void A_name_that_the_server_loses_before_its_directory_is_synced_is_not_published([Values] bool stream)
    {
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        fs.Rule = (kind, _, _) =>
        {
            if (kind == FsOperation.SyncDirectory) File.Delete(Path.Combine(Pool, Name));
            return null;
        };
        Assert.That(Publish(publisher, stream), Is.EqualTo(Errno.EIO));
    }

    [Test]
    public void Temporary_names_that_are_taken_are_replaced_by_new_ones()
    {
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        var taken = 0;
        fs.Rule = (kind, _, _) => kind == FsOperation.Create && ++taken <= 2 ? new Fault(Errno.EEXIST) : null;
        Assert.That(publisher.Publish(Pool, Name, Bytes, durable: false), Is.EqualTo(Errno.None));
    }

    [Test]
    public void Nothing_is_created_on_a_filesystem_that_is_not_mounted([Values] bool stream)
    {
        var publisher = On(_world.Fs);
        File.Move(Path.Combine(_world.SpoolPath, "cluster.id"), Path.Combine(_world.Folder, "cluster.id"));
        var before = _world.Everything();
        Assert.That(Publish(publisher, stream), Is.EqualTo(Errno.NotMounted));
        Assert.That(publisher.PublishMarker(Pool, Name), Is.EqualTo(Errno.NotMounted));
        Assert.That(_world.Root.MakeDirectory(Path.Combine(_world.SpoolPath, "agents", "x")), Is.EqualTo(Errno.NotMounted));
        Assert.That(_world.Everything(), Is.EqualTo(before));
    }

    [Test]
    public void Who_publishes_much_looks_at_the_sentinel_once_in_a_second_and_before_each_directory()
    {
        var (fs, time) = (new CountingFs(_world.Fs), new ManualTime());
        var root = SpoolRoot.Open(fs, _world.SpoolPath).Remembering(time);
        var publisher = new Publisher(root, _world.Nonce, 1);
        Assert.That(publisher.PublishMarker(Pool, "q1.g1.s1.db"), Is.EqualTo(Errno.None));
        var before = fs.Counts;
        Assert.That(Enumerable.Range(2, 20).Select(i => publisher.PublishMarker(Pool, $"q{i}.g1.s1.db")), Is.All.EqualTo(Errno.None));
        Assert.That(fs.Counts.Since(before)[FsOperation.Status], Is.Zero);
        File.Move(Path.Combine(_world.SpoolPath, "cluster.id"), Path.Combine(_world.Folder, "cluster.id"));
        Assert.That(publisher.PublishMarker(Pool, "q22.g1.s1.db"), Is.EqualTo(Errno.None), "seen a moment ago");
        Assert.That(root.MakeDirectory(Path.Combine(_world.SpoolPath, "agents", "x")), Is.EqualTo(Errno.NotMounted));
        time.Advance(Limits.SentinelRemembered);
        Assert.That(publisher.PublishMarker(Pool, "q23.g1.s1.db"), Is.EqualTo(Errno.NotMounted));
    }

    [Test]
    public void Nothing_is_created_in_another_spool_at_the_same_place()
    {
        var publisher = On(_world.Fs);
        Assert.That(publisher.PublishMarker(Pool, "q2.g1.s1.db"), Is.EqualTo(Errno.None));
        File.WriteAllBytes(Path.Combine(_world.Folder, "other.id"), new SpoolSentinel(Guid.NewGuid(), 2).Encode());
        File.Move(Path.Combine(_world.Folder, "other.id"), Path.Combine(_world.SpoolPath, "cluster.id"), overwrite: true);
        Assert.That(publisher.Publish(Pool, Name, Bytes, durable: true), Is.EqualTo(Errno.NotMounted));
    }

    [Test]
    public void A_source_that_throws_leaves_nothing_behind()
    {
        Assert.Throws<IOException>(() => On(_world.Fs).PublishFrom(Pool, Name, null, _ => throw new IOException("the sandbox is gone")));
        Assert.That(_world.Temporaries(), Is.Empty);
    }

    [Test]
    public void A_stream_is_published_with_its_checksum()
    {
        var big = new byte[2 * 1024 * 1024 + 17];
        new Random(1).NextBytes(big);
        using var from = new MemoryStream(big);
        var copied = On(_world.Fs).PublishFrom(Pool, Name, null, from.Read);
        Assert.That(copied, Is.EqualTo(new CopiedContent(Errno.None, Content.Of(big))));
        Assert.That(File.ReadAllBytes(Path.Combine(Pool, Name)), Is.EqualTo(big));
    }

    private string Pool => Path.Combine(_world.SpoolPath, "pool", "00");

    private Publisher On(ISharedFs fs) => new(SpoolRoot.Open(fs, _world.SpoolPath), _world.Nonce, null);

    private Errno Publish(Publisher publisher, bool stream)
    {
        if (!stream) return publisher.Publish(Pool, Name, Bytes, durable: true);
        using var from = new MemoryStream(Bytes);
        return publisher.PublishFrom(Pool, Name, null, from.Read).Errno;
    }

    private int CallsOf(bool stream)
    {
        var fs = new FaultyFs(_world.Fs);
        var publisher = On(fs);
        var begin = fs.Calls;
        Assert.That(Publish(publisher, stream), Is.EqualTo(Errno.None));
        File.Delete(Path.Combine(Pool, Name));
        return fs.Calls - begin;
    }
}
