namespace HpcGrid.Simulate.World;

/// <summary>One line of a history: what somebody did, and what he was told.</summary>
/// <param name="At">Virtual time.</param>
/// <param name="Party">Who.</param>
/// <param name="Operation">What, in a word.</param>
/// <param name="Subject">On what.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Step">The step of the protocol that it belongs to; empty when it is of none.</param>
internal sealed record HistoryLine(TimeSpan At, string Party, string Operation, string Subject, string Result, string Step);

/// <summary>What happened, when somebody wants to read it; and its digest always, so that two runs can be compared.</summary>
internal sealed class History(bool keep)
{
    private readonly List<HistoryLine> _lines = [];
    private ulong _digest = 14695981039346656037;

    public IReadOnlyList<HistoryLine> Lines => _lines;

    /// <summary>Equal for equal histories.</summary>
    public ulong Digest => _digest;

    public bool Keeps { get; } = keep;

    public void Add(TimeSpan at, string party, string operation, string subject, string result)
    {
        Mix((ulong)at.Ticks);
        Mix(party);
        Mix(operation);
        Mix(subject);
        Mix(result);
        if (Keeps) _lines.Add(new HistoryLine(at, party, operation, subject, result, StepRules.Of(party, operation, subject)));
    }

    /// <summary>What a party says in its log: for who reads it, not part of what happened.</summary>
    public void Say(TimeSpan at, string party, string level, string text)
    {
        if (Keeps) _lines.Add(new HistoryLine(at, party, "says", text, level, ""));
    }

    private void Mix(string text)
    {
        foreach (var c in text) Mix(c);
    }

    private void Mix(ulong value) => _digest = (_digest ^ value) * 1099511628211;
}

/// <summary>Which step of the protocol an operation belongs to, by who does what where. Pure; for people.</summary>
internal static class StepRules
{
    public static string Of(string party, string operation, string subject)
    {
        var bridge = party.StartsWith("bridge", StringComparison.Ordinal);
        if (operation is not ("rename" or "list" or "open" or "create" or "unlink" or "fsyncdir")) return "";
        bool In(string part) => subject.Contains(part, StringComparison.Ordinal);
        if (In("/bridge/epoch.") || (In("/bridge") && In("-> epoch."))) return "E1";
        if (bridge)
            return (operation, subject) switch
            {
                ("rename", _) when In("/live -> fenced.") => "F3",
                (_, _) when In("/fenced.") => "F4/F5",
                ("rename", _) when In("/pool/") && In("/.t.") => "B2",
                ("rename", _) when In("/pool/") => "B6",
                ("list", _) when In("/pool/") => "B6",
                ("open", _) when In("/out/") => "B3",
                ("rename", _) when In("-> lease.") => "A4",
                ("rename", _) when In(".ack") => "B4",
                ("rename", _) when In("/in/") => "K1",
                ("list", _) when In("/hb/") => "B5",
                ("list", _) when subject.EndsWith("/bridge", StringComparison.Ordinal) => "E1",
                _ => "",
            };
        return (operation, subject) switch
        {
            ("list", _) when In("/pool/") => "A1",
            ("rename", _) when In("/pool/") => "A2",
            ("list", _) when subject.EndsWith("/claim", StringComparison.Ordinal) => "A2",
            ("open", _) when In("/claim/") => "A3",
            ("list", _) when In("/agents/") && !In("/live") => "A4",
            ("rename", _) when In("/out/") && In(".final.") => "A6",
            ("rename", _) when In("/out/") => "A5",
            ("rename", _) when In("/hb/") => "B5",
            ("unlink", _) when In("/claim/") => "B4",
            (_, _) when In("/in") => "K1",
            _ => "",
        };
    }
}
