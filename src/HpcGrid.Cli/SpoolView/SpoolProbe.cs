using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Spool;

namespace HpcGrid.Cli.SpoolView;

/// <summary>Runs the self-test of a filesystem, alone or with another node, and leaves nothing behind.</summary>
internal sealed class SpoolProbe(string directory, bool withPeer, Terminal terminal)
{
    private const string MeetingFolder = "hpcgrid-probe";

    public int Steps => ProbeAlone.Steps + (withPeer ? ProbeTogether.Steps : 0);

    /// <summary>Throws GridError when the directory cannot be used or nobody comes.</summary>
    public ProbeDocument Run(Action<int> told)
    {
        if (!Directory.Exists(directory)) throw GridError.NotFound($"there is no directory '{directory}'",
            "Name one on the filesystem that login and compute nodes share.");
        var fs = new PosixFs();
        var bound = CachingBound.Of(fs, directory);
        var nonce = RandomNonces.Next();
        var findings = Alone(new ProbeFolder(fs, Path.Combine(directory, $"{MeetingFolder}.{nonce}"), RandomNonces.Next), told);
        var seconds = bound.Bound.TotalSeconds;
        if (withPeer)
        {
            var sight = Together(new ProbeFolder(fs, Path.Combine(directory, MeetingFolder), RandomNonces.Next), nonce, told);
            findings = [.. findings, .. ProbeRules.Of(sight)];
            seconds = ProbeRules.BoundOf(sight);
        }
        var verdict = new ProbeVerdict(findings, seconds, withPeer);
        return new ProbeDocument(directory, bound.Kind, verdict.IsFit, verdict.Sentence, seconds, withPeer, findings);
    }

    private static IReadOnlyList<ProbeFinding> Alone(ProbeFolder folder, Action<int> told)
    {
        Make(folder);
        try { return new ProbeAlone(folder, TimeProvider.System).Run(told); }
        finally { folder.Remove(); }
    }

    private PeerSight Together(ProbeFolder folder, string nonce, Action<int> told)
    {
        Make(folder);
        var together = new ProbeTogether(folder, TimeProvider.System, Thread.Sleep, nonce);
        terminal.Error.WriteLine($"waiting for the other node: run `hpcgrid spool probe --peer {ShellText.Of([directory])}` there");
        together.Meet();
        var sight = together.Run(step => told(ProbeAlone.Steps + step));
        if (together.Leads) folder.Remove();
        return sight;
    }

    private static void Make(ProbeFolder folder)
    {
        if (folder.Make() is var errno && errno != Errno.None) throw errno.ToGridError($"making {folder.Path}");
    }
}
