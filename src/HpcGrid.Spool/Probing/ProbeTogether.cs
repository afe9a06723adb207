using System.Globalization;
using System.Text.Json;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// The self-test between two nodes (PROTOCOL 7.7): both run the same program on the same folder, find each other by names that change, and let the smaller
/// nonce lead. Everything they say to each other is a new name that the other lists, as in the protocol.
/// </summary>
/// <param name="folder">The folder that both see.</param>
/// <param name="time">For measuring.</param>
/// <param name="nap">Waits a little.</param>
/// <param name="nonce">This side's own, lower-case letters and digits.</param>
public sealed class ProbeTogether(ProbeFolder folder, TimeProvider time, Action<TimeSpan> nap, string nonce)
{
    private string _peer = "";

    /// <summary>True on the side that leads.</summary>
    public bool Leads => string.CompareOrdinal(nonce, _peer) < 0;

    /// <summary>Waits for the other side. Throws GridError(Unavailable) when nobody comes.</summary>
    public void Meet()
    {
        var begun = time.GetTimestamp();
        var (calls, last) = (0L, (string?)null);
        var firstSeen = new Dictionary<string, string>();
        while (time.GetElapsedTime(begun) < Limits.ProbeMeeting)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"party.{nonce}.{++calls}");
            var errno = last is null ? folder.Publish(name, []) : folder.Fs.Rename(folder.At(last), folder.At(name));
            if (errno != Errno.None) throw errno.ToGridError($"saying that this side is there, in {folder.Path}");
            last = name;
            foreach (var party in folder.List().Where(other => other.StartsWith("party.", StringComparison.Ordinal) && other.Split('.') is { Length: 3 } parts
                && parts[1] != nonce))
            {
                var who = party.Split('.')[1];
                // One that does not change was left by a test that was cut short.
                if (!firstSeen.TryAdd(who, party) && firstSeen[who] != party)
                {
                    _peer = who;
                    // The other needs one more change of ours.
                    Say("here");
                    Hear("here", Call(last, calls));
                    return;
                }
            }
            nap(Limits.ProbeCall / 4);
        }
        throw GridError.Unavailable($"nobody came to {folder.Path} within {Limits.ProbeMeeting.TotalMinutes:0} minutes",
            "Run the same command on a compute node, for instance as a batch job.");
    }

    /// <summary>Runs the whole exchange; both sides come to the same sight. Told of each step from 1 to <see cref="Steps"/>.</summary>
    public PeerSight Run(Action<int> told)
    {
        var echoes = Echo();
        told(1);
        var (raced, doubles, lost) = Race();
        told(2);
        var (read, torn) = Read();
        told(3);
        var unlink = Vanish();
        told(4);
        return Share(new PeerSight(echoes, raced, doubles, lost, read, torn, unlink));
    }

    public const int Steps = 4;

    private List<double> Echo()
    {
        var echoes = new List<double>();
        for (var i = 0; i < Limits.ProbeEchoes; i++)
        {
            var word = string.Create(CultureInfo.InvariantCulture, $"echo{i}");
            var begun = time.GetTimestamp();
            if (Leads) Say(word);
            Hear(word);
            if (Leads) echoes.Add(time.GetElapsedTime(begun).TotalSeconds);
            else Say(word);
        }
        return echoes;
    }

    private (int Raced, int Doubles, int Lost) Race()
    {
        var (pool, own) = (folder.Below("pool"), folder.Below(nonce));
        if (own.Make() is var errno && errno != Errno.None) throw errno.ToGridError($"making {own.Path}");
        string[] names = [.. Enumerable.Range(0, Limits.ProbeClaims).Select(i => string.Create(CultureInfo.InvariantCulture, $"claim{i}"))];
        if (Leads)
        {
            errno = pool.Make();
            foreach (var name in names)
                if (errno == Errno.None) errno = pool.Publish(name, []);
            if (errno != Errno.None) throw errno.ToGridError($"filling {pool.Path}");
        }
        Together("race");
        foreach (var name in names) _ = folder.Fs.Rename(pool.At(name), own.At(name));
        Together("raced");
        var (ours, theirs) = (Settled(own), Settled(folder.Below(_peer)));
        return (names.Length, names.Count(name => ours.Contains(name) && theirs.Contains(name)),
            names.Count(name => !ours.Contains(name) && !theirs.Contains(name)));
    }

    /// <summary>A directory as two listings in a row show it: the other's last renames may come late.</summary>
    private HashSet<string> Settled(ProbeFolder directory)
    {
        var begun = time.GetTimestamp();
        var seen = directory.List().ToHashSet();
        while (time.GetElapsedTime(begun) < Limits.ProbeCall)
        {
            nap(Limits.ProbePause);
            seen.UnionWith(directory.List());
        }
        return seen;
    }

    private (int Read, int Torn) Read()
    {
        var torn = 0;
        for (var i = 0; i < Limits.ProbeReads; i++)
        {
            var (mine, other) = (Word(nonce, i), Word(_peer, i));
            if (folder.Publish(mine, ProbeFolder.Sample(Limits.ProbeBytes)) is var errno
                && errno != Errno.None) throw errno.ToGridError($"publishing in {folder.Path}");
            Until(() => folder.Shows(other), other);
            if (!folder.IsWhole(other)) torn++;
        }
        return (Limits.ProbeReads, torn);

        static string Word(string who, int i) => string.Create(CultureInfo.InvariantCulture, $"data.{who}.{i}");
    }

    private double? Vanish()
    {
        const string name = "vanishing";
        if (Leads && folder.Publish(name, []) is var made && made != Errno.None) throw made.ToGridError($"publishing in {folder.Path}");
        Until(() => folder.Shows(name), name);
        Together("seen");
        var begun = time.GetTimestamp();
        if (Leads) _ = folder.Fs.Unlink(folder.At(name));
        var gone = true;
        while (folder.Shows(name))
        {
            if (time.GetElapsedTime(begun) > Limits.ProbePatience / 3)
            {
                gone = false;
                break;
            }
            nap(Limits.ProbePause);
        }
        var took = time.GetElapsedTime(begun).TotalSeconds;
        Together("vanished");
        return gone ? took : null;
    }

    /// <summary>Each side tells the other what it saw; the worse counts.</summary>
    private PeerSight Share(PeerSight sight)
    {
        var errno = folder.Publish($"sight.{nonce}", SpoolDocument.Encode(sight, SpoolJson.Default.PeerSight));
        if (errno != Errno.None) throw errno.ToGridError($"publishing in {folder.Path}");
        var name = $"sight.{_peer}";
        PeerSight? other = null;
        Until(() => folder.Shows(name) && (other = Decode(name)) is not null, name);
        // The last word needs no answer: who leads removes the folder when it has heard it.
        if (Leads) Hear("bye");
        else Say("bye");
        return new PeerSight(
            [.. sight.EchoSeconds, .. other!.EchoSeconds], sight.Raced, Math.Max(sight.Doubles, other.Doubles), Math.Max(sight.Lost, other.Lost),
            sight.Read + other.Read, sight.Torn + other.Torn,
            sight.UnlinkSeconds is { } ours && other.UnlinkSeconds is { } theirs ? Math.Max(ours, theirs) : null);
    }

    private PeerSight? Decode(string name)
    {
        if (SpoolFile.Read(folder.Fs, folder.At(name), Limits.MessageBytes, out var bytes) != Errno.None) return null;
        try { return SpoolDocument.Decode(bytes, SpoolJson.Default.PeerSight); }
        catch (Exception e) when (e is GridError or JsonException) { return null; }
    }

    private void Together(string word)
    {
        Say(word);
        Hear(word);
    }

    private void Say(string word)
    {
        var errno = folder.Publish($"word.{nonce}.{word}", []);
        if (errno != Errno.None) throw errno.ToGridError($"publishing in {folder.Path}");
    }

    private void Hear(string word, Action? meanwhile = null) => Until(() =>
    {
        meanwhile?.Invoke();
        return folder.Shows($"word.{_peer}.{word}");
    }, word);

    /// <summary>Goes on changing the name by which this side is known.</summary>
    private Action Call(string last, long calls) => () =>
    {
        var next = string.Create(CultureInfo.InvariantCulture, $"party.{nonce}.{++calls}");
        if (folder.Fs.Rename(folder.At(last), folder.At(next)) == Errno.None) last = next;
    };

    private void Until(Func<bool> holds, string what)
    {
        var begun = time.GetTimestamp();
        while (!holds())
        {
            if (time.GetElapsedTime(begun) > Limits.ProbePatience)
                throw GridError.Unavailable($"the other side did not go on within {Limits.ProbePatience.TotalSeconds:0} s (waiting for '{what}')",
                    "Start the test on both nodes again. If that repeats itself, new names are not seen there, and the filesystem is not fit for a spool.");
            nap(Limits.ProbePause);
        }
    }
}
