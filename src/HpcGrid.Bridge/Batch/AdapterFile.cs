using System.Text.RegularExpressions;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace HpcGrid.Bridge.Batch;

/// <summary>Reads and checks adapter.yaml. Errors name file, line and field.</summary>
public static class AdapterFile
{
    public const string Name = "adapter.yaml";

    private const string DefaultTemplate = "submit.sh";

    /// <summary>Longest that one pattern may search an answer: a pattern of a site must not stop the bridge.</summary>
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(5);

    /// <summary>Throws GridError: NotFound, Invalid.</summary>
    public static Adapter Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path)) throw GridError.NotFound($"there is no '{path}'", "A batch system is a folder with adapter.yaml: copy one of hpc-templates.");
        try
        {
            var document = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build()
                .Deserialize<AdapterDocument?>(File.ReadAllText(path)) ?? new AdapterDocument();
            return Checked(document, path, folder);
        }
        catch (YamlException e)
        {
            var inner = e.InnerException ?? e;
            throw new GridError(ErrorCode.Invalid, $"'{path}', line {e.Start.Line}, column {e.Start.Column}: {inner.Message}",
                "Compare it with hpc-templates/slurm/adapter.yaml.", e);
        }
    }

    private static Adapter Checked(AdapterDocument document, string path, string folder)
    {
        var template = Path.Combine(folder, document.Template.Length > 0 ? document.Template : DefaultTemplate);
        if (!File.Exists(template)) throw Wrong(path, "template", $"names '{template}', which is not there");
        if (document.Timeout is < 1 or > 3600) throw Wrong(path, "timeout", "must be from 1 to 3600 seconds");
        return new Adapter
        {
            System = document.System.Length > 0 ? document.System : throw Wrong(path, "system", "is missing"),
            Template = template,
            Submit = Words(document.Submit.Command, path, "submit.command"),
            SubmitReadsInput = document.Submit.Input,
            SubmittedId = Pattern(document.Submit.Id, path, "submit.id") ?? throw Wrong(path, "submit.id", "is missing"),
            RefusedForGood = Pattern(document.Submit.Refused, path, "submit.refused"),
            Status = QuestionOf(document.Status ?? throw Wrong(path, "status", "is missing"), path, "status"),
            History = document.History is { } history ? QuestionOf(history, path, "history") : null,
            Cancel = Words(document.Cancel.Command, path, "cancel.command"),
            CancelledAlready = Pattern(document.Cancel.Gone, path, "cancel.gone"),
            States = States(document.States, path),
            Patience = TimeSpan.FromSeconds(document.Timeout),
        };
    }

    private static Question QuestionOf(QuestionPart part, string path, string field)
    {
        var words = Words(part.Command, path, field + ".command");
        var empty = Pattern(part.Empty, path, field + ".empty");
        if (part.Line.Length > 0)
        {
            var line = Pattern(part.Line, path, field + ".line")!;
            foreach (var group in (string[])["id", "tag", "state"])
                if (!line.GetGroupNames().Contains(group)) throw Wrong(path, field + ".line", $"has no group (?<{group}>…)");
            return new Question(words, new AnswerRule(AnswerFormat.Lines, line, "", "", "", "", ""), empty);
        }
        if (part.Tag.Length == 0 || part.State.Length == 0)
            throw Wrong(path, field, "says neither line (a pattern for each line) nor tag and state (fields of JSON)");
        return new Question(words, new AnswerRule(AnswerFormat.Json, null, part.Items, part.Id, part.Tag, part.State, part.Detail), empty);
    }

    private static Dictionary<string, BatchState> States(StatesPart states, string path)
    {
        var map = new Dictionary<string, BatchState>(StringComparer.OrdinalIgnoreCase);
        foreach (var (names, state) in ((List<string>, BatchState)[])
            [(states.Queued, BatchState.Queued), (states.Running, BatchState.Running), (states.Ended, BatchState.Ended)])
            foreach (var name in names)
                if (!map.TryAdd(name, state)) throw Wrong(path, "states", $"lists '{name}' twice");
        return states.Running.Count > 0 && states.Ended.Count > 0 ? map : throw Wrong(path, "states",
            "must list at least one state as running and one as ended");
    }

    private static IReadOnlyList<string> Words(List<string> words, string path, string field) =>
        words.Count > 0 && words[0].Length > 0 ? words : throw Wrong(path, field, "must be a list: the program and its arguments");

    private static Regex? Pattern(string text, string path, string field)
    {
        if (text.Length == 0) return null;
        try { return new Regex(text, RegexOptions.CultureInvariant | RegexOptions.Multiline, LongestSearch); }
        catch (ArgumentException e) { throw Wrong(path, field, $"is no pattern: {e.Message}"); }
    }

    private static GridError Wrong(string path, string field, string rule) =>
        GridError.Invalid($"'{path}': {field} {rule}", "Compare it with hpc-templates/slurm/adapter.yaml.");
}

/// <summary>adapter.yaml as it is written.</summary>
internal sealed class AdapterDocument
{
    public string System { get; set; } = "";
    public string Template { get; set; } = "";
    public string Launch { get; set; } = "";
    public int Timeout { get; set; } = 60;
    public SubmitPart Submit { get; set; } = new();
    public QuestionPart? Status { get; set; }
    public QuestionPart? History { get; set; }
    public CancelPart Cancel { get; set; } = new();
    public StatesPart States { get; set; } = new();
}

internal sealed class SubmitPart
{
    public List<string> Command { get; set; } = [];
    public bool Input { get; set; }
    public string Id { get; set; } = "";
    public string Refused { get; set; } = "";
}

internal sealed class QuestionPart
{
    public List<string> Command { get; set; } = [];
    public string Line { get; set; } = "";
    public string Items { get; set; } = "";
    public string Id { get; set; } = "";
    public string Tag { get; set; } = "";
    public string State { get; set; } = "";
    public string Detail { get; set; } = "";
    public string Empty { get; set; } = "";
}

internal sealed class CancelPart
{
    public List<string> Command { get; set; } = [];
    public string Gone { get; set; } = "";
}

internal sealed class StatesPart
{
    public List<string> Queued { get; set; } = [];
    public List<string> Running { get; set; } = [];
    public List<string> Ended { get; set; } = [];
}
