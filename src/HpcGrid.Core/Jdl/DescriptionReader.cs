using System.Globalization;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// From keys to a description. Goes through all keys before it complains, and leaves none without a word: unknown ones are
/// listed, those without effect get a remark.
/// </summary>
internal sealed class DescriptionReader
{
    /// <summary>What is saved when the description names no output at all (AliEn's default archive).</summary>
    private static readonly OutputRule DefaultOutput = new("log_archive.zip", ["stdout", "stderr"], []);

    /// <summary>For how many unknown keys a known one is guessed; guessing for thousands would take seconds.</summary>
    private const int MostGuesses = 20;

    private readonly KeyReader _keys;
    private readonly Faults _faults;

    private DescriptionReader(KeyReader keys)
    {
        _keys = keys;
        _faults = keys.Faults;
    }

    public static JobDescription Read(JdlDocument document)
    {
        var faults = new Faults();
        var description = Read(document, faults, isNode: false);
        faults.ThrowIfAny();
        return description;
    }

    private static JobDescription Read(JdlDocument document, Faults faults, bool isNode)
    {
        var whole = new KeyReader(document, faults);
        var remarks = new List<string>();
        var userDefined = NodeReader.IsUserDefined(document);
        var split = isNode || userDefined ? new NoSplit() : new SplitReader(whole).Read(remarks);
        if (isNode || faults.Any || !NodeReader.Applies(document, split)) return new DescriptionReader(whole).Read(document, split, remarks, isNode);
        var nodes = new NodeReader(whole, node => Read(node, faults, isNode: true)).Read(split);
        // What the nodes share is read with the first value where it holds parameters: the placeholder itself may be no legal value.
        var shared = split is ParametricSplit parametric ? new KeyReader(PartDocument.With(document, parametric.ValueOf(0)), faults) : whole;
        remarks.AddRange(nodes.Nodes.SelectMany(node => node.Job.Remarks).Distinct().Take(Limits.MostRemarks));
        return new DescriptionReader(shared).Read(document, nodes, remarks, isNode: false);
    }

    private JobDescription Read(JdlDocument document, Split split, List<string> remarks, bool isNode)
    {
        CheckKeys(remarks, out var unknown);
        var inputs = new InputReader(_keys);
        var needs = new ResourceReader(_keys);
        var resources = needs.Read();
        var description = new JobDescription
        {
            Executable = Program("Executable"),
            Command = Command(),
            Arguments = Words("Arguments"),
            SplitArguments = Words("SplitArguments"),
            InputFiles = inputs.Files(),
            InputData = inputs.Data(),
            InputCollections = inputs.Names("InputDataCollection"),
            InputList = inputs.List(),
            Outputs = Outputs(),
            ErrorOutputs = new OutputParser(_faults).Read(_keys.Items("OutputErrorE")),
            ValidationCommand = Program("ValidationCommand"),
            OutputDirectory = OutputDirectory(),
            Resources = resources,
            Launch = needs.Launch(resources),
            JdlPath = Program("JDLPath"),
            UsesWholeSlot = _keys.Document.Find("ProxyTTL") is { } proxy && proxy.Value.ToString() is not ("false" or "0"),
            Limits = LimitReader.Read(_keys),
            KeepOutput = LimitReader.ReadKeepOutput(_keys),
            Packages = [.. _keys.Items("Packages").Select(item => item.Text)],
            Requirements = _keys.Expression("Requirements"),
            Rank = _keys.Expression("Rank"),
            Priority = (int)_keys.Whole("Priority", -Limits.GreatestPriority, Limits.GreatestPriority, 0),
            Price = _keys.Real("Price", 0, Limits.GreatestPrice, 1),
            Split = split,
            ParameterValue = (_keys.Document.Find("ParameterValue")?.Value as JdlString)?.Text,
            Repeatable = _keys.Flag("Repeatable", true),
            Retries = new RetryReader(_keys).Read(),
            Merge = new MergeReader(_keys).Read(split),
            MaxWaitingSeconds = _keys.Document.Find("MaxWaitingTime") is null ? null : (int)_keys.Whole("MaxWaitingTime", 1, Limits.LongestWait, 1),
            Email = Addresses(),
            JobTag = [.. _keys.Items("JobTag").Select(item => item.Text)],
            Variables = Variables(resources),
            UnknownKeys = unknown,
            Remarks = remarks,
            Jdl = document.ToString(),
        };
        new DescriptionRules(_keys).Check(description, isNode);
        if (ImpossibleRules.WhyNever(description.Requirements) is { } never) remarks.Add($"no site can ever match: {never}");
        return description with { Remarks = [.. remarks.Distinct().Take(Limits.MostRemarks), .. remarks.Count > Limits.MostRemarks ? ["and more"]
            : (string[])[]] };
    }

