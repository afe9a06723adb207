using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>
/// A job description understood: every key of jalien.md 3.2 either obeyed, or kept and told of in <see cref="Remarks"/>, or
/// refused. What stands here is what runs; the reference is docs/jobs.md.
/// </summary>
public sealed record JobDescription
{
    /// <summary>The program: a path in the catalogue, or a bare name to look up in ~/bin, /vo/bin and /bin. Null when Command is set.</summary>
    public string? Executable { get; init; }

    /// <summary>
    /// An argv run as it is on the node; empty when Executable is set. A first word without '/' is an input file's name, or else
    /// found by the node's PATH.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Arguments, one word each; `#alien_counter#` not yet put in.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Appended to the arguments of every subjob.</summary>
    public IReadOnlyList<string> SplitArguments { get; init; } = [];

    /// <summary>InputFile: paths in the catalogue, each once, without "LF:"; the last component may hold '*' and '?'. Every subjob gets them.</summary>
    public IReadOnlyList<string> InputFiles { get; init; } = [];

    /// <summary>InputData, each once, in the order named; what a Split divides.</summary>
    public IReadOnlyList<DataName> InputData { get; init; } = [];

    /// <summary>InputDataCollection: files that list more InputData.</summary>
    public IReadOnlyList<DataName> InputCollections { get; init; } = [];

    /// <summary>The file in the sandbox that lists the InputData; null when none is wanted.</summary>
    public InputList? InputList { get; init; }

    /// <summary>What to save after success; `#alien_counter#` not yet put in.</summary>
    public IReadOnlyList<OutputRule> Outputs { get; init; } = [];

    /// <summary>What to save after a failed execution.</summary>
    public IReadOnlyList<OutputRule> ErrorOutputs { get; init; } = [];

    /// <summary>A program that checks the outputs; like Executable.</summary>
    public string? ValidationCommand { get; init; }

    /// <summary>Where outputs go in the catalogue, as written (absolute, "~/…" or relative to the home directory); null for the default.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>What one job needs.</summary>
    public Resources Resources { get; init; } = Resources.Default;

    /// <summary>What one job may do on its node besides.</summary>
    public JobLimits Limits { get; init; } = JobLimits.Default;

    /// <summary>What of standard output and error is kept.</summary>
    public KeepOutput KeepOutput { get; init; }

    /// <summary>Packages that a site must offer.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>The user's condition on sites, or null.</summary>
    public Expression? Requirements { get; init; }

    /// <summary>Greater is better among sites that match; null when all are alike.</summary>
    public Expression? Rank { get; init; }

    /// <summary>Greater runs earlier among the owner's own jobs; 0 unless said.</summary>
    public int Priority { get; init; }

    /// <summary>What the owner offers; AliEn's default is 1.</summary>
    public double Price { get; init; } = 1;

    /// <summary>Whether and how it becomes many jobs.</summary>
    public Split Split { get; init; } = new NoSplit();

    /// <summary>False: never started again unless the old process is surely gone.</summary>
    public bool Repeatable { get; init; } = true;

    /// <summary>Where the description lies in the catalogue: bare names of programs are looked for beside it too. Null when it does not lie there.</summary>
    public string? JdlPath { get; init; }

    /// <summary>ProxyTTL: it may use its slot to the end; TTL is the least it needs.</summary>
    public bool UsesWholeSlot { get; init; }

    /// <summary>How a job over several nodes is started; null for a job on one.</summary>
    public GangLaunch? Launch { get; init; }

    /// <summary>Seconds that the job may wait before it ends as ERROR_W; null for as long as it takes.</summary>
    public int? MaxWaitingSeconds { get; init; }

    /// <summary>Of a master: what is merged at the end; null for nothing.</summary>
    public MergePlan? Merge { get; init; }

    /// <summary>What becomes of failed attempts.</summary>
    public RetryPolicy Retries { get; init; } = RetryPolicy.Default;

    /// <summary>Comments shown to people.</summary>
    public IReadOnlyList<string> JobTag { get; init; } = [];

    /// <summary>ALIEN_JDL_NAME without the prefix, and its value; `#alien_counter#` not yet put in.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Mail addresses that are told when the job, or all of a master, has ended.</summary>
    public IReadOnlyList<string> Email { get; init; } = [];

    /// <summary>What `_PARAM_` was in this subjob's texts, for its environment; null when nothing was put in.</summary>
    public string? ParameterValue { get; init; }

    /// <summary>Keys HpcGrid does not know: kept in the text.</summary>
    public IReadOnlyList<string> UnknownKeys { get; init; } = [];

    /// <summary>What a submitter should know: keys that have no effect and why, with line and column.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The canonical text, for storage; reading it again gives the same description.</summary>
    public string Jdl { get; init; } = "";

    /// <summary>What it runs, for a line of `ps`.</summary>
    public string Name => Command.Count > 0 ? NameOf(Command[0])
        : Executable is null && Split is NodeSplit nodes ? $"{nodes.Nodes.Count} nodes" : NameOf(Executable ?? "");

    /// <summary>The storage elements that the Requirements want near, `member(other.CloseSE, "…")`.</summary>
    public IReadOnlyList<string> WantedStorageElements => Requirements?.WantedStorageElements() ?? [];

    /// <summary>Understands a document. Throws GridError(Invalid) that tells every fault with line, column and remedy.</summary>
    public static JobDescription Read(JdlDocument document) => DescriptionReader.Read(document);

    /// <summary>Parses and understands a text in one go: JSON when its first character that is no blank is '{', otherwise JDL.</summary>
    public static JobDescription Read(string text, IReadOnlyList<string> arguments) => Read(JdlParser.Parse(text, arguments));

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}

/// <summary>One item of InputData or InputDataCollection.</summary>
/// <param name="Path">In the catalogue, without "LF:"; the last component may hold '*' and '?'.</param>
/// <param name="IsFetched">False for ",nodownload": only named to the job.</param>
public sealed record DataName(string Path, bool IsFetched);

/// <summary>How a list of inputs is written.</summary>
public enum InputListFormat
{
    /// <summary>AliEn's XML collection, one file an event.</summary>
    XmlSingle,
    /// <summary>AliEn's XML collection, the files of one directory an event.</summary>
    XmlGroup,
    /// <summary>A path a line.</summary>
    TextList,
}

/// <summary>InputDataList: a file made in the sandbox.</summary>
public sealed record InputList(string Name, InputListFormat Format);
