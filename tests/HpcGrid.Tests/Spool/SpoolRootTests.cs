using HpcGrid.Core;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class SpoolRootTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void A_spool_is_made_once_and_then_opened()
    {
        var again = SpoolRoot.Create(_world.Fs, _world.SpoolPath + "/", SpoolSharing.Private, 7, Guid.NewGuid(), _world.Nonce);
        Assert.That(again.Sentinel, Is.EqualTo(_world.Root.Sentinel));
        Assert.That(again.CheckMounted(), Is.EqualTo(Errno.None));
    }

    [Test]
    public void Of_two_bridges_that_make_one_spool_the_later_keeps_the_others_sentinel()
    {
        var path = Path.Combine(_world.Folder, "contested");
        SpoolRoot? other = null;
        var fs = new FaultyFs(_world.Fs)
        {
            Rule = (kind, _, _) =>
            {
                if (kind == FsOperation.Sync) other ??= SpoolRoot.Create(_world.Fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce);
                return null;
            },
        };
        var root = SpoolRoot.Create(fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce);
        Assert.That(root.Sentinel, Is.EqualTo(other!.Sentinel));
        Assert.That(Directory.GetFiles(path).Select(Path.GetFileName), Is.EqualTo(new[] { "cluster.id" }));
    }

    [Test]
    public void A_bridge_that_slept_while_another_made_the_spool_writes_over_nothing()
    {
        var path = Path.Combine(_world.Folder, "slept");
        SpoolRoot? other = null;
        var fs = new FaultyFs(_world.Fs)
        {
            Rule = (kind, _, name) =>
            {
                if (kind is FsOperation.Link or FsOperation.Rename && name.EndsWith("cluster.id", StringComparison.Ordinal))
                    other ??= SpoolRoot.Create(_world.Fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce);
                return null;
            },
        };
        var root = SpoolRoot.Create(fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce);
        Assert.That(root.Sentinel, Is.EqualTo(other!.Sentinel));
        Assert.That(Directory.GetFiles(path).Select(Path.GetFileName), Is.EqualTo(new[] { "cluster.id" }));
    }

    [Test]
    public void A_link_that_says_somebody_was_quicker_though_nobody_shows_is_left_to_the_next_try()
    {
        var path = Path.Combine(_world.Folder, "nobody");
        var fs = new FaultyFs(_world.Fs) { Rule = (kind, _, _) => kind == FsOperation.Link ? new Fault(Errno.EEXIST) : null };
        Assert.Throws<GridError>(() => SpoolRoot.Create(fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce));
        Assert.That(Directory.GetFiles(path), Is.Empty);
        Assert.That(SpoolRoot.Create(_world.Fs, path, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce).CheckMounted(), Is.EqualTo(Errno.None));
    }

    [TestCase(Errno.EOPNOTSUPP)]
    [TestCase(Errno.ENOSYS)]
    [TestCase(Errno.EPERM)]
    [TestCase(Errno.None)]
    public void Where_nothing_can_be_linked_or_only_seems_to_be_a_spool_is_made_all_the_same(object answer)
    {
        var path = Path.Combine(_world.Folder, "unlinked");
        var fs = new FaultyFs(_world.Fs) { Rule = (kind, _, _) => kind == FsOperation.Link ? new Fault((Errno)answer) : null };
        var id = Guid.NewGuid();
        Assert.That(SpoolRoot.Create(fs, path, SpoolSharing.Private, 1, id, _world.Nonce).Sentinel.ClusterId, Is.EqualTo(id));
        Assert.That(Directory.GetFiles(path).Select(Path.GetFileName), Is.EqualTo(new[] { "cluster.id" }));
    }

    [Test]
    public void A_spool_of_an_earlier_version_gets_the_directories_that_came_later()
    {
        Directory.Delete(Path.Combine(_world.SpoolPath, "hb"), recursive: true);
        Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath));
        var root = SpoolRoot.Create(_world.Fs, _world.SpoolPath, SpoolSharing.Private, 7, Guid.NewGuid(), _world.Nonce);
        Assert.That(root.Layout.HeartbeatShards.Select(Directory.Exists), Is.All.True);
    }

    [Test]
    public void What_a_crash_leaves_of_a_spool_is_completed_whatever_call_was_the_last()
    {
        for (var last = 1; ; last++)
        {
            var path = Path.Combine(_world.Folder, $"crash{last}");
            var at = last;
            var fs = new FaultyFs(_world.Fs) { Rule = (_, call, _) => call > at ? new Fault(Errno.EIO) : null };
            var done = true;
            try { SpoolRoot.Create(fs, path, SpoolSharing.Private, 2, Guid.NewGuid(), _world.Nonce); }
            catch (GridError) { done = false; }
            Assert.That(SpoolRoot.Create(_world.Fs, path, SpoolSharing.Private, 2, Guid.NewGuid(), _world.Nonce).CheckMounted(), Is.EqualTo(Errno.None), $"after call {at}");
            if (done) break;
        }
    }

    [TestCase("drwxr-xr-x", 0x1ed)]
    [TestCase("group may write", 0x1f8)]
    [TestCase("everybody", 0x1ff)]
    [TestCase("set-group-id and others", 0x5fd)]
    public void A_spool_of_another_mode_is_refused_with_the_remedy(string what, int mode)
    {
        File.SetUnixFileMode(_world.SpoolPath, (UnixFileMode)mode);
        var error = Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath), what)!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Denied));
        Assert.That(error.Hint, Does.StartWith("chmod"));
    }

    [Test]
    public void A_directory_inside_of_another_mode_is_refused()
    {
        File.SetUnixFileMode(Path.Combine(_world.SpoolPath, "pool"), (UnixFileMode)0x1ff);
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath))!.Message, Does.Contain("pool"));
    }

    [Test]
    public void A_spool_that_belongs_to_somebody_else_is_refused()
    {
        var error = Assert.Throws<GridError>(() => SpoolRoot.Open(new FaultyFs(_world.Fs) { UserId = _world.Fs.UserId + 1 }, _world.SpoolPath))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Denied));
        Assert.That(error.Message, Does.Contain("belongs to user id"));
    }

    [Test]
    public void A_spool_behind_a_link_is_refused()
    {
        var link = Path.Combine(_world.Folder, "link");
        Directory.CreateSymbolicLink(link, _world.SpoolPath);
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, link))!.Message, Does.Contain("symbolic link"));
    }

    [Test]
    public void A_spool_below_a_directory_that_everybody_may_write_is_refused()
    {
        File.SetUnixFileMode(_world.Folder, (UnixFileMode)0x1ff);
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath))!.Message, Does.Contain("everybody"));
    }

    [Test]
    public void A_link_above_the_spool_counts_as_the_directory_behind_it()
    {
        var real = Directory.CreateDirectory(Path.Combine(_world.Folder, "real")).FullName;
        var link = Path.Combine(_world.Folder, "scratch-link");
        Directory.CreateSymbolicLink(link, real);
        var spool = Path.Combine(link, "spool");
        Assert.That(SpoolRoot.Create(_world.Fs, spool, SpoolSharing.Private, 1, Guid.NewGuid(), _world.Nonce).CheckMounted(), Is.EqualTo(Errno.None));
        File.SetUnixFileMode(real, (UnixFileMode)0x1ff);
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, spool))!.Message, Does.Contain("everybody"));
    }

    [Test]
    public void A_spool_for_a_group_gives_the_group_all_whatever_the_umask_says()
    {
        using var shared = new SpoolWorld(sharing: SpoolSharing.Group);
        Assert.That(SpoolRoot.Open(shared.Fs, shared.SpoolPath).Sharing, Is.EqualTo(SpoolSharing.Group));
        var agent = shared.Agent();
        shared.Offer(7);
        Assert.That((int)File.GetUnixFileMode(shared.LivePath(agent.Card.Agent)), Is.EqualTo(0x5f8));
        Assert.That((int)File.GetUnixFileMode(Path.Combine(shared.SpoolPath, "pool", "01", SpoolWorld.Entry(7).FileName)), Is.EqualTo(0x1b0));
    }

    [Test]
    public void A_missing_spool_and_a_missing_sentinel_are_told_apart()
    {
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath + "x"))!.Code, Is.EqualTo(ErrorCode.NotFound));
        File.Delete(Path.Combine(_world.SpoolPath, "cluster.id"));
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath))!.Message, Does.Contain("sentinel"));
    }

    [TestCase("")]
    [TestCase("hpcgrid-spool 2 9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001 shards=2\n")]
    [TestCase("hpcgrid-spool 1 9e5b0f0a shards=2\n")]
    [TestCase("hpcgrid-spool 1 9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001 shards=0\n")]
    [TestCase("hpcgrid-spool 1 9e5b0f0a-6a0a-4a5e-9a57-3b1f3b0a0001 shards=17\n")]
    public void A_sentinel_that_is_not_ours_is_refused(string text)
    {
        File.WriteAllText(Path.Combine(_world.SpoolPath, "cluster.id"), text);
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, _world.SpoolPath))!.Code, Is.EqualTo(ErrorCode.Corrupt));
    }

    [TestCase("relative/path")]
    [TestCase("/")]
    [TestCase("")]
    public void A_path_that_can_be_no_spool_is_refused(string path) =>
        Assert.That(Assert.Throws<GridError>(() => SpoolRoot.Open(_world.Fs, path))!.Code, Is.EqualTo(ErrorCode.Invalid));
}
