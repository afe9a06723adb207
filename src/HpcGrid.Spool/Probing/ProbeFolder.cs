using System.Security.Cryptography;

namespace HpcGrid.Spool;

/// <summary>
/// The folder in which a filesystem is tried, and the same few calls that the protocol is made of. It is no spool: it has no sentinel, and goes when the
/// test ends.
/// </summary>
/// <param name="fs">The filesystem.</param>
/// <param name="path">The folder; created by <see cref="Make"/>.</param>
/// <param name="nonces">For temporary names.</param>
public sealed class ProbeFolder(ISharedFs fs, string path, NonceSource nonces)
{
    private const int OwnerOnly = 0x1c0, FileMode = 0x180;

    public ISharedFs Fs => fs;
    public string Path => path;

    public string At(string name) => SpoolLayout.Join(path, name);

    public ProbeFolder Below(string name) => new(fs, At(name), nonces);

    /// <summary>Creates it; EEXIST counts as done.</summary>
    public Errno Make() => fs.MakeDirectory(path, OwnerOnly) is var errno && errno == Errno.EEXIST ? Errno.None : errno;

    /// <summary>As <see cref="Publisher"/> does, without a sentinel: temporary name, write, fsync, close, rename.</summary>
    public Errno Publish(string name, ReadOnlySpan<byte> bytes)
    {
        var temporary = At(SpoolNames.Temporary(null, nonces()));
        var errno = fs.CreateExclusive(temporary, FileMode, out var handle);
        if (errno != Errno.None) return errno;
        while (errno == Errno.None && !bytes.IsEmpty)
        {
            errno = fs.Write(handle, bytes, out var count);
            bytes = bytes[count..];
        }
        if (errno == Errno.None) errno = fs.Sync(handle);
        var closed = fs.Close(handle);
        if (errno == Errno.None) errno = closed;
        if (errno == Errno.None) errno = fs.Rename(temporary, At(name));
        if (errno != Errno.None) _ = fs.Unlink(temporary);
        return errno;
    }

    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        _ = fs.List(path, names);
        return names;
    }

    public bool Shows(string name) => List().Contains(name);

    /// <summary>The bytes behind a trailer's line; null when the file is torn or cannot be read.</summary>
    public bool IsWhole(string name)
    {
        if (SpoolFile.Read(fs, At(name), Limits.MessageBytes, out var bytes) != Errno.None) return false;
        try { return Trailer.Open(bytes).Length > 0; }
        catch (Core.GridError) { return false; }
    }

    /// <summary>Random bytes with a trailer.</summary>
    public static byte[] Sample(int size) => Trailer.Seal(RandomNumberGenerator.GetBytes(size));

    /// <summary>Removes it with all that is in it, two levels deep.</summary>
    public void Remove() => Remove(path, 3);

    private void Remove(string folder, int depth)
    {
        var names = new List<string>();
        _ = fs.List(folder, names);
        foreach (var child in names.Select(name => SpoolLayout.Join(folder, name)))
        {
            if (fs.Status(child, out var status) == Errno.None && status.Kind == FileKind.Directory && depth > 0) Remove(child, depth - 1);
            else _ = fs.Unlink(child);
        }
        _ = fs.RemoveDirectory(folder);
    }
}
