using System.Globalization;

namespace HpcGrid.Core.Jdl;

/// <summary>Reads Split and what limits it. Answers NoSplit after adding a fault.</summary>
internal sealed class SplitReader(KeyReader keys)
{
    /// <summary>Keys that mean something only with a Split over InputData.</summary>
    private static readonly string[] ForInputs = ["SplitMaxInputFileNumber", "SplitMaxInputFileSize", "SplitMinInputFileNumber", "SplitMinInputFileSize",
        "OrderLFN", "ForceOnlySEInput", "MaxInputMissingThreshold"];

    public Split Read(List<string> remarks)
    {
        var split = keys.Document.Find("Parameters") is null ? ReadKind() : ReadParameters();
        if (split is not InputSplit)
            foreach (var entry in ForInputs.Select(keys.Document.Find).OfType<JdlEntry>())
                remarks.Add($"{(entry.Place is { } at ? $"{at}: " : "")}{JdlKeys.Spelling(entry.Key)} has no effect: "
                    + "it limits Split = \"file\", \"directory\", \"parentdirectory\" and \"se\"");
        return split;
    }

    private Split ReadKind()
    {
        if (keys.Text("Split") is not { } text) return new NoSplit();
        var entry = keys.Document.Find("Split")!;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var kind = (colon < 0 ? text : text[..colon]).Trim().ToUpperInvariant();
        return kind switch
        {
            "PRODUCTION" => ReadProduction(entry, text, colon),
            "FILE" => ReadInputs(entry, InputGrouping.File),
            "DIRECTORY" => ReadInputs(entry, InputGrouping.Directory),
            "PARENTDIRECTORY" => ReadInputs(entry, InputGrouping.ParentDirectory),
            "SE" => ReadInputs(entry, InputGrouping.StorageElement),
            "AF" => ReadInputs(entry, InputGrouping.Facility),
            _ => Refuse(entry, $"= {Faults.Shown(text)} is no way of splitting HpcGrid knows",
                "The ways are production:N-M, file, directory, parentdirectory, se, af and userdefined."),
        };
    }

    private Split ReadProduction(JdlEntry entry, string text, int colon)
    {
        var bounds = colon < 0 ? [] : text[(colon + 1)..].Split('-', StringSplitOptions.TrimEntries);
        if (bounds.Length != 2 || Counter(bounds[0]) is not { } from || Counter(bounds[1]) is not { } to || from > to)
            return Refuse(entry, $"= {Faults.Shown(text)} does not say which counters",
                "Write Split = \"production:N-M\"; whole numbers, N not greater than M.");
        return to - from >= Limits.MostSubjobs
            ? Refuse(entry, $"makes {to - from + 1} subjobs", $"Make at most {Limits.MostSubjobs} at once; submit the rest as a second job.")
            : new ProductionSplit(from, to);
    }

    private Split ReadInputs(JdlEntry entry, InputGrouping grouping)
    {
        if (keys.Document.Find("InputData") is null && keys.Document.Find("InputDataCollection") is null)
            return Refuse(entry, "splits InputData, and there is none", "Name the files in InputData or InputDataCollection.");
        var most = (int)keys.Whole("SplitMaxInputFileNumber", 1, Limits.MostListItems, 0);
        var mostBytes = keys.Bytes("SplitMaxInputFileSize", 0);
        if (grouping is InputGrouping.StorageElement or InputGrouping.Facility && most == 0 && mostBytes == 0)
            return Refuse(entry, "needs to know how many files a subjob gets", "Write SplitMaxInputFileNumber = 10; or SplitMaxInputFileSize = \"2GB\";");
        return new InputSplit(grouping)
        {
            MostFiles = grouping == InputGrouping.File ? 1 : most == 0 ? int.MaxValue : most,
            MostBytes = mostBytes == 0 ? long.MaxValue : mostBytes,
            FewestFiles = (int)keys.Whole("SplitMinInputFileNumber", 0, Limits.MostListItems, most / InputSplit.SmallPart),
            FewestBytes = keys.Bytes("SplitMinInputFileSize", mostBytes / InputSplit.SmallPart),
            IsSorted = keys.Flag("OrderLFN", false),
            OnlyRequiredElements = keys.Flag("ForceOnlySEInput", grouping == InputGrouping.Facility),
            MissingPercent = (int)keys.Whole("MaxInputMissingThreshold", 0, 100, 0),
        };
    }

    private Split ReadParameters()
    {
        var entry = keys.Document.Find("Parameters")!;
        if (keys.Document.Find("Split") is { } split) return Refuse(split, "and Parameters exclude each other",
            "Keep one of them; #alien_counter# counts the parts of both.");
        if (entry.Value is JdlSet set)
            return set.Items.Count == 0 ? Refuse(entry, "is an empty list", "Write Parameters = {\"a\", \"b\"}; or Parameters = 10;")
                : new ParametricSplit(set.Items);
        const string hint = "Write Parameters = 10; ParameterStart = 0; ParameterStep = 1; for 0 to 9, or Parameters = {\"a\", \"b\"};";
        var end = keys.Whole("Parameters", -Limits.GreatestCounter, Limits.GreatestCounter, 1);
        var start = keys.Whole("ParameterStart", -Limits.GreatestCounter, Limits.GreatestCounter, 0);
        var step = keys.Whole("ParameterStep", -Limits.GreatestCounter, Limits.GreatestCounter, 1);
        if (step == 0 || start == end || (end > start) != (step > 0)) return Refuse(entry, $"= {end} is never reached from {start} in steps of {step}", hint);
        var count = ((end - start) / step) + ((end - start) % step == 0 ? 0 : 1);
        return count > Limits.MostSubjobs
            ? Refuse(entry, $"makes {count} subjobs", $"Make at most {Limits.MostSubjobs} at once; submit the rest as a second job.")
            : new ParametricSplit(start, step, (int)count);
    }

    private NoSplit Refuse(JdlEntry entry, string what, string hint)
    {
        keys.Wrong(entry, what, hint);
        return new NoSplit();
    }

    private static long? Counter(string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Limits.GreatestCounter ? number : null;
}
