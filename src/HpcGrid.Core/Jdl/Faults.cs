namespace HpcGrid.Core.Jdl;

/// <summary>One thing wrong with a job description: where, what, and what to do.</summary>
internal sealed record Fault(TextPlace? Place, string Message, string Hint)
{
    public override string ToString() => Place is { } place ? $"{place}: {Message}" : Message;
}

/// <summary>Collects what is wrong, so that one submission tells of several mistakes; thrown together as one GridError(Invalid).</summary>
internal sealed class Faults
{
    private readonly List<Fault> _faults = [];

    public bool Any => _faults.Count > 0;
    public bool IsFull => _faults.Count >= Limits.MostFaults;

    public void Add(TextPlace? place, string message, string hint)
    {
        var fault = new Fault(place, message, hint);
        // What all nodes of a collection share is read once for each.
        if (!IsFull && !_faults.Contains(fault)) _faults.Add(fault);
    }

    /// <summary>Hands what was found in a text inside a text over, at the place where that stands.</summary>
    public void MoveTo(Faults outer, TextPlace place)
    {
        foreach (var fault in _faults) outer.Add(place, fault.Message, fault.Hint);
    }

    public void ThrowIfAny()
    {
        if (!Any) return;
        var ordered = _faults.OrderBy(fault => fault.Place?.Line ?? int.MaxValue).ThenBy(fault => fault.Place?.Column).ToList();
        throw GridError.Invalid(string.Join('\n', ordered), string.Join('\n', ordered.Select(fault => fault.Hint).Distinct()));
    }

    /// <summary>A user's text as an error may repeat it: short, on one line, in single quotes.</summary>
    public static string Shown(string text)
    {
        var kept = text.Length <= Limits.LongestExcerpt ? text : text[..Limits.LongestExcerpt] + "…";
        return "'" + string.Concat(kept.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)) + "'";
    }
}
