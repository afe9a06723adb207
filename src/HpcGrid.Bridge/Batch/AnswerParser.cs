using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Bridge.Batch;

/// <summary>A job as a batch system tells of it.</summary>
/// <param name="State">By the adapter's map; Unknown for what is not in it.</param>
/// <param name="Detail">The state as it was written, and what else is told.</param>
public sealed record ListedJob(string Id, string Tag, BatchState State, string Detail);

/// <summary>
/// Reads what status commands print. Pure. What cannot be read is passed over: warnings, header lines, a list cut short, another language. A job that is
/// not read is unknown, so nothing wrong follows from it (R-H7).
/// </summary>
public static partial class AnswerParser
{
    /// <summary>The jobs, and whether the answer was whole: only then does absence count.</summary>
    public static (IReadOnlyList<ListedJob> Jobs, bool Whole) Read(AnswerRule rule, string text, IReadOnlyDictionary<string, BatchState> states) =>
        rule.Format switch
    {
        // A last line without its end was cut.
        AnswerFormat.Lines => Lines(rule, text, states) is { } jobs ? (jobs, text.Length == 0 || text.EndsWith('\n')) : ([], false),
        AnswerFormat.Json => Json(rule, text, states),
        AnswerFormat.Xml => Xml(rule, text, states),
        _ => throw new InvalidOperationException($"{rule.Format} is no format"),
    };

    /// <summary>Holes in the schedule; what cannot be read is none.</summary>
    public static IReadOnlyList<BackfillHole> Holes(Regex line, string text)
    {
        try
        {
            return [.. from match in line.Matches(text)
                       let nodes = int.TryParse(match.Groups["nodes"].Value, CultureInfo.InvariantCulture, out var number) ? number : 0
                       where nodes > 0
                       select new BackfillHole(nodes, DurationOf(match.Groups["time"].Value))];
        }
        catch (RegexMatchTimeoutException) { return []; }
    }

    /// <summary>"[[D-]H:]M:S" or seconds; null: for long.</summary>
    private static TimeSpan? DurationOf(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var days = dash > 0 && int.TryParse(text[..dash], CultureInfo.InvariantCulture, out var number) ? number : 0;
        var seconds = 0L;
        foreach (var part in text[(dash + 1)..].Split(':'))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var digits)) return null;
            seconds = seconds * 60 + digits;
        }
        return TimeSpan.FromDays(days) + TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Null: the pattern takes too long on this text.</summary>
    private static List<ListedJob>? Lines(AnswerRule rule, string text, IReadOnlyDictionary<string, BatchState> states)
    {
        try
        {
            return [.. rule.Line!.Matches(text).Select(match => Job(rule, match.Groups["id"].Value, match.Groups["tag"].Value, match.Groups["state"].Value,
                match.Groups["detail"].Value, states))];
        }
        catch (RegexMatchTimeoutException) { return null; }
    }

    private static (IReadOnlyList<ListedJob>, bool) Json(AnswerRule rule, string text, IReadOnlyDictionary<string, BatchState> states)
    {
        // Warnings may stand before the document.
        var from = StartOfDocument().Match(text) is { Success: true } start ? start.Index : -1;
        if (from < 0) return ([], text.Trim().Length == 0);
        try
        {
            using var document = JsonDocument.Parse(text.AsMemory(from));
            var items = document.RootElement;
            if (rule.Items.Length > 0 && (items.ValueKind != JsonValueKind.Object || !items.TryGetProperty(rule.Items, out items))) return ([], true);
            return (items.ValueKind switch
            {
                JsonValueKind.Object => [.. items.EnumerateObject().Select(item => Item(rule, item.Value, item.Name, states)).OfType<ListedJob>()],
                JsonValueKind.Array => [.. items.EnumerateArray().Select(item => Item(rule, item, "", states)).OfType<ListedJob>()],
                _ => [],
            }, true);
        }
        catch (JsonException) { return ([], false); }
    }

    private static (IReadOnlyList<ListedJob>, bool) Xml(AnswerRule rule, string text, IReadOnlyDictionary<string, BatchState> states)
    {
        var from = text.IndexOf('<', StringComparison.Ordinal);
        if (from < 0) return ([], text.Trim().Length == 0);
        try
        {
            var document = XDocument.Parse(text[from..]);
            return ([.. document.Descendants().Where(element => element.Name.LocalName == rule.Items).Select(element => Element(rule, element, states))
                .OfType<ListedJob>()], true);
        }
        catch (XmlException) { return ([], false); }
    }

    private static ListedJob? Element(AnswerRule rule, XElement element, IReadOnlyDictionary<string, BatchState> states)
    {
        string Text(string name) => name.Length == 0 ? "" : element.Elements().FirstOrDefault(child => child.Name.LocalName == name)?.Value ?? "";
        return Text(rule.Id) is { Length: > 0 } id ? Job(rule, id, Text(rule.Tag), Text(rule.State), Text(rule.Detail), states) : null;
    }

    private static ListedJob? Item(AnswerRule rule, JsonElement item, string key, IReadOnlyDictionary<string, BatchState> states)
    {
        if (item.ValueKind != JsonValueKind.Object) return null;
        var id = rule.Id.Length > 0 ? Text(item, rule.Id) : key;
        return id.Length == 0 ? null : Job(rule, id, Text(item, rule.Tag), Text(item, rule.State),
            rule.Detail.Length > 0 ? Text(item, rule.Detail) : "", states);
    }

    private static string Text(JsonElement item, string field) => !item.TryGetProperty(field, out var value) ? ""
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static ListedJob Job(AnswerRule rule, string id, string tag, string state, string detail, IReadOnlyDictionary<string, BatchState> states)
    {
        // Slurm writes "CANCELLED by 1000", PBS and LSF nothing behind the word.
        var word = state.Trim().Split(' ', '+')[0];
        return new ListedJob(id.Trim(), tag.Trim(), rule.Means ?? states.GetValueOrDefault(word), $"{state} {detail}".Trim());
    }

    [GeneratedRegex(@"^[ \t]*[{\[]", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex StartOfDocument();
}
