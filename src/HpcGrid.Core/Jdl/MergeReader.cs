namespace HpcGrid.Core.Jdl;

/// <summary>Reads Merge, MergeOutputDir and MergeCollections.</summary>
internal sealed class MergeReader(KeyReader keys)
{
    private const string FileExample = "Write Merge = {\"hist.root:~/merge.jdl:all.root\"}; the outputs, the description of the merging job, its result.";
    private const string CollectionExample = "Write MergeCollections = {\"*.root:~/all.xml\"}; patterns, and a file in the catalogue.";

    /// <summary>Null when nothing is merged.</summary>
    public MergePlan? Read(Split split)
    {
        string[] names = ["Merge", "MergeCollections", "MergeOutputDir"];
        if (names.Select(keys.Document.Find).OfType<JdlEntry>().FirstOrDefault() is not { } first) return null;
        if (split is NoSplit) keys.Wrong(first, "has no effect on a job that is not split", "Add Split, or remove it.");
        var files = keys.Items("Merge").Select(item => File(item.Text, item.Place)).OfType<MergedFile>().ToList();
        var collections = keys.Items("MergeCollections").Select(item => Collection(item.Text, item.Place)).OfType<MergedCollection>().ToList();
        if (files.GroupBy(file => file.Output, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            keys.Wrong(keys.Document.Find("Merge")!, $"makes {Faults.Shown(twice.Key)} twice", "Give each result a name of its own.");
        return new MergePlan(files, collections, Directory());
    }

    private MergedFile? File(string text, TextPlace? place)
    {
        var parts = text.Split(':', StringSplitOptions.TrimEntries);
        // "LF:/path" has a colon too.
        if (parts.Length == 4 && parts[1].Equals("LF", StringComparison.OrdinalIgnoreCase)) parts = [parts[0], parts[2], parts[3]];
        if (parts.Length != 3 || parts.Any(part => part.Length == 0) || parts[0].Contains('/', StringComparison.Ordinal)
            || parts[2].AsSpan().ContainsAny('/', '*', '?') || CataloguePath.FaultOfFile(parts[1]) is not null || parts[1].AsSpan().ContainsAny('*', '?'))
            return Fail<MergedFile>(place, $"Merge says {Faults.Shown(text)}, which is not \"file:jdl:output\"", FileExample);
        return new MergedFile(parts[0], parts[1], parts[2]);
    }

    private MergedCollection? Collection(string text, TextPlace? place)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var patterns = colon < 0 ? [] : text[..colon].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var path = CataloguePath.WithoutPrefix(colon < 0 ? "" : text[(colon + 1)..].Trim());
        return patterns.Length == 0 || CataloguePath.FaultOfFile(path) is not null || path.AsSpan().ContainsAny('*', '?')
            ? Fail<MergedCollection>(place, $"MergeCollections says {Faults.Shown(text)}, which is not \"pattern,pattern:/collection\"", CollectionExample)
            : new MergedCollection(patterns, path);
    }

    private string? Directory()
    {
        if (keys.Text("MergeOutputDir") is not { } text) return null;
        var path = CataloguePath.WithoutPrefix(text);
        return CataloguePath.FaultOfDirectory(path) is { } fault
            ? keys.Wrong(keys.Document.Find("MergeOutputDir")!, $"= {Faults.Shown(text)} {fault}", "Name a directory of the catalogue.")
            : path;
    }

    private T? Fail<T>(TextPlace? place, string message, string hint) where T : class
    {
        keys.Faults.Add(place, message, hint);
        return null;
    }
}
