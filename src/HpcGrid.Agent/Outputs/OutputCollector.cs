using System.IO.Compression;
using System.Security.Cryptography;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Outputs;

/// <summary>What became of a job's outputs.</summary>
/// <param name="Outputs">In the order of the rules; with trouble, the large ones that are in the spool by now.</param>
/// <param name="Blobs">Small ones by SHA-256.</param>
/// <param name="SpoolFiles">Names in out/ that were written, perhaps one whose success an error hides.</param>
/// <param name="Fault">Not null: it cannot be done; the outputs are not complete.</param>
/// <param name="Trouble">Not None: the spool did not take one now; try again later.</param>
internal sealed record Collected(
    IReadOnlyList<CollectedOutput> Outputs, IReadOnlyDictionary<string, byte[]> Blobs, IReadOnlyList<string> SpoolFiles, string? Fault, Errno Trouble)
{
    public static Collected Nothing { get; } = new([], new Dictionary<string, byte[]>(), [], null, Errno.None);
}

/// <summary>Room for small outputs in one queue file; taken by several threads.</summary>
internal sealed class SmallOutputRoom(long bytes)
{
    private long _left = bytes;

    public bool TryTake(long size)
    {
        if (size > Limits.SmallOutputBytes) return false;
        if (Interlocked.Add(ref _left, -size) >= 0) return true;
        Interlocked.Add(ref _left, size);
        return false;
    }

    public void GiveBack(long size) => Interlocked.Add(ref _left, size);
}

/// <summary>
/// Makes the outputs that a sweep found: small ones as bytes for the queue file, large ones as files of the spool, complete before
/// anything names them. Archives are reproducible: members in the order of the rules, all dated 1980, deflated, or stored as they are when
/// one of them is a ROOT file, which is then read in place.
/// Runs on any thread; without <c>mayWrite</c> it does not touch the spool and answers EAGAIN where it would have to.
/// A crash leaves a file in scratch, which goes with the work folder.
/// </summary>
internal sealed class OutputCollector(AgentSpool spool, string scratch)
{
    private static readonly DateTimeOffset MemberDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private int _ordinal = -1;

    /// <param name="attempt">The job's attempt.</param>
    /// <param name="branch">Its branch.</param>
    /// <param name="found">What to make.</param>
    /// <param name="room">For small outputs.</param>
    /// <param name="mayWrite">False: answer EAGAIN instead of writing to the spool.</param>
    /// <param name="written">
    /// What earlier tries brought into the spool, by its name: it is not written again, as a disk that is nearly full may not hold it twice.
    /// </param>
    public Collected Collect(AttemptId attempt, int branch, IReadOnlyList<FoundOutput> found, SmallOutputRoom room, bool mayWrite,
        IReadOnlyDictionary<string, CollectedOutput> written)
    {
        var outputs = new List<CollectedOutput>();
        var blobs = new Dictionary<string, byte[]>();
        var files = new List<string>();
        var taken = 0L;
        try
        {
            for (var i = 0; i < found.Count; i++)
            {
                if (written.TryGetValue(found[i].Name, out var before))
                {
                    outputs.Add(before);
                    continue;
                }
                // Never a name twice (I2): a failed one may have become visible, and a job may come again in a file that surfaces late.
                var name = new OutputName(attempt, branch, Interlocked.Increment(ref _ordinal), OutputName.LabelOf(found[i].Name));
                var made = Make(found[i], name, room, mayWrite);
                if (made.Trouble != Errno.None)
                {
                    room.GiveBack(taken);
                    return Collected.Nothing with
                    {
                        Outputs = [.. outputs.Where(output => output.SpoolFile is not null)],
                        SpoolFiles = [.. files, name.FileName],
                        Trouble = made.Trouble,
                    };
                }
                outputs.Add(made.Output!);
                if (made.Output!.SpoolFile is { } file) files.Add(file);
                else taken += Keep(blobs, made.Output.Content, made.Bytes!);
            }
            return new Collected(outputs, blobs, files, null, Errno.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            room.GiveBack(taken);
            return Collected.Nothing with { SpoolFiles = files, Fault = $"an output could not be read: {e.Message}" };
        }
    }

    private readonly record struct Made(CollectedOutput? Output, byte[]? Bytes, Errno Trouble);

    private static long Keep(Dictionary<string, byte[]> blobs, Content content, byte[] bytes)
    {
        blobs[content.Sha256] = bytes;
        return bytes.Length;
    }

    private Made Make(FoundOutput output, OutputName name, SmallOutputRoom room, bool mayWrite)
    {
        if (!output.IsArchive)
        {
            using var file = OpenFile(output.Files[0].Path);
            return Deliver(output.Name, file, [], name, room, mayWrite);
        }
        using var archive = NewArchive(output.Files.Sum(file => file.Size));
        var members = Pack(archive, output.Files);
        archive.Position = 0;
        return Deliver(output.Name, archive, output.ShowsMembers ? members : [], name, room, mayWrite);
    }

    private Made Deliver(string name, Stream bytes, IReadOnlyList<CollectedMember> members, OutputName spoolName, SmallOutputRoom room, bool mayWrite)
    {
        if (room.TryTake(bytes.Length))
        {
            var small = new byte[bytes.Length];
            bytes.ReadExactly(small);
            return new Made(new CollectedOutput(name, Content.Of(small), null, members), small, Errno.None);
        }
        if (!mayWrite) return new Made(null, null, Errno.EAGAIN);
        var copied = spool.PublishLargeOutput(spoolName, bytes.Read);
        return copied is { Errno: Errno.None, Content: { } content }
            ? new Made(new CollectedOutput(name, content, spoolName.FileName, members), null, Errno.None)
            : new Made(null, null, copied.Errno == Errno.None ? Errno.EIO : copied.Errno);
    }

    private Stream NewArchive(long size) => size <= Limits.InlineBytes
        ? new MemoryStream((int)size)
        : new FileStream(
            System.IO.Path.Combine(scratch, System.IO.Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
            Limits.CopyBufferBytes, FileOptions.DeleteOnClose);

    private static List<CollectedMember> Pack(Stream target, IReadOnlyList<FoundFile> files)
    {
        var members = new List<CollectedMember>(files.Count);
        var level = files.Any(file => file.Name.EndsWith(".root", StringComparison.Ordinal)) ? CompressionLevel.NoCompression : CompressionLevel.Optimal;
        using var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Min(Limits.CopyBufferBytes, files.Max(file => file.Size))];
        foreach (var file in files)
        {
            var entry = archive.CreateEntry(file.Name, level);
            entry.LastWriteTime = MemberDate;
            using var to = entry.Open();
            using var from = OpenFile(file.Path);
            long size = 0;
            for (int count; (count = from.Read(buffer)) > 0; size += count)
            {
                hash.AppendData(buffer, 0, count);
                to.Write(buffer, 0, count);
            }
            members.Add(new CollectedMember(file.Name, new Content(size, Convert.ToHexStringLower(hash.GetHashAndReset()))));
        }
        return members;
    }

    private static FileStream OpenFile(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
}
