using System.Globalization;
using System.IO.Compression;
using System.Text;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Simulate.Parties;

/// <summary>Inputs of a job, as its plan names them.</summary>
[Flags]
internal enum Inputs
{
    None = 0,
    /// <summary>A small file of all jobs that want it: it rides in queue files.</summary>
    Shared = 1,
    /// <summary>A file of several chunks that lies in the spool's cache, shared too.</summary>
    Large = 2,
    /// <summary>A small file in an archive that holds one of <see cref="Table"/> too.</summary>
    Member = 4,
    /// <summary>Another member of that archive, too large for a queue file.</summary>
    Table = 8,
    /// <summary>A small file of this job alone.</summary>
    Private = 16,
    /// <summary>A file of this job alone that lies in the spool's cache.</summary>
    PrivateLarge = 32,
}

/// <summary>A file that a job is promised.</summary>
/// <param name="Name">Its name in the sandbox.</param>
/// <param name="Bytes">What its payload must find there.</param>
/// <param name="Source">Where the bridge fetches it.</param>
internal sealed record SimInput(string Name, byte[] Bytes, SourceFile Source)
{
    public InputFile Promise => new(Name, Source.Content, false, Source.Lfn);
}

/// <summary>What lies in the storage elements, for all seeds of a process. Each file has two copies.</summary>
internal static class SimInputs
{
    private const string Archive = "calib.zip";
    private static readonly (Inputs Which, string Name, int Bytes)[] Kinds =
    [
        (Inputs.Shared, "geometry.dat", 700), (Inputs.Large, "field.map", 200_000), (Inputs.Member, "calib.txt", 9_000), (Inputs.Table, "table.bin", 90_000),
        (Inputs.Private, "config", 5_000), (Inputs.PrivateLarge, "events", 100_000),
    ];
    private static readonly Dictionary<string, byte[]> Files = [];
    private static readonly Dictionary<(long, Inputs), IReadOnlyList<SimInput>> Promises = [];
    private static readonly Lock Gate = new();

    /// <summary>The inputs of a job, in the order of its specification.</summary>
    public static IReadOnlyList<SimInput> Of(long job, Inputs wanted)
    {
        lock (Gate)
        {
            if (Promises.TryGetValue((job, wanted), out var known)) return known;
            return Promises[(job, wanted)] = [.. Kinds.Where(kind => wanted.HasFlag(kind.Which)).Select(kind => Promise(job, kind.Which, kind.Name, kind.Bytes))];
        }
    }

    /// <summary>The bytes of a file in a storage element, by its name there.</summary>
    public static byte[] Stored(string name)
    {
        lock (Gate) return Files[name];
    }

    private static SimInput Promise(long job, Inputs which, string name, int size)
    {
        var own = which is Inputs.Private or Inputs.PrivateLarge ? string.Create(CultureInfo.InvariantCulture, $"{name}.{job}") : name;
        var bytes = Fill(own, size);
        if (which is Inputs.Member or Inputs.Table) return new SimInput(name, bytes, Source(name, bytes, Archive, Zip()));
        Files.TryAdd(own, bytes);
        return new SimInput(name, bytes, Source(own, bytes, own, null));
    }

    private static SourceFile Source(string name, byte[] bytes, string stored, byte[]? archive) => new(
        "/in/" + name, Content.Of(bytes), [.. ((string[])["se1", "se2"]).Select(se => new Replica($"VO::SITE::{se}", stored, $"/{se}/{stored}"))],
        archive is null ? null : name, archive is null ? null : Content.Of(archive));

    private static byte[] Zip()
    {
        if (Files.TryGetValue(Archive, out var known)) return known;
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (_, name, size) in Kinds.Where(kind => kind.Which is Inputs.Member or Inputs.Table))
            {
                var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var member = entry.Open();
                member.Write(Fill(name, size));
            }
        return Files[Archive] = archive.ToArray();
    }

    /// <summary>Each line says whose it is and which: a page that is missing, doubled or another file's shows.</summary>
    private static byte[] Fill(string name, int size)
    {
        var text = new StringBuilder();
        for (var line = 0; text.Length < size; line++) text.Append(CultureInfo.InvariantCulture, $"{name} {line}\n");
        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }
}
