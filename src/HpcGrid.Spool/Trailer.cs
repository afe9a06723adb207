using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// The last 100 bytes of every file that carries content: a line of text, so that `tail -c 100` shows it.
/// A truncated SQLite file answers count(*) without an error (facts/shared-fs.md 0.7): only this tells whole from torn.
/// It refuses what is short, longer than it says, zeroed, changed, of another version or of another program.
/// </summary>
public static class Trailer
{
    /// <summary>Bytes of the trailer.</summary>
    public const int Length = 100;

    /// <summary>The version of the files' format.</summary>
    public const int FormatVersion = 1;

    /// <summary>Appends the trailer to the bytes.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> content)
    {
        var sealedBytes = new byte[content.Length + Length];
        content.CopyTo(sealedBytes);
        SealInPlace(sealedBytes);
        return sealedBytes;
    }

    /// <summary>Writes the trailer over the last bytes; those before it are the content.</summary>
    internal static void SealInPlace(Span<byte> bytes) => Encoding.ASCII.GetBytes(LineFor(bytes[..^Length]), bytes[^Length..]);

    /// <summary>The content before the trailer, as a part of the same memory. GridError(Corrupt) with what is wrong.</summary>
    public static ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < Length) throw GridError.Corrupt($"the file is torn: {bytes.Length} bytes are less than its trailer has");
        var content = bytes[..^Length];
        Span<byte> expected = stackalloc byte[Length];
        Encoding.ASCII.GetBytes(LineFor(content.Span), expected);
        var found = bytes.Span[^Length..];
        if (found.SequenceEqual(expected)) return content;
        const int magic = 14;
        throw GridError.Corrupt(found[..magic].SequenceEqual(expected[..magic])
            ? "the file is torn or changed: its length or SHA-256 is not what its trailer says"
            : "the file has no trailer of this version: torn, zeroed, or not ours");
    }

    private static string LineFor(ReadOnlySpan<byte> content) => string.Create(CultureInfo.InvariantCulture,
        $"\n#HPCGRID {FormatVersion:D4} {content.Length:D19} {Convert.ToHexStringLower(SHA256.HashData(content))}\n");
}
