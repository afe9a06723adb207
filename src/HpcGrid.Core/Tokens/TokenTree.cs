using System.Security.Cryptography;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// A tree of hashes over tokens that are signed together, as RFC 6962 makes it: leaves and nodes are hashed with different first bytes, so that none passes
/// for the other; where a row has an odd number of nodes the last one goes up as it is. Who has the root believes each token that shows its place:
/// number, number of all, and the hashes beside its way up.
/// </summary>
internal sealed class TokenTree
{
    private const int HashBytes = SHA256.HashSizeInBytes;
    private const byte LeafMark = 0, NodeMark = 1;

    private readonly List<byte[][]> _rows;

    public TokenTree(byte[][] leaves)
    {
        _rows = [leaves];
        while (_rows[^1].Length > 1) _rows.Add(Above(_rows[^1]));
    }

    /// <summary>What is signed for all of them. No plain token begins so, so neither signature serves for the other.</summary>
    public byte[] ToBeSigned => ToBeSignedOf(_rows[^1][0]);

    /// <summary>The hash that stands for a token: its header and payload as they are written.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> token)
    {
        Span<byte> marked = token.Length < 2048 ? stackalloc byte[token.Length + 1] : new byte[token.Length + 1];
        marked[0] = LeafMark;
        token.CopyTo(marked[1..]);
        return SHA256.HashData(marked);
    }

    /// <summary>Where a leaf is, for <see cref="ToBeSignedOf(byte[], ReadOnlySpan{byte})"/>.</summary>
    public byte[] PlaceOf(int leaf)
    {
        Span<byte> place = stackalloc byte[2 + (HashBytes * (_rows.Count - 1))];
        (place[0], place[1]) = (checked((byte)leaf), checked((byte)_rows[0].Length));
        var length = 2;
        for (var (row, at) = (0, leaf); row < _rows.Count - 1; row++, at /= 2)
        {
            if ((at ^ 1) >= _rows[row].Length) continue;
            _rows[row][at ^ 1].CopyTo(place[length..]);
            length += HashBytes;
        }
        return place[..length].ToArray();
    }

    /// <summary>What was signed, if this leaf has that place; null for what is no place.</summary>
    public static byte[]? ToBeSignedOf(byte[] leaf, ReadOnlySpan<byte> place)
    {
        if (place.Length < 2 || place[0] >= place[1]) return null;
        Span<byte> hash = stackalloc byte[HashBytes];
        leaf.CopyTo(hash);
        var rest = place[2..];
        for (int at = place[0], count = place[1]; count > 1; at /= 2, count = (count + 1) / 2)
        {
            if ((at ^ 1) >= count) continue;
            if (rest.Length < HashBytes) return null;
            if (at % 2 == 0) HashNode(hash, rest[..HashBytes], hash);
            else HashNode(rest[..HashBytes], hash, hash);
            rest = rest[HashBytes..];
        }
        return rest.IsEmpty ? ToBeSignedOf(hash) : null;
    }

    private static byte[] ToBeSignedOf(ReadOnlySpan<byte> root) => [.. "HPCGRID TOKENS 1\n"u8, .. root];

    private static byte[][] Above(byte[][] row)
    {
        var above = new byte[(row.Length + 1) / 2][];
        for (var i = 0; i < above.Length; i++) above[i] = 2 * i + 1 < row.Length ? Node(row[2 * i], row[2 * i + 1]) : row[2 * i];
        return above;
    }

    private static byte[] Node(byte[] left, byte[] right)
    {
        var node = new byte[HashBytes];
        HashNode(left, right, node);
        return node;
    }

    private static void HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> node)
    {
        Span<byte> both = stackalloc byte[1 + 2 * HashBytes];
        both[0] = NodeMark;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashBytes)..]);
        SHA256.HashData(both, node);
    }
}
