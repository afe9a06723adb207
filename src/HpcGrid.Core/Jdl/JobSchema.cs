using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// The JSON Schema of the JSON form, made from the table of keys below; docs/job.schema.json is what <see cref="Write"/> gives. It is for editors: what it
/// accepts may still be refused, with line and column, by whoever knows the catalogue.
/// </summary>
public static class JobSchema
{
    private const string Table = """
        Executable text A program in the catalogue: a path, or a bare name looked up in ~/bin, /<vo>/bin and /bin.
        Command texts Instead of Executable: a program of the node and its words; no shell sees them.
        Arguments words Words for the program; a text is split at blanks, a list holds one word per item.
        SplitArguments words Words added in every subjob.
        ValidationCommand text A program in the catalogue that checks the outputs; exit code 0 is good.
        JDLVariables texts Keys whose values the program finds in ALIEN_JDL_<NAME>.
        InputFile texts Files of the catalogue for the sandbox; every subjob gets them.
        InputBox texts The old name of InputFile.
        InputData texts Data of the catalogue; a Split divides them. ",nodownload" behind a path names it only.
        InputDataCollection texts Files that list InputData: XML collections, or a path a line.
        InputDataList text A file in the sandbox that lists the InputData.
        InputDataListFormat text Its format: xml-single, xml-group or txt-list.
        InputDownload texts InputData that are fetched in spite of ",nodownload".
        Output texts What to save: "archive.zip:pattern,pattern@option" or "pattern,pattern@option".
        OutputFile texts What to save.
        OutputArchive texts What to save.
        OutputErrorE texts What to save when the execution failed.
        KeepOutput text What of stdout and stderr is kept: tail, always, failed or never.
        OutputDir text Where outputs go in the catalogue.
        Packages texts Packages that a site must have.
        Requirements expression What must be true of a site.
        OrigRequirements expression What the user had written, where a system changed it.
        Rank expression Greater is better among the sites that match.
        TTL whole Wall-clock seconds.
        CPUCores real Cores; a fraction shares one with other jobs.
        GPUs real GPUs; a fraction shares one with other jobs.
        Counters texts Whatever else a site counts: "licence=1".
        WholeNode flag The job has the node to itself.
        NodeCount whole Nodes of one pilot, each the job's own; cores, memory, disk, GPUs and counters are then for each of them.
        TasksPerNode whole With NodeCount: processes that the site's launcher starts on each node.
        Launcher text With NodeCount: site starts the program on all nodes, none on the first one only.
        MemorySize size Memory: "8GB"; a bare number counts MB.
        WorkDirectorySize size Room in the sandbox: "10GB"; a bare number counts MB.
        MaxOutputSize size stdout and stderr together: "1GB"; a bare number counts MB.
        MaxProcesses whole Processes at the same time.
        MaxIdleTime whole Seconds with next to no CPU; 0 is no limit.
        Price real What you offer.
        Priority whole Greater runs first among your own jobs.
        Repeatable flag false: never started again unless the first process is known to be gone.
        Type text Job, collection, dag or parametric.
        JobType text The same, as gLite says it.
        Split text production:N-M, file, directory, parentdirectory, se, af or userdefined.
        SplitDefinitions records Keys of each subjob of Split = "userdefined".
        SplitMaxInputFileNumber whole Most input files of one subjob.
        SplitMaxInputFileSize size Most bytes of input of one subjob; a bare number counts bytes.
        SplitMinInputFileNumber whole Smaller groups of Split = "se" are merged.
        SplitMinInputFileSize size Smaller groups of Split = "se" are merged.
        OrderLFN flag Input files in the order of their paths.
        ForceOnlySEInput flag Only input files with a copy in a storage element that Requirements name.
        MaxInputMissingThreshold whole So many of a hundred input files may be missing.
        Parameters parameters Values for _PARAM_, or the number they end before.
        ParameterStart whole The first value of _PARAM_.
        ParameterStep whole From one value to the next.
        Nodes records The jobs of a collection or DAG; keys beside Nodes are for all of them.
        NodeName text In a node: its name.
        Dependencies lists Pairs of nodes or lists of nodes; what stands second comes after what stands first.
        Merge texts Jobs that merge the outputs: "file:jdl:output".
        MergeOutputDir text Where merged files go.
        MergeCollections texts Lists of the subjobs' outputs: "pattern,pattern:/collection".
        RetryCount whole New attempts after the program was started.
        ShallowRetryCount whole New attempts before the program was started; -1 is none.
        MaxResubmissionCount whole New attempts of both kinds.
        MasterResubmitThreshold portion New attempts of all subjobs together: a number, or "10%".
        MaxResubmitFraction portion The same.
        ResubmitType texts Which ends get a new attempt: system, all, or states.
        MaxFailed portion Failed subjobs after which the waiting ones are not started: a number, or "10%".
        MaxInitFailed whole Failures before the first success after which the waiting ones are not started.
        MaxFailFraction portion As MaxFailed.
        MaxWaitingTime whole Seconds of waiting after which the job ends.
        LegoResubmitZombies any Lost jobs get a new attempt in any case.
        ProxyTTL any The job may use its slot to the end, however long that is; TTL is the least it needs.
        JobTag texts Comments shown to people.
        Email texts Whom to mail when the job, or all of a master, has ended.
        User text Set by central.
        JDLPath text Where the description lies in the catalogue: programs are looked for beside it too.
        JDLArguments texts The arguments of the submission.
        MasterJobId any Set by central.
        ParameterValue text Set by central: what _PARAM_ was.
        """;

