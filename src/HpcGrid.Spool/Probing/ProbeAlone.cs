using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>What one node can try on a filesystem (PROTOCOL 7.7): every call that the protocol is made of, and how quick it is.</summary>
/// <param name="folder">An empty folder on it.</param>
/// <param name="time">For measuring.</param>
public sealed class ProbeAlone(ProbeFolder folder, TimeProvider time)
{
    private readonly ISharedFs _fs = folder.Fs;
    private readonly List<ProbeFinding> _findings = [];

    /// <summary>Tries everything; told of each step by its number from 1 to <see cref="Steps"/>.</summary>
    public IReadOnlyList<ProbeFinding> Run(Action<int> told)
    {
        Action[] steps = [Exclusive, Rename, MoveDirectory, Names, Links, Durable, Publications, Listing];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i]();
            told(i + 1);
        }
        return _findings;
    }

    public const int Steps = 8;

    private void Exclusive()
    {
        var path = folder.At("exclusive");
        var first = Create(path);
        var second = Create(path);
        Add("create a file that must not exist", first == Errno.None && second == Errno.EEXIST, $"first {Say(first)}, second {Say(second)}");
    }

    private void Rename()
    {
        var (pool, claim) = (folder.Below("pool"), folder.Below("claim"));
        var errno = pool.Make();
        if (errno == Errno.None) errno = claim.Make();
        if (errno == Errno.None) errno = pool.Publish("offer", ProbeFolder.Sample(100));
        if (errno == Errno.None) errno = _fs.Rename(pool.At("offer"), claim.At("offer"));
        var moved = claim.Shows("offer") && !pool.Shows("offer") && claim.IsWhole("offer");
        Add("rename from one directory to another", errno == Errno.None && moved,
            errno == Errno.EXDEV ? "EXDEV: its directories are on different filesystems or quota trees, so no claim is possible" : moved
                ? "at once, and whole" : Say(errno));
        var again = _fs.Rename(pool.At("offer"), claim.At("offer"));
        Add("rename a name that is gone", again.IsAbsent(), again.IsAbsent() ? "refused, as it must be" : $"answered {Say(again)}");
    }

    private void MoveDirectory()
    {
        var live = folder.Below("live");
        var errno = live.Make();
        if (errno == Errno.None) errno = live.Publish("file", ProbeFolder.Sample(10));
        if (errno == Errno.None) errno = _fs.Rename(live.Path, folder.At("fenced.1"));
        Add("rename a directory with files in it", errno == Errno.None && folder.Below("fenced.1").IsWhole("file"), Say(errno));
    }

    private void Names()
    {
        const int longest = 255;
        var name = new string('n', longest);
        var errno = Create(folder.At(name));
        Add("names of 255 bytes", errno == Errno.None && folder.Shows(name), errno == Errno.None ? "kept as they are" : Say(errno));
        _ = Create(folder.At("case"));
        var other = Create(folder.At("CASE"));
        Add("upper and lower case differ", other == Errno.None, other == Errno.None ? "yes" : $"no: {Say(other)}");
    }

    private void Links()
    {
        _ = Create(folder.At("linked"));
        var errno = _fs.Link(folder.At("linked"), folder.At("link"));
        _findings.Add(new ProbeFinding("hard links (not needed)", Fitness.Good, errno == Errno.None ? "possible" : Say(errno)));
    }

    private void Durable()
    {
        var errno = _fs.SyncDirectory(folder.Path);
        _findings.Add(new ProbeFinding("fsync of a directory", errno == Errno.None ? Fitness.Good : Fitness.Remark,
            errno == Errno.None ? "done" : $"{Say(errno)}: after a crash of the file server names may be missing; the bridge offers such jobs again"));
    }

    private void Publications()
    {
        var bytes = ProbeFolder.Sample(Limits.ProbeBytes);
        var took = new List<double>();
        var torn = 0;
        for (var i = 0; i < Limits.ProbePublications; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"published.{i}");
            var begun = time.GetTimestamp();
            var errno = folder.Publish(name, bytes);
            took.Add(time.GetElapsedTime(begun).TotalMilliseconds);
            if (errno != Errno.None)
            {
                Add("publish a file: write, fsync, rename", false, $"{Say(errno)} at file {i + 1}");
                return;
            }
            if (!folder.IsWhole(name)) torn++;
        }
        Add("what was published is read back whole", torn == 0, torn == 0 ? $"{Limits.ProbePublications} of {Limits.ProbePublications}" : $"{torn} were torn");
        var (half, most) = (ProbeRules.Percentile(took, 0.5), ProbeRules.Percentile(took, 0.99));
        _findings.Add(new ProbeFinding("publish 64 KiB: write, fsync, rename", half < ProbeRules.SlowPublication.TotalMilliseconds ? Fitness.Good
            : Fitness.Remark,
            string.Create(CultureInfo.InvariantCulture, $"p50 {half:0.0} ms, p99 {most:0.0} ms")));
    }

    private void Listing()
    {
        var names = Limits.ProbePublications;
        var begun = time.GetTimestamp();
        var seen = folder.List().Count(name => name.StartsWith("published.", StringComparison.Ordinal));
        var took = time.GetElapsedTime(begun).TotalMilliseconds;
        Add("a listing shows one's own files", seen == names, string.Create(CultureInfo.InvariantCulture, $"{seen} of {names} in {took:0.0} ms"));
    }

    private Errno Create(string path)
    {
        const int mode = 0x180;
        var errno = _fs.CreateExclusive(path, mode, out var handle);
        return errno == Errno.None ? _fs.Close(handle) : errno;
    }

    private void Add(string what, bool good, string seen) => _findings.Add(new ProbeFinding(what, good ? Fitness.Good : Fitness.Unfit, seen));

    private static string Say(Errno errno) => errno == Errno.None ? "done" : errno.Describe();
}
