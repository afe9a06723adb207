using System.Globalization;
using System.Text;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Spool;

/// <summary>
/// The name of a large output in its agent's out/. The label only helps people: users' names may hold newlines or be too long,
/// so the real one stands in the report.
/// </summary>
/// <param name="Id">The attempt.</param>
/// <param name="Branch">The branch: a second run of the same attempt must not write over the first one's file.</param>
/// <param name="Ordinal">Grows with every name that the agent uses, from 0: none is used twice.</param>
/// <param name="Label">Letters, digits, '_', '-' and '.', not starting with '.'; see <see cref="LabelOf"/>.</param>
public readonly record struct OutputName(AttemptId Id, int Branch, int Ordinal, string Label)
{
    /// <summary>"17.1.b0.o2.hist.root".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Id}.b{Branch}.o{Ordinal}.{Label}");

    /// <summary>The user's name with everything odd replaced by '_' and cut to <see cref="Limits.OutputLabelLength"/>.</summary>
    public static string LabelOf(string name)
    {
        var label = new StringBuilder();
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, Limits.OutputLabelLength)))
            label.Append(IsPlain(c) && !(c == '.' && label.Length == 0) ? c : '_');
        return label.Length == 0 ? "_" : label.ToString();
    }

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out OutputName output)
    {
        output = default;
        var reader = new NameReader(fileName);
        if (!reader.TakeNumber(out var job) || !reader.Take(".") || !reader.TakeInt(out var attempt)
            || !reader.Take(".b") || !reader.TakeInt(out var branch)
            || !reader.Take(".o") || !reader.TakeInt(out var ordinal) || !reader.Take("."))
            return false;
        var label = reader.TakeRest();
        if (label.Length == 0 || label != LabelOf(label)) return false;
        output = new OutputName(new AttemptId(job, attempt), branch, ordinal, label);
        return true;
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.';
}
