using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads the output notation of jalien.md 3.4: "archive:pattern,pattern@option,option" or "pattern,pattern@option".
/// What stands behind the last '@' are options; a name that holds an '@' is written with an empty option list ("a@b@").
/// Refuses names that leave the sandbox or the output directory, and any name given twice.
/// </summary>
internal sealed class OutputParser(Faults faults)
{
    private const string NoArchive = "no_archive";
    private const string NoLinks = "no_links_registration";
    private readonly Dictionary<string, TextPlace?> _names = new(StringComparer.Ordinal);

    public List<OutputRule> Read(IEnumerable<(string Text, TextPlace? Place)> items) =>
        [.. items.Select(item => ReadOne(item.Text, item.Place)).OfType<OutputRule>()];

    private OutputRule? ReadOne(string text, TextPlace? place)
    {
        var at = text.LastIndexOf('@');
        var files = at < 0 ? text : text[..at];
        var options = at < 0 ? [] : Words(text[(at + 1)..]);
        var colon = files.IndexOf(':', StringComparison.Ordinal);
        var archive = colon < 0 ? null : files[..colon].Trim();
        var patterns = Words(files[(colon + 1)..]);
        var isGood = patterns.Count > 0
            ? archive is null || IsArchiveName(archive, place)
            : Refuse(place, $"the output {Faults.Shown(text)} names no file",
                "Outputs are written \"archive.zip:pattern,pattern@disk=1\" or \"pattern,pattern\".");
        foreach (var pattern in patterns) isGood &= IsName(pattern, place);
        foreach (var option in options) isGood &= IsOption(option, place);
        if (!isGood) return null;
        return new OutputRule(options.Contains(NoArchive) ? null : archive, patterns, [.. options.Where(option => option != NoArchive)]);
    }

    private bool IsArchiveName(string name, TextPlace? place) => AlienPattern.Masked(name).AsSpan().ContainsAny('*', '?')
        ? Refuse(place, $"the archive's name {Faults.Shown(name)} is a pattern", "Give the archive one name; patterns stand behind the ':'.")
        : IsName(name, place);

    private bool IsName(string name, TextPlace? place)
    {
        if (OutputName.FaultOf(AlienPattern.Masked(name)) is { } fault)
            return Refuse(place, $"the output name {Faults.Shown(name)} {fault}", "Name outputs relative to the sandbox, the job's working directory.");
        if (_names.TryAdd(name, place)) return true;
        var first = _names[name] is { } earlier ? $", first at {earlier}" : "";
        return Refuse(place, $"the output {Faults.Shown(name)} is named twice{first}", "Name every output once, either in an archive or by itself.");
    }

    /// <summary>True for an option that wishes where copies go; the others say how the output is made.</summary>
    public static bool IsAboutPlaces(string option) => option is not (NoArchive or NoLinks);

    private bool IsOption(string option, TextPlace? place)
    {
        if (!IsAboutPlaces(option)) return true;
        return StorageWish.IsOption(option) || Refuse(place, $"the output option {Faults.Shown(option)} is not known",
            StorageWish.Example + " Beside them no_archive and no_links_registration.");
    }

    private static List<string> Words(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private bool Refuse(TextPlace? place, string message, string hint)
    {
        faults.Add(place, message, hint);
        return false;
    }
}
