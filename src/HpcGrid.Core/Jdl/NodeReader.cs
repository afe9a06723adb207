using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// Reads subjobs that have descriptions of their own: Nodes of a collection or a DAG, SplitDefinitions, and parameters that stand where each
/// value makes another description. Faults of a node are told at its place in the text.
/// </summary>
/// <param name="keys">The whole.</param>
/// <param name="readNode">Reads one node, adding to the same faults.</param>
internal sealed class NodeReader(KeyReader keys, Func<JdlDocument, JobDescription> readNode)
{
    private const string WriteNodes = "Write Nodes = {[NodeName = \"a\"; Executable = \"…\";], [ … ]};";

    /// <summary>Keys whose texts are made when a subjob runs; `_PARAM_` anywhere else makes a description for each value.</summary>
    private static readonly HashSet<string> Late = new(StringComparer.OrdinalIgnoreCase)
        { "Arguments", "SplitArguments", "OutputDir", "OutputFile", "OutputArchive", "Output", "OutputErrorE", "JobTag", "Parameters", "Email" };

    private readonly List<JobNode> _nodes = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>True when the subjobs have descriptions of their own.</summary>
    public static bool Applies(JdlDocument document, Split split) =>
        document.Find("Nodes") is not null || IsUserDefined(document) || (split is ParametricSplit && HasEarly(document));

    /// <summary>True when Split says so; SplitReader does not know these words.</summary>
    public static bool IsUserDefined(JdlDocument document) =>
        document.Find("Split")?.Value is JdlString { Text: var text } && text.Trim().ToUpperInvariant() is "USERDEFINED" or "CUSTOM";

    /// <summary>The nodes; empty after a fault.</summary>
    public NodeSplit Read(Split split)
    {
        if (keys.Document.Find("Nodes") is { } nodes) ReadNodes(nodes);
        else if (split is ParametricSplit parametric) ReadParameters(parametric);
        else ReadDefinitions();
        if (keys.Faults.Any) return new NodeSplit([]);
        var after = new DependencyReader(keys, [.. _nodes.Select(node => node.Name)]).Read();
        return new NodeSplit([.. _nodes.Select((node, index) => node with { After = after[index] })]);
    }

    private static bool HasEarly(JdlDocument document) => document.Entries.Any(entry =>
        JdlKeys.Find(entry.Key)?.Use == KeyUse.Obeyed && !Late.Contains(entry.Key) && PartDocument.HasPlaceholder(
            entry.Value is JdlSet { Items: [var program, ..] } && entry.Key.Equals("Command", StringComparison.OrdinalIgnoreCase) ? new JdlString(program)
                : entry.Value));

    private void ReadNodes(JdlEntry entry)
    {
        var records = entry.Value switch
        {
            JdlList list => [.. list.Items.Select((item, index) => (Name: null as string, Place: entry.PlaceOfItem(index), Value: item))],
            JdlRecord { Entries: var named } => named.Select(node => (Name: (string?)node.Key, node.Place, node.Value)).ToList(),
            _ => [],
        };
        if (records.Count == 0) keys.Wrong(entry, "wants records", WriteNodes);
        foreach (var (name, place, value) in records)
        {
            if (keys.Faults.IsFull) return;
            if (value is JdlRecord record) Add(name, place, record.Entries);
            else keys.Faults.Add(place ?? entry.ValuePlace, $"{Faults.Shown(value.ToString())} is no node", WriteNodes);
        }
    }

