using System.Globalization;
using System.Text;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>The content of ROOT/cluster.id, one line: "hpcgrid-spool 1 [guid] shards=4".</summary>
/// <param name="ClusterId">Which spool this is; a bridge's ledger remembers it.</param>
/// <param name="Shards">Number of directories that pool and heartbeats are divided into.</param>
public sealed record SpoolSentinel(Guid ClusterId, int Shards)
{
    /// <summary>The line as bytes.</summary>
    public byte[] Encode() => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"hpcgrid-spool {Trailer.FormatVersion} {ClusterId:D} shards={Shards}\n"));

    /// <summary>Reads what <see cref="Encode"/> writes. GridError(Corrupt) for anything else.</summary>
    public static SpoolSentinel Decode(ReadOnlySpan<byte> bytes)
    {
        var words = Encoding.ASCII.GetString(bytes).TrimEnd('\n').Split(' ');
        if (words.Length == 4 && words[0] == "hpcgrid-spool"
            && words[1] == Trailer.FormatVersion.ToString(CultureInfo.InvariantCulture)
            && Guid.TryParseExact(words[2], "D", out var id)
            && words[3].StartsWith("shards=", StringComparison.Ordinal)
            && int.TryParse(words[3].AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var shards)
            && shards is >= 1 and <= Limits.Shards)
            return new SpoolSentinel(id, shards);
        throw GridError.Corrupt("cluster.id is not that of a spool of this version", "Bridge and agents must be of one version and use one spool.");
    }
}
