namespace HpcGrid.Cli.Doctor;

/// <summary>How a thing is.</summary>
internal enum Health
{
    Good,
    /// <summary>It works, but something is about to go wrong or could not be seen.</summary>
    Doubtful,
    Bad,
}

/// <summary>What was looked at and how it is.</summary>
/// <param name="Check">What was looked at, a word or two.</param>
/// <param name="Health">How it is.</param>
/// <param name="What">What was seen.</param>
/// <param name="Remedy">What to do about it; null when nothing needs to be done.</param>
internal sealed record Finding(string Check, Health Health, string What, string? Remedy = null)
{
    /// <summary>Trouble as it was thrown.</summary>
    public static Finding Of(string check, Core.GridError error) => new(check, Health.Bad, error.Message, error.Hint);
}

/// <summary>All findings, as a document.</summary>
/// <param name="Healthy">Nothing is bad.</param>
/// <param name="Findings">In the order in which things depend on each other.</param>
internal sealed record Diagnosis(bool Healthy, IReadOnlyList<Finding> Findings);