    private void ReadDefinitions()
    {
        if (keys.Document.Find("SplitDefinitions") is not { } entry)
        {
            keys.Wrong(keys.Document.Find("Split")!, "wants SplitDefinitions",
                "Write SplitDefinitions = {[Arguments = \"a\";], [Arguments = \"b\"; TTL = 60;]};");
            return;
        }
        var items = entry.Value switch
        {
            JdlList list => list.Items,
            JdlSet set => [.. set.Items.Select(item => new JdlString(item))],
            var one => (IReadOnlyList<JdlValue>)[one],
        };
        for (var i = 0; i < items.Count && !keys.Faults.IsFull; i++)
        {
            var place = entry.PlaceOfItem(i);
            if (items[i] is JdlRecord record) Add(null, place, record.Entries);
            else if (items[i] is JdlString { Text: var text } && Parse(text, place) is { } entries) Add(null, place, entries);
            else if (items[i] is not JdlString)
                keys.Faults.Add(place, $"{Faults.Shown(items[i].ToString())} is no part of a description", "Write [Key = value; …] for each subjob.");
        }
        if (items.Count == 0) keys.Wrong(entry, "is an empty list", "Write [Key = value; …] for each subjob.");
    }

    private IReadOnlyList<JdlEntry>? Parse(string text, TextPlace? place)
    {
        // Places inside the text would be wrong: it is a text in a text.
        try { return [.. JdlParser.Parse(text, []).Entries.Select(entry => entry with { Place = place, ValuePlace = place, ItemPlaces = [], RawMap = null })]; }
        catch (GridError e)
        {
            keys.Faults.Add(place, $"the definition {Faults.Shown(text)} cannot be read: {e.Message.Split('\n')[0]}", e.Hint
                ?? "Write [Key = value; …] without quotes.");
            return null;
        }
    }

    private void ReadParameters(ParametricSplit split)
    {
        if (split.Count > Limits.MostNodes)
        {
            keys.Wrong(keys.Document.Find("Parameters")!,
                $"makes {split.Count} descriptions, because {ParametricSplit.Placeholder} stands in keys that choose inputs or sites",
                $"At most {Limits.MostNodes} are possible; in Arguments, outputs and OutputDir it may stand for {Limits.MostSubjobs} values.");
            return;
        }
        for (var i = 0; i < split.Count && !keys.Faults.IsFull; i++)
            _nodes.Add(new JobNode($"Node_{split.ValueOf(i)}#{i + 1}", readNode(PartDocument.With(keys.Document, split.ValueOf(i))), []));
    }

    private void Add(string? name, TextPlace? place, IReadOnlyList<JdlEntry> own)
    {
        if (_nodes.Count >= Limits.MostNodes)
        {
            keys.Faults.Add(place, $"there are more than {Limits.MostNodes} nodes",
                "Use Split = \"production:1-N\" or Parameters for equal jobs; submit the rest as another job.");
            return;
        }
        var document = new JdlDocument(own);
        if (document.Find("Description")?.Value is JdlRecord inner) document = new JdlDocument([.. document.Entries.Where(entry => entry.Value != inner),
            .. inner.Entries]);
        name ??= (document.Find("NodeName")?.Value as JdlString)?.Text ?? (_nodes.Count + 1).ToString(CultureInfo.InvariantCulture);
        if (document.Entries.FirstOrDefault(entry => PartDocument.IsOfMasters(entry.Key)) is { } wrong)
            keys.Faults.Add(wrong.Place ?? place, $"the node {Faults.Shown(name)} has {JdlKeys.Spelling(wrong.Key)}: a node is one job",
                "Make the parts nodes of their own.");
        else if (document.Find("file") is { } file)
            keys.Faults.Add(file.Place ?? place, $"the node {Faults.Shown(name)} is described in another file", "Write its keys between the brackets.");
        else if (!_names.Add(name)) keys.Faults.Add(place, $"two nodes are called {Faults.Shown(name)}",
            "Give every node a name of its own.");
        else _nodes.Add(new JobNode(name, readNode(PartDocument.Node(keys.Document, Placed(document.Entries, place))), []));
    }

    private static IReadOnlyList<JdlEntry> Placed(IReadOnlyList<JdlEntry> entries, TextPlace? place) =>
        [.. entries.Select(entry => entry.Place is null ? entry with { Place = place, ValuePlace = place } : entry)];
}
