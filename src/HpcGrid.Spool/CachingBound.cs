using System.Globalization;
using System.Text;

namespace HpcGrid.Spool;

/// <summary>
/// C, the time for which a client of this mount may go on showing what is no longer so (facts/shared-fs.md 1): from the filesystem's kind
/// and, for NFS, its mount options. What is not known counts as the worst.
/// </summary>
/// <param name="Kind">"nfs", "lustre", "fuse.glusterfs", "local", "unknown" ...</param>
/// <param name="Bound">C.</param>
public sealed record CachingBound(string Kind, TimeSpan Bound)
{
    private const int MountsBytes = 16 * 1024 * 1024;
    private const long Nfs = 0x6969;
    private const long Fuse = 0x65735546;

    private static readonly Dictionary<long, (string Kind, double Seconds)> Magics = new()
    {
        [0x0BD00BD0] = ("lustre", 5),
        [0x47504653] = ("gpfs", 5),
        [0x00C36400] = ("ceph", 5),
        [0x19830326] = ("beegfs", 3),
        // Kernel filesystems of one machine: everybody sees the same dentries.
        [0xEF53] = ("local", 0),
        [0x58465342] = ("local", 0),
        [0x9123683E] = ("local", 0),
        [0x01021994] = ("local", 0),
        [0x794C7630] = ("local", 0),
        [0x2FC12FC1] = ("local", 0),
    };

    /// <summary>C of the filesystem that holds the path, by statfs and /proc/self/mounts.</summary>
    public static CachingBound Of(ISharedFs fs, string path)
    {
        if (fs.FileSystem(path, out var status) != Errno.None) return Unknown;
        // The mounts are this process's own even where the spool's filesystem is not.
        _ = SpoolFile.Read(new PosixFs(), "/proc/self/mounts", MountsBytes, out var mounts);
        return From(status.Magic, path, Encoding.UTF8.GetString(mounts));
    }

    /// <summary>The same from what was read: pure.</summary>
    public static CachingBound From(long magic, string path, string mounts)
    {
        if (Magics.TryGetValue(magic, out var known)) return new CachingBound(known.Kind, TimeSpan.FromSeconds(known.Seconds));
        var (kind, options) = MountOf(path, mounts);
        return magic switch
        {
            Nfs => new CachingBound("nfs", TimeSpan.FromSeconds(OptionOf(options, "acdirmax", OptionOf(options, "actimeo", 60)) + 5)),
            Fuse when kind == "fuse.glusterfs" => new CachingBound(kind, TimeSpan.FromSeconds(2)),
            Fuse when kind.StartsWith("fuse.ceph", StringComparison.Ordinal) => new CachingBound(kind, TimeSpan.FromSeconds(5)),
            _ => Unknown with { Kind = kind.Length == 0 ? "unknown" : kind },
        };
    }

    private static CachingBound Unknown { get; } = new("unknown", TimeSpan.FromSeconds(65));

    private static (string Kind, string Options) MountOf(string path, string mounts)
    {
        var best = (Point: "", Kind: "", Options: "");
        foreach (var line in mounts.Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 4) continue;
            var point = Unescape(fields[1]);
            var covers = point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);
            // The later of two mounts on one point is the one that is seen.
            if (covers && point.Length >= best.Point.Length) best = (point, fields[2], fields[3]);
        }
        return (best.Kind, best.Options);
    }

    private static double OptionOf(string options, string name, double otherwise)
    {
        foreach (var option in options.Split(','))
            if (option.StartsWith(name + "=", StringComparison.Ordinal)
                && double.TryParse(option.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return seconds;
        return otherwise;
    }

    // The kernel writes blank, tab, newline and backslash as three octal digits.
    private static string Unescape(string field) => field
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
