using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Spool;

/// <summary>
/// The stage-in cache: immutable files under their SHA-256, so that a file is staged once for all jobs and a wrong one can't have
/// the right name. Which are in use is the ledger's to say.
/// </summary>
public sealed class SpoolCache(SpoolRoot root, long epoch, Publisher publisher)
{
    private readonly ISharedFs _fs = root.Fs;
    private readonly SpoolLayout _layout = root.Layout;

    /// <summary>True when it is there with that size. Only the bridge writes here, so its own client's view is good enough to save a transfer.</summary>
    public bool Has(Content content) =>
        _fs.Status(_layout.Cached(Checked(content.Sha256)), out var status) == Errno.None && status.Kind == FileKind.Regular && status.Size == content.Size;

    /// <summary>
    /// Stages a file while checking its size and SHA-256. Other bytes are not published: then the answer's content, with Errno None, is not
    /// the one asked for. What the source throws passes through; nothing stays behind.
    /// </summary>
    public CopiedContent Put(Content content, ByteSource source)
    {
        var errno = root.MakeDirectory(_layout.CacheDirectory(Checked(content.Sha256)));
        return errno == Errno.None
            ? publisher.PublishFrom(_layout.CacheDirectory(content.Sha256), content.Sha256, content, source)
            : new CopiedContent(errno, null);
    }

    /// <summary>Copies a cached file out, for checks.</summary>
    public CopiedContent Copy(string sha256, ByteSink sink) => SpoolFile.Copy(_fs, _layout.Cached(Checked(sha256)), sink);

    /// <summary>
    /// Reads it. None: it is there and whole. What is there and is not whole, however often it is read, is removed, so that a good copy can take its name;
    /// then, and when nothing is there, ENOENT. Anything else: it cannot be told now.
    /// </summary>
    public Errno Verify(Content content)
    {
        for (var reading = 0; reading < Limits.ReadingsBeforeRemoval; reading++)
        {
            var copied = Copy(content.Sha256, _ => { });
            if (copied.Errno != Errno.None) return copied.Errno.IsAbsent() ? Errno.ENOENT : copied.Errno;
            if (copied.Content == content) return Errno.None;
        }
        var removed = Evict(content.Sha256);
        return removed == Errno.None ? Errno.ENOENT : removed;
    }

    /// <summary>
    /// Unlinks a cached file that no job needs. E1 is looked at first, EPERM when this bridge does not surely rule: one that slept since its last look knows nothing of
    /// what its follower's jobs need (seed 9508371).
    /// </summary>
    public Errno Evict(string sha256)
    {
        var path = _layout.Cached(Checked(sha256));
        if (BridgeEpoch.LookFor(root, epoch) != Rule.Ours) return Errno.EPERM;
        return _fs.Unlink(path) is var errno && errno.IsAbsent() ? Errno.None : errno;
    }

    /// <summary>Everything in the cache with its size, for a bridge that starts; up to 257 listings and a look at each file.</summary>
    public Listing<Content> List()
    {
        var items = new List<Content>();
        var foreign = new List<string>();
        var directories = new List<string>();
        var errno = _fs.List(_layout.Cache, directories);
        foreach (var directory in directories.Distinct())
        {
            var names = new List<string>();
            var listed = _fs.List(SpoolLayout.Join(_layout.Cache, directory), names);
            if (errno == Errno.None) errno = listed;
            foreach (var name in names.Distinct().Where(name => !SpoolNames.IsTemporary(name)))
            {
                if (!SpoolNames.IsSha256(name) || name[..2] != directory) foreign.Add(name);
                else if (_fs.Status(_layout.Cached(name), out var status) == Errno.None) items.Add(new Content(status.Size, name));
            }
        }
        return new Listing<Content>(errno, items, foreign);
    }

    private static string Checked(string sha256) => SpoolNames.IsSha256(sha256) ? sha256 : throw GridError.Invalid($"'{sha256}' is not a SHA-256");
}