    private const string Bookkeeping = "Bookkeeping, passed through.";

    private static readonly Dictionary<string, (string Kind, string Meaning)> Keys = ReadTable();

    /// <summary>The keys that descriptions are read by, each with its kind: "text", "texts", "whole" … as the schema tells them apart.</summary>
    public static IReadOnlyDictionary<string, string> Kinds { get; } =
        Keys.Where(pair => JdlKeys.Find(pair.Key)?.Use == KeyUse.Obeyed).ToDictionary(pair => pair.Key, pair => pair.Value.Kind);

    /// <summary>The schema, indented, with a line end at its end.</summary>
    public static string Write()
    {
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(bytes, options)) WriteAll(writer);
        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private static Dictionary<string, (string, string)> ReadTable()
    {
        var keys = new Dictionary<string, (string, string)>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in Table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', 3);
            if (JdlKeys.Find(words[0])?.Name != words[0]) throw new InvalidOperationException($"the schema speaks of {words[0]}, which is no key");
            keys.Add(words[0], (words[1], words[2]));
        }
        foreach (var key in JdlKeys.Names) keys.TryAdd(key, ("any", Bookkeeping));
        return keys;
    }

    private static void WriteAll(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        writer.WriteString("title", "HpcGrid job description");
        writer.WriteString("description",
            "The JSON form of a job description: the keys of JDL (docs/jobs.md) with native lists and numbers. Keys are found in any case; unknown ones "
            + "are kept.");
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var name in JdlKeys.Names.Order(StringComparer.Ordinal))
        {
            var (kind, meaning) = Keys[name];
            writer.WriteStartObject(name);
            writer.WriteString("description", meaning);
            WriteKind(writer, kind);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter writer, string kind)
    {
        switch (kind)
        {
            case "text": writer.WriteString("type", "string"); break;
            case "whole": writer.WriteString("type", "integer"); break;
            case "real": writer.WriteString("type", "number"); break;
            case "flag": writer.WriteString("type", "boolean"); break;
            case "size" or "portion": WriteTypes(writer, "string", "integer"); break;
            case "expression": WriteTypes(writer, "string", "boolean", "number"); break;
            case "texts" or "words":
                WriteTypes(writer, "array", "string");
                WriteItems(writer, "string");
                break;
            case "parameters":
                WriteTypes(writer, "array", "integer");
                WriteItems(writer, "string", "number");
                break;
            case "records":
                WriteTypes(writer, "array", "object");
                WriteItems(writer, "object", "string");
                break;
            case "lists":
                writer.WriteString("type", "array");
                WriteItems(writer, "array");
                break;
            case "any": break;
            default: throw new InvalidOperationException($"'{kind}' is no kind of key");
        }
    }

    private static void WriteItems(Utf8JsonWriter writer, params string[] types)
    {
        writer.WriteStartObject("items");
        WriteTypes(writer, types);
        writer.WriteEndObject();
    }

    private static void WriteTypes(Utf8JsonWriter writer, params string[] types)
    {
        if (types.Length == 1)
        {
            writer.WriteString("type", types[0]);
            return;
        }
        writer.WriteStartArray("type");
        foreach (var type in types) writer.WriteStringValue(type);
        writer.WriteEndArray();
    }
}
