using System.IO.Compression;
using HpcGrid.Core;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>One stored row of a history, its content still as bytes.</summary>
/// <param name="Key">Its place; of a sample only the attempt counts.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="What">JSON.</param>
public readonly record struct HistoryEntry(EventKey Key, long At, byte[] What);

/// <summary>What was told of a job that ended long ago, as one compressed value: about a third of the rows it was. Pure.</summary>
public static class HistoryCodec
{
    private const byte Version = 1;

    public static byte[] Encode(IReadOnlyCollection<HistoryEntry> entries)
    {
        using var bytes = new MemoryStream(512);
        bytes.WriteByte(Version);
        using (var compressed = new ZLibStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new BinaryWriter(compressed))
        {
            writer.Write7BitEncodedInt(entries.Count);
            foreach (var (key, at, what) in entries)
            {
                writer.Write7BitEncodedInt(key.Attempt);
                writer.Write7BitEncodedInt(key.Branch);
                writer.Write((byte)key.Source);
                writer.Write7BitEncodedInt64(key.Counter);
                writer.Write(at);
                writer.Write7BitEncodedInt(what.Length);
                writer.Write(what);
            }
        }
        return bytes.ToArray();
    }

    /// <summary>Throws GridError(Corrupt) for bytes it did not write.</summary>
    public static IReadOnlyList<HistoryEntry> Decode(long job, byte[] bytes)
    {
        try
        {
            using var stored = new MemoryStream(bytes);
            if (stored.ReadByte() != Version) throw new InvalidDataException("another version");
            using var reader = new BinaryReader(new ZLibStream(stored, CompressionMode.Decompress));
            return [.. Enumerable.Range(0, reader.Read7BitEncodedInt()).Select(_ => Read(reader))];
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or FormatException)
        {
            throw new GridError(ErrorCode.Corrupt, $"the history of job {job} in central's database is damaged: {e.Message}",
                "Restore the database from its last copy.", e);
        }
    }

    private static HistoryEntry Read(BinaryReader reader)
    {
        var key = new EventKey(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), (EventSource)reader.ReadByte(), reader.Read7BitEncodedInt64());
        var at = reader.ReadInt64();
        var length = reader.Read7BitEncodedInt();
        var what = reader.ReadBytes(length);
        return what.Length == length ? new HistoryEntry(key, at, what) : throw new EndOfStreamException("it ends in the middle");
    }
}
