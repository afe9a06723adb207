using System.Collections.Concurrent;
using System.Security.Cryptography;
using HpcGrid.Core.Data;

namespace HpcGrid.Spool;

/// <summary>
/// Publishing (PROTOCOL 3): a file appears under its final name whole or not at all, and no name is ever written twice.
/// A crash leaves at most a `.t.` name, which readers skip. After any error the temporary file is unlinked and the same descriptor is
/// never fsynced again; the caller keeps the bytes and comes back later. It does not pause and does not retry by itself. A temporary file that cannot be
/// unlinked then, because the server that failed the rest is still away, is remembered for <see cref="RemoveLeft"/>.
/// Safe for several threads, as long as no two publish one name at the same time.
/// </summary>
/// <param name="root">The spool.</param>
/// <param name="nonces">For temporary names.</param>
/// <param name="epoch">The bridge's generation in its temporary names; null for an agent.</param>
public sealed class Publisher(SpoolRoot root, NonceSource nonces, long? epoch)
{
    private readonly ISharedFs _fs = root.Fs;
    private readonly int _mode = SpoolPermissions.FileMode(root.Sharing);
    private readonly ConcurrentQueue<string> _left = [];

    /// <summary>
    /// Publishes the bytes as they are. None: it is there. Anything else: try again later with the same bytes; it may have become
    /// visible all the same. With <paramref name="durable"/> the name survives a crash of the server too (offers, finals).
    /// </summary>
    public Errno Publish(string directory, string name, ReadOnlyMemory<byte> bytes, bool durable)
    {
        var errno = root.CheckMounted();
        return errno == Errno.None ? Write(directory, name, bytes, durable) : errno;
    }

    /// <summary>
    /// Publishes what the source gives, of any size, and computes its checksum on the way. With <paramref name="expected"/>, other
    /// content is not published: the answer tells what came instead, with Errno None.
    /// </summary>
    public CopiedContent PublishFrom(string directory, string name, Content? expected, ByteSource source)
    {
        var errno = root.CheckMounted();
        if (errno != Errno.None) return new CopiedContent(errno, null);
        errno = OpenTemporary(directory, out var temporary, out var handle);
        if (errno != Errno.None) return new CopiedContent(errno, null);
        var open = true;
        try
        {
            errno = Pour(handle, source, out var content);
            var refused = errno == Errno.None && expected is not null && expected != content;
            if (errno == Errno.None && !refused) errno = _fs.Sync(handle);
            var closed = _fs.Close(handle);
            open = false;
            if (errno == Errno.None) errno = closed;
            if (errno == Errno.None && !refused) errno = Reveal(directory, temporary, name, durable: true);
            else Discard(temporary);
            return new CopiedContent(errno, errno == Errno.None ? content : null);
        }
        finally
        {
            // Still open only when the source threw: nothing of it may stay behind.
            if (open)
            {
                _ = _fs.Close(handle);
                Discard(temporary);
            }
        }
    }

    /// <summary>Creates an empty file under its final name: there is nothing in it that could be torn. EEXIST counts as done.</summary>
    public Errno PublishMarker(string directory, string name)
    {
        var errno = root.CheckMounted();
        if (errno != Errno.None) return errno;
        errno = _fs.CreateExclusive(SpoolLayout.Join(directory, name), _mode, out var handle);
        if (errno == Errno.EEXIST) return Errno.None;
        return errno == Errno.None ? _fs.Close(handle) : errno;
    }

    /// <summary>
    /// The one file that can't have a sentinel before it, and the one name that two may want. A link takes nobody's place, however long its caller slept since
    /// it looked: of bridges that make one spool all keep the first one's.
    /// </summary>
    internal Errno PublishSentinel(ReadOnlyMemory<byte> bytes)
    {
        var errno = Draft(root.Layout.Root, bytes.Span, out var temporary);
        if (errno != Errno.None) return errno;
        errno = _fs.Link(temporary, root.Layout.Sentinel);
        var synced = _fs.SyncDirectory(root.Layout.Root);
        var there = Shows(root.Layout.Root, SpoolNames.Sentinel) || _fs.Status(root.Layout.Sentinel, out _) == Errno.None;
        // Where links are not supported (L3), or answered well and not made (L1), only a rename is left.
        if (!there && errno is Errno.None or Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EPERM)
            return Reveal(root.Layout.Root, temporary, SpoolNames.Sentinel, durable: true);
        Discard(temporary);
        return there ? synced : errno;
    }

