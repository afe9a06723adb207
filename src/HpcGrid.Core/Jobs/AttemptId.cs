using System.Globalization;

namespace HpcGrid.Core.Jobs;

/// <summary>One try of a job. The number grows with every new try and fences late reports of older ones.</summary>
/// <param name="Job">The job's number, given by central; positive.</param>
/// <param name="Attempt">1 for the first try.</param>
public readonly record struct AttemptId(long Job, int Attempt) : IComparable<AttemptId>
{
    /// <summary>"17.2": job 17, second attempt; used in file names, messages and logs.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Job}.{Attempt}");

    /// <summary>Reads what <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string text, out AttemptId id)
    {
        id = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0
            || !long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var job)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
            return false;
        id = new AttemptId(job, attempt);
        return true;
    }

    public int CompareTo(AttemptId other) =>
        Job != other.Job ? Job.CompareTo(other.Job) : Attempt.CompareTo(other.Attempt);

    public static bool operator <(AttemptId left, AttemptId right) => left.CompareTo(right) < 0;
    public static bool operator >(AttemptId left, AttemptId right) => left.CompareTo(right) > 0;
    public static bool operator <=(AttemptId left, AttemptId right) => left.CompareTo(right) <= 0;
    public static bool operator >=(AttemptId left, AttemptId right) => left.CompareTo(right) >= 0;
}
