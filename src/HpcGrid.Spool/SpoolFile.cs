using System.Security.Cryptography;
using HpcGrid.Core.Data;

namespace HpcGrid.Spool;

/// <summary>Fills the buffer and answers how much; 0 is the end. What it throws passes through after the temporary file is gone.</summary>
public delegate int ByteSource(Span<byte> buffer);

/// <summary>Takes all of the bytes.</summary>
public delegate void ByteSink(ReadOnlySpan<byte> bytes);

/// <summary>What was copied, with its checksum as computed on the way; Content is null when Errno is not None.</summary>
public sealed record CopiedContent(Errno Errno, Content? Content);

/// <summary>Reading whole files, suspiciously: no link is followed, nothing but a regular file is read, and never more than the cap (G3, G4).</summary>
public static class SpoolFile
{
    /// <summary>All bytes of a small file, in one pass. EFBIG beyond the cap, ELOOP for a link, EINVAL for anything but a regular file.</summary>
    public static Errno Read(ISharedFs fs, string path, int cap, out byte[] bytes) => Read(fs, path, cap, room: 0, out bytes);

    /// <summary>The same, with room for so many bytes behind them.</summary>
    internal static Errno Read(ISharedFs fs, string path, int cap, int room, out byte[] bytes)
    {
        bytes = [];
        var errno = OpenRegular(fs, path, out var handle, out var size);
        if (errno != Errno.None) return errno;
        errno = size > cap ? Errno.EFBIG : ReadAll(fs, handle, (int)size, cap, room, out bytes);
        _ = fs.Close(handle); // Nothing was written through it: an error here says nothing about what was read.
        return errno;
    }

    /// <summary>Streams a file of any size, computing its checksum on the way.</summary>
    public static CopiedContent Copy(ISharedFs fs, string path, ByteSink sink)
    {
        var errno = OpenRegular(fs, path, out var handle, out _);
        if (errno != Errno.None) return new CopiedContent(errno, null);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[Limits.CopyBuffer];
            for (long size = 0; ;)
            {
                errno = fs.Read(handle, buffer, out var count);
                if (errno != Errno.None) return new CopiedContent(errno, null);
                if (count == 0) return new CopiedContent(Errno.None, new Content(size, Convert.ToHexStringLower(hash.GetHashAndReset())));
                hash.AppendData(buffer, 0, count);
                sink(buffer.AsSpan(0, count));
                size += count;
            }
        }
        finally { _ = fs.Close(handle); }
    }

    private static Errno OpenRegular(ISharedFs fs, string path, out FsHandle handle, out long size)
    {
        size = 0;
        var errno = fs.OpenRead(path, out handle);
        if (errno != Errno.None) return errno;
        errno = fs.Status(handle, out var status);
        if (errno == Errno.None && status.Kind != FileKind.Regular) errno = Errno.EINVAL;
        size = status.Size;
        if (errno != Errno.None) _ = fs.Close(handle);
        return errno;
    }

    // The size told by fstat may be old; the end of the file is where read says 0.
    private static Errno ReadAll(ISharedFs fs, FsHandle handle, int size, int cap, int room, out byte[] bytes)
    {
        // Mostly it is not old: then these are the bytes, and not copied again.
        var buffer = new byte[size + room];
        Span<byte> more = stackalloc byte[256];
        var length = 0;
        bytes = [];
        for (; ; )
        {
            var whole = length == size;
            var errno = fs.Read(handle, whole ? more : buffer.AsSpan(length, size - length), out var count);
            if (errno != Errno.None) return errno;
            if (count == 0) break;
            if (length + count > cap) return Errno.EFBIG;
            if (whole)
            {
                size = Math.Min(cap, Math.Max(size * 2, length + count));
                Array.Resize(ref buffer, size + room);
                more[..count].CopyTo(buffer.AsSpan(length));
            }
            length += count;
        }
        bytes = length == size ? buffer : buffer[..(length + room)];
        return Errno.None;
    }
}
