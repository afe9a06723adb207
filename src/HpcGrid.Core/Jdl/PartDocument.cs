namespace HpcGrid.Core.Jdl;

/// <summary>Descriptions made of descriptions: a node over what all nodes share, a subjob out of its master. Pure.</summary>
internal static class PartDocument
{
    /// <summary>Keys that say how a description becomes many; none of its subjobs has them.</summary>
    private static readonly HashSet<string> OfMasters = new(StringComparer.OrdinalIgnoreCase)
    {
        "Type", "JobType", "Nodes", "Dependencies", "NodeName", "Split", "SplitArguments", "SplitDefinitions", "Parameters", "ParameterStart", "ParameterStep",
        "SplitMaxInputFileNumber", "SplitMaxInputFileSize", "SplitMinInputFileNumber", "SplitMinInputFileSize", "OrderLFN", "ForceOnlySEInput",
        "MaxInputMissingThreshold", "Merge", "MergeOutputDir", "MergeCollections",
    };

    private static readonly HashSet<string> OfInputKeys = new(StringComparer.OrdinalIgnoreCase) { "InputData", "InputDataCollection", "InputDownload" };

    /// <summary>
    /// A node's own keys over those of the description it stands in; a program of its own replaces either kind of program. SplitArguments of the
    /// whole are added to the node's arguments.
    /// </summary>
    public static JdlDocument Node(JdlDocument shared, IReadOnlyList<JdlEntry> own)
    {
        var document = new JdlDocument(own.Where(entry => !Is(entry, "NodeName")));
        var hasProgram = document.Find("Executable") is not null || document.Find("Command") is not null;
        var inherited = shared.Entries.Where(entry =>
            !OfMasters.Contains(entry.Key) && document.Find(entry.Key) is null && !(hasProgram && (Is(entry, "Executable") || Is(entry, "Command"))));
        return WithSplitArguments(new JdlDocument(inherited.Concat(document.Entries)), shared);
    }

    /// <summary>What each subjob of a split over inputs runs: its inputs come by themselves, and Requirements get one more condition.</summary>
    public static JdlDocument OfInputs(JdlDocument master, string? condition)
    {
        var part = WithSplitArguments(
            new JdlDocument(master.Entries.Where(entry => !OfMasters.Contains(entry.Key) && !OfInputKeys.Contains(entry.Key))), master);
        if (condition is null) return part;
        var said = master.Find("Requirements")?.Value.ToString();
        return Set(part, "Requirements", new JdlRaw(said is null ? condition : $"({said}) && ({condition})"));
    }

    /// <summary>One part of a parametric description, with its value put in everywhere.</summary>
    public static JdlDocument With(JdlDocument master, string parameter)
    {
        var part = WithSplitArguments(new JdlDocument(master.Entries.Where(entry => !OfMasters.Contains(entry.Key))), master);
        return Set(new JdlDocument(part.Entries.Select(entry => PutIn(entry, parameter))), "ParameterValue", new JdlString(parameter));
    }

    /// <summary>True for keys that a subjob cannot have.</summary>
    public static bool IsOfMasters(string key) => OfMasters.Contains(key) && !key.Equals("NodeName", StringComparison.OrdinalIgnoreCase);

    /// <summary>True when a value holds `_PARAM_` somewhere.</summary>
    public static bool HasPlaceholder(JdlValue value) => value.ToString().Contains(ParametricSplit.Placeholder, StringComparison.Ordinal);

    private static JdlDocument WithSplitArguments(JdlDocument part, JdlDocument master) => master.Find("SplitArguments") is not { } split ? part
        : Set(part, "Arguments", new JdlSet([.. Words(part.Find("Arguments")?.Value), .. Words(split.Value)]));

    private static JdlDocument Set(JdlDocument document, string key, JdlValue value)
    {
        var there = document.Find(key);
        var entry = (there ?? new JdlEntry(key, value)) with { Value = value, ItemPlaces = [], RawMap = null };
        return new JdlDocument(there is null ? document.Entries.Append(entry) : document.Entries.Select(one => ReferenceEquals(one, there) ? entry : one));
    }

    private static bool Is(JdlEntry entry, string key) => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase);

    /// <summary>AliEn: a text is split at blanks. HpcGrid: a list holds one word per item, blanks and all.</summary>
    public static IReadOnlyList<string> Words(JdlValue? value) => value switch
    {
        null => [],
        JdlSet set => set.Items,
        JdlString text => text.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        _ => [value.ToString()],
    };

    private static JdlEntry PutIn(JdlEntry entry, string parameter) => entry with
    {
        Value = entry.Value switch
        {
            JdlString text => new JdlString(PutIn(text.Text, parameter)),
            JdlSet set => new JdlSet([.. set.Items.Select(item => PutIn(item, parameter))]),
            // In an expression the value may stand in quotes or by itself; there only a word is safe.
            JdlRaw raw when raw.Text.Contains(ParametricSplit.Placeholder, StringComparison.Ordinal) => new JdlRaw(PutIn(raw.Text,
                JdlText.Quote(parameter)[1..^1])),
            var other => other,
        },
    };

    private static string PutIn(string text, string parameter) => text.Replace(ParametricSplit.Placeholder, parameter, StringComparison.Ordinal);
}
