using System.Text;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads the output notation of jalien.md 3.4: "archive:pattern,pattern@option,option" or "pattern,pattern@option".
/// What stands behind the last '@' are options; a name that holds an '@' is written with an empty option list ("a@b@").
/// Refuses names that leave the sandbox or the output directory, and any name given twice.
/// </summary>
internal sealed class OutputParser(Faults faults)
{
    private const string Notation = "Outputs are written \"archive.zip:pattern,pattern@disk=1\" or \"pattern,pattern\".";
    private readonly Dictionary<string, TextPlace?> _names = new(StringComparer.Ordinal);

    public List<OutputRule> Read(IEnumerable<(string Text, TextPlace? Place)> items)
    {
        _names.Clear();
        return [.. items.Select(item => ReadOne(item.Text, item.Place)).OfType<OutputRule>()];
    }

    private OutputRule? ReadOne(string text, TextPlace? place)
    {
        var at = text.LastIndexOf('@');
        var options = at < 0 ? [] : Words(text[(at + 1)..]);
        var files = at < 0 ? text : text[..at];
        var colon = files.IndexOf(':', StringComparison.Ordinal);
        var archive = colon < 0 ? null : files[..colon].Trim();
        var patterns = Words(files[(colon + 1)..]);
        if (patterns.Count == 0) return Fail(place, $"the output {Faults.Shown(text)} names no file", Notation);
        if (archive is not null && (archive.Contains('*', StringComparison.Ordinal) || archive.Contains('?', StringComparison.Ordinal)))
            return Fail(place, $"the archive's name {Faults.Shown(archive)} is a pattern", "Give the archive one name; patterns stand behind the ':'.");
        var names = archive is null ? patterns : [archive, .. patterns];
        if (names.Any(name => !IsUsable(name, place)) || options.Any(option => !IsOption(option, place))) return null;
        var single = options.Contains("no_archive", StringComparer.OrdinalIgnoreCase);
        return new OutputRule(single ? null : archive, patterns, [.. options.Where(option => !option.Equals("no_archive", StringComparison.OrdinalIgnoreCase))]);
    }

    private bool IsUsable(string name, TextPlace? place)
    {
        var fault = name.Length == 0 ? "is empty"
            : name[0] == '/' ? "is an absolute path"
            : name.Split('/').Any(part => part == "..") ? "leads out of the sandbox"
            : name.Split('/').Any(part => part is "" or ".") ? "has an empty component or '.' in it"
            : name.Split('/').Any(part => Encoding.UTF8.GetByteCount(part) > 255) ? "has a component longer than 255 bytes"
            : null;
        if (fault is not null) return Fail(place, $"the output name {Faults.Shown(name)} {fault}", "Name outputs relative to the sandbox, the job's working directory.") is not null;
        if (_names.TryAdd(name, place)) return true;
        var first = _names[name] is { } earlier ? $" (first at {earlier})" : "";
        return Fail(place, $"the output {Faults.Shown(name)} is named twice{first}", "Name every output once, either in an archive or by itself.") is not null;
    }

    private bool IsOption(string option, TextPlace? place)
    {
        var upper = option.ToUpperInvariant();
        if (upper is "NO_ARCHIVE" or "NO_LINKS_REGISTRATION") return true;
        var se = option.TrimStart('!').Split("::");
        if (se.Length == 3 && se.All(part => part.Length > 0)) return true;
        var equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && upper[..equals].All(char.IsAsciiLetter) && upper[..equals] != "SELECT" && int.TryParse(option.AsSpan(equals + 1), out var count) && count is > 0 and < 100)
            return true;
        return Fail(place, $"the output option {Faults.Shown(option)} is not known", "Options are disk=1 (a kind of storage and how many copies), VO::SITE::SE, !VO::SITE::SE, no_archive and no_links_registration.") is not null;
    }

    private static List<string> Words(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private OutputRule? Fail(TextPlace? place, string message, string hint)
    {
        faults.Add(place, message, hint);
        return null;
    }
}
