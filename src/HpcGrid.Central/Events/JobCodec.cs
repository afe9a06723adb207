using HpcGrid.Core;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>
/// The folded job as compact bytes (about 100, JSON would be 700): each value with the key of the event that told it, so that
/// late and repeated events can be folded into it as into the full history. Throws GridError(Corrupt) for bytes it did not write.
/// </summary>
public static class JobCodec
{
    /// <summary>Version 1 had the counts of tries without the key of the event that told them, and no cause of a payload's end.</summary>
    private const byte Version = 2, OldVersion = 1;

    public static byte[] Encode(Job job)
    {
        using var bytes = new MemoryStream(128);
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        var position = job.Position;
        writer.Write7BitEncodedInt(position.Attempt);
        writer.Write(position.Final);
        writer.Write7BitEncodedInt(position.Branch);
        writer.Write7BitEncodedInt(position.Rank);
        writer.Write((short)position.State);
        Write(writer, job.Tries, tries =>
        {
            writer.Write7BitEncodedInt(tries.Shallow);
            writer.Write7BitEncodedInt(tries.Deep);
        });
        Write(writer, job.Reason, writer.Write);
        Write(writer, job.Bridge, writer.Write);
        Write(writer, job.Site, writer.Write);
        Write(writer, job.Node, writer.Write);
        Write(writer, job.StartedAt, time => writer.Write(time.ToUnixTimeMilliseconds()));
        Write(writer, job.EndedAt, time => writer.Write(time.ToUnixTimeMilliseconds()));
        Write(writer, job.Payload, payload => Write(writer, payload));
        Write(writer, job.Contact, writer.Write);
        writer.Write7BitEncodedInt(job.RunningBranches.Count);
        foreach (var branch in job.RunningBranches) writer.Write7BitEncodedInt(branch);
        return bytes.ToArray();
    }

    public static Job Decode(long id, byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes));
            var version = reader.ReadByte();
            return version is Version or OldVersion ? Read(id, reader, version) : throw new InvalidDataException("another version");
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or FormatException)
        {
            throw new GridError(ErrorCode.Corrupt, $"job {id} in central's database is damaged: {e.Message}", "Restore the database from its last copy.", e);
        }
    }

    private static Job Read(long id, BinaryReader reader, byte version) => new()
    {
        Id = id,
        Position = new Position(reader.Read7BitEncodedInt(), reader.ReadBoolean(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(),
            (JobState)reader.ReadInt16()),
        Tries = version == OldVersion
            ? new Latest<Tries>(new EventKey(1, 0, EventSource.Central, 1), ReadTries(reader))
            : Read(reader, () => ReadTries(reader)),
        Reason = Read(reader, reader.ReadString),
        Bridge = Read(reader, reader.ReadString),
        Site = Read(reader, reader.ReadString),
        Node = Read(reader, reader.ReadString),
        StartedAt = Read(reader, () => DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64())),
        EndedAt = Read(reader, () => DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64())),
        Payload = Read(reader, () => ReadPayload(reader, version)),
        Contact = Read(reader, reader.ReadBoolean),
        RunningBranches = [.. Enumerable.Range(0, reader.Read7BitEncodedInt()).Select(_ => reader.Read7BitEncodedInt())],
    };

    private static Tries ReadTries(BinaryReader reader) => new(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());

    private static void Write<T>(BinaryWriter writer, Latest<T> latest, Action<T> write)
    {
        writer.Write(latest.IsKnown);
        if (!latest.IsKnown) return;
        writer.Write7BitEncodedInt(latest.Key.Attempt);
        writer.Write7BitEncodedInt(latest.Key.Branch);
        writer.Write((byte)latest.Key.Source);
        writer.Write7BitEncodedInt64(latest.Key.Counter);
        write(latest.Value!);
    }

    private static Latest<T> Read<T>(BinaryReader reader, Func<T> read)
    {
        if (!reader.ReadBoolean()) return default;
        var key = new EventKey(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), (EventSource)reader.ReadByte(), reader.Read7BitEncodedInt64());
        return new Latest<T>(key, read());
    }

    private static void Write(BinaryWriter writer, PayloadResult payload)
    {
        writer.Write((short)(payload.ExitCode ?? -1));
        writer.Write((short)(payload.Signal ?? -1));
        writer.Write((short)(payload.ValidationExitCode ?? -1));
        writer.Write(payload.StartedAt.ToUnixTimeMilliseconds());
        writer.Write(payload.WallSeconds);
        writer.Write(payload.CpuSeconds);
        writer.Write7BitEncodedInt64(payload.MaxRssKib);
        writer.Write(payload.Node);
        writer.Write((byte)payload.Cause);
    }

    private static PayloadResult ReadPayload(BinaryReader reader, byte version) => new()
    {
        ExitCode = NotNegative(reader.ReadInt16()),
        Signal = NotNegative(reader.ReadInt16()),
        ValidationExitCode = NotNegative(reader.ReadInt16()),
        StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
        WallSeconds = reader.ReadDouble(),
        CpuSeconds = reader.ReadDouble(),
        MaxRssKib = reader.Read7BitEncodedInt64(),
        Node = reader.ReadString(),
        Cause = version == OldVersion ? PayloadCause.Exited : (PayloadCause)reader.ReadByte(),
    };

    private static int? NotNegative(short value) => value < 0 ? null : value;
}
