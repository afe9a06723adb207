using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>What a search for the newest valid file found.</summary>
/// <param name="Errno">Why nothing was found, when it was an error; nothing found with None is simply nothing yet.</param>
/// <param name="FileName">The file that was good, or null.</param>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Value">Its content.</param>
/// <param name="Faults">Files that were there and no good, with the reason.</param>
public sealed record Latest<T>(Errno Errno, string? FileName, long Sequence, T? Value, IReadOnlyList<FileFault> Faults)
    where T : class;

/// <summary>A file that was refused, and why.</summary>
public sealed record FileFault(string FileName, string Reason);

/// <summary>
/// readLatest (PROTOCOL 3): lists, then reads from the highest sequence down until one is whole. It never goes below the floor, and
/// draws no conclusion from absence. One call is one step without pauses; who polls has the pauses.
/// </summary>
public sealed class LatestReader(ISharedFs fs, string directory, int cap)
{
    /// <summary>
    /// The newest valid file. <paramref name="sequenceOf"/> answers null for names of another kind; <paramref name="decode"/> throws
    /// GridError(Corrupt) for bytes that are no good. <paramref name="listed"/> is what the directory showed a moment ago, null to look now.
    /// </summary>
    public Latest<T> Read<T>(Func<string, long?> sequenceOf, long atLeast, Func<byte[], T> decode, IReadOnlyList<string>? listed = null)
        where T : class
    {
        var faults = new List<FileFault>();
        var errno = Errno.None;
        for (var listing = 0; listing < Limits.ListingsPerRead; listing++)
        {
            var names = new List<string>();
            errno = listing == 0 && listed is not null ? Errno.None : fs.List(directory, names);
            if (listing == 0 && listed is not null) names.AddRange(listed);
            var vanished = false;
            foreach (var (name, sequence) in Candidates(names, sequenceOf, atLeast))
            {
                if (faults.Exists(fault => fault.FileName == name)) continue;
                var read = SpoolFile.Read(fs, SpoolLayout.Join(directory, name), cap, out var bytes);
                if (read == Errno.None && TryDecode(name, bytes, decode, faults) is { } value)
                    return new Latest<T>(Errno.None, name, sequence, value, faults);
                if (read is Errno.ELOOP or Errno.EINVAL or Errno.EFBIG) faults.Add(new FileFault(name, read.Describe()));
                else if (read != Errno.None) errno = read;
                vanished |= read.IsAbsent();
            }
            // Only a name that was listed and then gone is worth another listing at once: a newer one has taken its place.
            if (!vanished) break;
        }
        return new Latest<T>(errno, null, 0, null, faults);
    }

    private static IEnumerable<(string Name, long Sequence)> Candidates(List<string> names, Func<string, long?> sequenceOf, long atLeast) =>
        from name in names.Distinct()
        let sequence = sequenceOf(name)
        where sequence >= atLeast
        orderby sequence descending, name.Length descending
        select (name, sequence.Value);

    private static T? TryDecode<T>(string name, byte[] bytes, Func<byte[], T> decode, List<FileFault> faults)
        where T : class
    {
        try { return decode(bytes); }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt)
        {
            faults.Add(new FileFault(name, e.Message));
            return null;
        }
    }
}
