using System.Globalization;
using HpcGrid.Core.Api;

namespace HpcGrid.Spool;

/// <summary>What an agent saw when it was told to look (K2): one of Seen and Error.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Seen">What was seen; null when nothing was.</param>
/// <param name="Error">Why nothing was seen, for the job's owner.</param>
public sealed record PeekAnswer(Guid Order, Peeked? Seen, ApiError? Error);

/// <summary>The name of an answer in its agent's out/. An order is answered under one name, once.</summary>
/// <param name="Order">The order's id.</param>
public readonly record struct AnswerName(Guid Order)
{
    private const string Prefix = "peek.";

    /// <summary>"peek.0123456789abcdef0123456789abcdef".</summary>
    public string FileName => Prefix + Order.ToString("N", CultureInfo.InvariantCulture);

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out AnswerName answer)
    {
        answer = default;
        if (!fileName.StartsWith(Prefix, StringComparison.Ordinal) || !Guid.TryParseExact(fileName.AsSpan(Prefix.Length), "N", out var order)) return false;
        answer = new AnswerName(order);
        // Guid accepts upper-case digits too; we write none.
        return answer.FileName == fileName;
    }
}
