namespace HpcGrid.Core.Jdl;

/// <summary>Reads what a job takes from the catalogue, checked as far as it can be without it.</summary>
internal sealed class InputReader(KeyReader keys)
{
    private const string ListExample = "Write InputDataList = \"wn.xml\"; a name in the sandbox, without '/'.";

    /// <summary>InputFile and its old name.</summary>
    public List<string> Files() =>
        [.. keys.Items("InputFile").Concat(keys.Items("InputBox")).Select(item => Path(item.Text, item.Place)).OfType<string>()
            .Distinct(StringComparer.Ordinal)];

    /// <summary>InputData; what InputDownload names is fetched whatever stands behind its path.</summary>
    public List<DataName> Data()
    {
        var forced = keys.Items("InputDownload").Select(item => CataloguePath.WithoutPrefix(item.Text)).ToHashSet(StringComparer.Ordinal);
        return [.. Names("InputData").Select(name => forced.Contains(name.Path) ? name with { IsFetched = true } : name)];
    }

    /// <summary>Items of a key whose paths may be followed by ",nodownload".</summary>
    public List<DataName> Names(string key)
    {
        var names = new List<DataName>();
        foreach (var (text, place) in keys.Items(key))
        {
            var comma = text.LastIndexOf(',');
            var isNamed = comma >= 0 && text.AsSpan(comma + 1).Trim().Equals("nodownload", StringComparison.OrdinalIgnoreCase);
            if (Path(isNamed ? text[..comma] : text, place) is { } path) names.Add(new DataName(path, !isNamed));
        }
        return [.. names.DistinctBy(name => name.Path, StringComparer.Ordinal)];
    }

    /// <summary>InputDataList and its format; null when none is wanted or after a fault.</summary>
    public InputList? List()
    {
        var format = Format();
        if (keys.Text("InputDataList") is not { } name) return null;
        var entry = keys.Document.Find("InputDataList")!;
        if (OutputName.FaultOf(name) is { } fault || (fault = name.Contains('/', StringComparison.Ordinal) ? "holds a '/'" : null) is not null)
        {
            keys.Wrong(entry, $"= {Faults.Shown(name)} {fault}", ListExample);
            return null;
        }
        return new InputList(name, format);
    }

    private InputListFormat Format()
    {
        if (keys.Text("InputDataListFormat") is not { } text) return InputListFormat.XmlSingle;
        switch (text.Trim().ToUpperInvariant())
        {
            case "XML-SINGLE": return InputListFormat.XmlSingle;
            case "XML-GROUP": return InputListFormat.XmlGroup;
            case "TXT-LIST": return InputListFormat.TextList;
            default:
                keys.Wrong(keys.Document.Find("InputDataListFormat")!, $"= {Faults.Shown(text)} is not known",
                    "The formats are xml-single, xml-group and txt-list.");
                return InputListFormat.XmlSingle;
        }
    }

    private string? Path(string text, TextPlace? place)
    {
        var path = CataloguePath.WithoutPrefix(text);
        if (CataloguePath.FaultOfFile(path) is not { } fault) return path;
        keys.Faults.Add(place, $"{Faults.Shown(text)} {fault}",
            "Name a file of the catalogue, LF:/hpcgrid/user/j/jdoe/file; '*' and '?' may stand in the last component.");
        return null;
    }
}
