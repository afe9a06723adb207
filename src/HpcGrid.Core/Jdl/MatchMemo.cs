using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Asks many descriptions about one site, and evaluates equal Requirements once (R-A11): thousands of nodes of a collection often say the same.
/// For one match; not for two threads at once.
/// </summary>
public sealed class MatchMemo(SiteMap site)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>How many expressions were evaluated so far.</summary>
    public int Evaluations { get; private set; }

    /// <summary>What <see cref="Requirements.Matches"/> says, without the reason.</summary>
    public bool Matches(JobDescription description)
    {
        if (!Requirements.Fits(description, site)) return false;
        if (description.Requirements is not { } condition) return true;
        // What asks the job may differ from job to job though it is written alike.
        if (condition.AsksJob) return Evaluate(description);
        var text = condition.ToString();
        return _known.TryGetValue(text, out var known) ? known : _known[text] = Evaluate(description);
    }

    private bool Evaluate(JobDescription description)
    {
        Evaluations++;
        return Requirements.Matches(description, site) is SiteMatch.Yes;
    }
}