    private void CheckKeys(List<string> remarks, out List<string> unknown)
    {
        unknown = [];
        var exported = (_keys.Document.Find("JDLVariables")?.Value is JdlSet set ? set.Items : []).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in _keys.Document.Entries)
        {
            var known = JdlKeys.Find(entry.Key);
            var place = entry.Place is { } at ? $"{at}: " : "";
            if (known is null)
            {
                unknown.Add(entry.Key);
                // A key of the user's own, made for the program.
                if (exported.Contains(entry.Key)) continue;
                var meant = unknown.Count <= MostGuesses ? JdlKeys.Nearest(entry.Key) : null;
                remarks.Add($"{place}the key '{entry.Key}' is not known and has no effect{(meant is null ? "" : $"; did you mean '{meant}'?")}");
            }
            else if (known.Use == KeyUse.Kept) remarks.Add($"{place}{known.Name} is kept and has no effect: {known.Note}");
        }
        foreach (var entry in _keys.Document.Replaced)
            remarks.Add($"{(entry.Place is { } at ? $"{at}: " : "")}{JdlKeys.Spelling(entry.Key)} is given again below, and the last one counts");
    }

    private string? Program(string key)
    {
        if (_keys.Text(key) is not { } text) return null;
        var entry = _keys.Document.Find(key)!;
        if (text.AsSpan().ContainsAny('*', '?')) return _keys.Wrong(entry, $"{Faults.Shown(text)} is a pattern", "Name one file.");
        return CatalogueFile(text, entry.ValuePlace);
    }

    /// <summary>A node's program must be found without a catalogue: by its path, by PATH, or as an input file.</summary>
    private IReadOnlyList<string> Command()
    {
        if (_keys.Texts("Command") is not { } words) return [];
        var entry = _keys.Document.Find("Command")!;
        const string example = "Write Command = {\"/bin/echo\", \"a b\"}; every word an item of its own.";
        if (entry.Value is not JdlSet) _keys.Wrong(entry, "wants a list of words", example);
        else if (words.Count == 0 || words[0].Length == 0) _keys.Wrong(entry, "names no program", example);
        else if (words[0][0] == '-' || (words[0][0] != '/' && words[0].AsSpan().ContainsAny('/', '=')))
            _keys.Wrong(entry, $"begins with {Faults.Shown(words[0])}, which is neither an absolute path nor a bare name",
                "Write the absolute path on the node, or the name of an InputFile.");
        return words;
    }

    private IReadOnlyList<string> Words(string key) =>
        _keys.Document.Find(key)?.Value is JdlSet set ? set.Items : _keys.Texts(key) is { } texts ? PartDocument.Words(new JdlString(texts[0])) : [];

    /// <summary>The path without "LF:", checked as far as it can be without the catalogue; null after a fault.</summary>
    private string? CatalogueFile(string text, TextPlace? place)
    {
        var path = CataloguePath.WithoutPrefix(text);
        return CataloguePath.FaultOfFile(path) is { } fault
            ? Fail(place, $"{Faults.Shown(text)} {fault}",
                "Name a file of the catalogue, LF:/hpcgrid/user/j/jdoe/file; '*' and '?' may stand in the last component.")
            : path;
    }

    private List<OutputRule> Outputs()
    {
        string[] named = ["OutputFile", "OutputArchive", "Output"];
        return named.Any(key => _keys.Document.Find(key) is not null)
            ? new OutputParser(_faults).Read(named.SelectMany(_keys.Items))
            : [DefaultOutput];
    }

    /// <summary>They stand in the head of a mail, so nothing gets in that could be read as another line or address there.</summary>
    private List<string> Addresses()
    {
        var addresses = _keys.Items("Email");
        if (addresses.Count > Limits.MostAddresses)
            Fail(addresses[Limits.MostAddresses].Place, $"Email names {addresses.Count} addresses", $"At most {Limits.MostAddresses} are told.");
        foreach (var (text, place) in addresses)
            if (text.Length > Limits.LongestAddress || text.Split('@') is not [{ Length: > 0 } name, { Length: > 0 } host]
                || !(name + host).All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+') || name[0] == '-')
                Fail(place, $"Email names {Faults.Shown(text)}, which is no mail address", "Write Email = \"name@host\";");
        return [.. addresses.Select(address => address.Text)];
    }

    private string? OutputDirectory()
    {
        if (_keys.Text("OutputDir") is not { } text) return null;
        var path = CataloguePath.WithoutPrefix(text);
        return CataloguePath.FaultOfDirectory(path) is { } fault
            ? _keys.Wrong(_keys.Document.Find("OutputDir")!, $"= {Faults.Shown(text)} {fault}",
                "Name a directory of the catalogue: /hpcgrid/user/j/jdoe/out, or out below your home.")
            : path;
    }

    /// <summary>Values of the keys that JDLVariables names; CPUCores is always there (jalien.md 3.2).</summary>
    private Dictionary<string, string> Variables(Resources resources)
    {
        var values = new Dictionary<string, string> { ["CPUCORES"] = resources.Cores.ToString(CultureInfo.InvariantCulture) };
        foreach (var (name, place) in _keys.Items("JDLVariables"))
        {
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || name.Length is 0 or > Limits.LongestKey)
                Fail(place, $"JDLVariables names {Faults.Shown(name)}, which cannot be a key",
                    "Name keys of this description: letters, digits and '_'.");
            else if (ValueOf(name, resources) is { } value) values[name.ToUpperInvariant()] = value;
        }
        return values;
    }

    private string? ValueOf(string key, Resources resources) => _keys.Document.Find(key)?.Value switch
    {
        JdlString text => text.Text,
        JdlSet set => string.Join("##", set.Items),
        { } other => other.ToString(),
        null when key.Equals("TTL", StringComparison.OrdinalIgnoreCase) => resources.TtlSeconds.ToString(CultureInfo.InvariantCulture),
        null => null,
    };

    private string? Fail(TextPlace? place, string message, string hint)
    {
        _faults.Add(place, message, hint);
        return null;
    }
}