    /// <summary>
    /// Unlinks temporary files of this process that could not be unlinked when they should have been; nobody else does as long as it lives. Stops at the
    /// first that still cannot be: the others lie on the same server.
    /// </summary>
    public void RemoveLeft()
    {
        while (_left.TryDequeue(out var temporary) && Discard(temporary)) { }
    }

    /// <summary>True when it is gone.</summary>
    private bool Discard(string temporary)
    {
        if (_fs.Unlink(temporary) is Errno.None or Errno.ENOENT) return true;
        if (_left.Count < Limits.LeftTemporaries) _left.Enqueue(temporary);
        return false;
    }

    private Errno Write(string directory, string name, ReadOnlyMemory<byte> bytes, bool durable)
    {
        var errno = Draft(directory, bytes.Span, out var temporary);
        return errno == Errno.None ? Reveal(directory, temporary, name, durable) : errno;
    }

    /// <summary>Writes it under a temporary name; after an error nothing of it is left.</summary>
    private Errno Draft(string directory, ReadOnlySpan<byte> bytes, out string temporary)
    {
        var errno = OpenTemporary(directory, out temporary, out var handle);
        if (errno != Errno.None) return errno;
        errno = WriteAll(handle, bytes);
        if (errno == Errno.None) errno = _fs.Sync(handle);
        var closed = _fs.Close(handle);
        if (errno == Errno.None) errno = closed;
        if (errno != Errno.None) Discard(temporary);
        return errno;
    }

    private Errno OpenTemporary(string directory, out string temporary, out FsHandle handle)
    {
        for (var tried = 1; ; tried++)
        {
            temporary = SpoolLayout.Join(directory, SpoolNames.Temporary(epoch, nonces()));
            var errno = _fs.CreateExclusive(temporary, _mode, out handle);
            if (errno != Errno.EEXIST || tried == Limits.TemporaryNames) return errno;
        }
    }

    private Errno WriteAll(FsHandle handle, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var errno = _fs.Write(handle, bytes, out var count);
            if (errno != Errno.None) return errno;
            if (count == 0) return Errno.EIO;
            bytes = bytes[count..];
        }
        return Errno.None;
    }

    private Errno Pour(FsHandle handle, ByteSource source, out Content? content)
    {
        content = null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Limits.CopyBuffer];
        for (long size = 0; ;)
        {
            var count = source(buffer);
            if (count == 0)
            {
                content = new Content(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
                return Errno.None;
            }
            hash.AppendData(buffer, 0, count);
            var errno = WriteAll(handle, buffer.AsSpan(0, count));
            if (errno != Errno.None) return errno;
            size += count;
        }
    }

    // An error of rename does not say that it did not happen (R1), nor does success say that it did (R2): the listing says it. What is not durable
    // has a successor soon; of the rest nobody would ever make another. Listed after the fsync: of a name seen before it, a server that crashes in between
    // may know nothing more (S4), and the fsync succeeds.
    private Errno Reveal(string directory, string temporary, string name, bool durable)
    {
        var errno = _fs.Rename(temporary, SpoolLayout.Join(directory, name));
        var synced = durable ? _fs.SyncDirectory(directory) : Errno.None;
        if ((errno == Errno.None && !durable) || Shows(directory, name)) return synced;
        Discard(temporary);
        return errno == Errno.None ? Errno.EIO : errno;
    }

    private bool Shows(string directory, string name)
    {
        var names = new List<string>();
        _ = _fs.List(directory, names);
        return names.Contains(name);
    }
}
