using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jdl;

/// <summary>One subjob.</summary>
/// <param name="Number">Its place, from 0.</param>
/// <param name="Counter">What `#alien_counter#` is there: N + Number of "production:N-M", otherwise 1 + Number.</param>
public sealed record JobPart(int Number, long Counter)
{
    /// <summary>What `_PARAM_` is there; null when there are no parameters.</summary>
    public string? Parameter { get; init; }
}

/// <summary>The inputs of one subjob.</summary>
/// <param name="Files">Never empty.</param>
/// <param name="StorageElements">Where all of them are, sorted; only for a split by storage elements, otherwise empty.</param>
public sealed record InputGroup(IReadOnlyList<DataFile> Files, IReadOnlyList<string> StorageElements);

/// <summary>Parts of a split job. Those of a production are computed from the description whenever they are needed: a million cost no storage.</summary>
public static class Splitter
{
    /// <summary>How many subjobs the description makes; 0 when it runs itself, null when its inputs decide.</summary>
    public static int? Count(JobDescription description) => description.Split switch
    {
        NoSplit => 0,
        ProductionSplit production => (int)(production.To - production.From + 1),
        ParametricSplit parametric => parametric.Count,
        NodeSplit nodes => nodes.Nodes.Count,
        InputSplit => null,
        _ => throw new InvalidOperationException($"{description.Split.GetType().Name} is no split Splitter knows"),
    };

    /// <summary>Part number <paramref name="number"/>, from 0. Throws GridError(NotFound) when there are not so many.</summary>
    public static JobPart Part(JobDescription description, int number)
    {
        // The description of a subjob that has one of its own is not split any further.
        var count = description.Split is NoSplit ? int.MaxValue : Count(description) ?? int.MaxValue;
        if (number < 0 || number >= count) throw GridError.NotFound($"the description has {count} parts: there is no part {number}");
        return description.Split switch
        {
            ProductionSplit production => new JobPart(number, production.From + number),
            ParametricSplit parametric => new JobPart(number, number + 1) { Parameter = parametric.ValueOf(number) },
            _ => new JobPart(number, number + 1),
        };
    }

    /// <summary>What every subjob of a split over inputs runs, near these storage elements when there are any; which files it gets is not said in it.</summary>
    public static JobDescription Describe(JobDescription master, IReadOnlyList<string> near)
    {
        var condition = near.Count == 0 ? null : string.Join(" || ", near.Select(element => $"member(other.CloseSE, {JdlText.Quote(element)})"));
        return JobDescription.Read(PartDocument.OfInputs(JdlParser.Parse(master.Jdl, []), condition));
    }

    /// <summary>Which files go into which subjob: in the files' order, deterministic, each file in exactly one.</summary>
    public static IReadOnlyList<InputGroup> Group(InputSplit split, IReadOnlyList<DataFile> files)
    {
        var ordered = split.IsSorted ? files.OrderBy(file => file.Source.Lfn, StringComparer.Ordinal) : files.AsEnumerable();
        var groups = ordered.GroupBy(file => KeyOf(split.Grouping, file), StringComparer.Ordinal)
            .Select(group => new InputGroup([.. group], split.Grouping == InputGrouping.StorageElement ? ElementsOf(group.First()) : []));
        if (split.Grouping == InputGrouping.StorageElement) groups = Merged(split, [.. groups]);
        return [.. groups.SelectMany(group => Chunks(split, group))];
    }

    private static string KeyOf(InputGrouping grouping, DataFile file) => grouping switch
    {
        InputGrouping.File => file.Source.Lfn,
        InputGrouping.Directory => Lfn.Parse(file.Source.Lfn).Parent.Path,
        InputGrouping.ParentDirectory => Lfn.Parse(file.Source.Lfn).Parent.Parent.Path,
        InputGrouping.StorageElement => string.Join('\n', ElementsOf(file)),
        InputGrouping.Facility => "",
        _ => throw new InvalidOperationException($"{grouping} is no grouping Splitter knows"),
    };

    private static string[] ElementsOf(DataFile file) =>
        [.. file.Source.Replicas.Select(replica => replica.Se).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Small groups go to the group that shares most storage elements with them, or else to the largest.</summary>
    private static List<InputGroup> Merged(InputSplit split, List<InputGroup> groups)
    {
        while (groups.Count > 1 && groups.Where(group => IsSmall(split, group)).MinBy(group => group.Files.Count) is { } small)
        {
            groups.Remove(small);
            var home = groups.OrderByDescending(group => Shared(group, small).Length).ThenByDescending(group => group.Files.Count).First();
            var shared = Shared(home, small);
            IReadOnlyList<string> all = shared.Length > 0 ? shared : [.. home.StorageElements.Union(small.StorageElements)
                .Order(StringComparer.OrdinalIgnoreCase)];
            groups[groups.IndexOf(home)] = new InputGroup([.. home.Files, .. small.Files], all);
        }
        return groups;
    }

    private static string[] Shared(InputGroup one, InputGroup other) => [.. one.StorageElements.Intersect(other.StorageElements)];

    private static bool IsSmall(InputSplit split, InputGroup group) =>
        group.Files.Count < split.FewestFiles || group.Files.Sum(file => file.Source.Content.Size) < split.FewestBytes;

    private static IEnumerable<InputGroup> Chunks(InputSplit split, InputGroup group)
    {
        var (chunk, bytes) = (new List<DataFile>(), 0L);
        foreach (var file in group.Files)
        {
            // A file that is too large by itself still needs a subjob.
            if (chunk.Count > 0 && (chunk.Count == split.MostFiles || bytes + file.Source.Content.Size > split.MostBytes))
            {
                yield return group with { Files = chunk };
                (chunk, bytes) = ([], 0);
            }
            chunk.Add(file);
            bytes += file.Source.Content.Size;
        }
        yield return group with { Files = chunk };
    }
}
