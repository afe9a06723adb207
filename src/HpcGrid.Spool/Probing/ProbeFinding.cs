namespace HpcGrid.Spool;

/// <summary>How fit a filesystem is in one respect.</summary>
public enum Fitness
{
    Good,
    /// <summary>It works; somebody should know.</summary>
    Remark,
    /// <summary>A spool would lose work or run jobs twice here.</summary>
    Unfit,
}

/// <summary>One thing that the self-test of a filesystem tried.</summary>
/// <param name="What">What was tried, a few words.</param>
/// <param name="Fitness">How it came out.</param>
/// <param name="Seen">What was seen, with numbers.</param>
public sealed record ProbeFinding(string What, Fitness Fitness, string Seen);

/// <summary>The verdict on a filesystem.</summary>
/// <param name="Findings">In the order tried.</param>
/// <param name="CachingBound">Seconds after which every client surely sees a new name: measured between two nodes, else what its kind says.</param>
/// <param name="Measured">The bound was measured.</param>
public sealed record ProbeVerdict(IReadOnlyList<ProbeFinding> Findings, double CachingBound, bool Measured)
{
    public bool IsFit => Findings.All(finding => finding.Fitness != Fitness.Unfit);

    /// <summary>One sentence for people.</summary>
    public string Sentence => !IsFit
        ? "This filesystem is not fit for a spool: " + string.Join("; ", Findings.Where(finding => finding.Fitness == Fitness.Unfit).Select(finding =>
            finding.What)) + "."
        : Measured
            ? $"This filesystem is fit for a spool between these two nodes; a new name is seen after {Text} at most."
            : $"This filesystem is fit for a spool as far as one node can tell; by its kind a new name is seen after {Text} at most.";

    private string Text => CachingBound < 1 ? $"{CachingBound * 1000:0} ms" : $"{CachingBound:0.#} s";
}
