using System.Text.RegularExpressions;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using YamlDotNet.RepresentationModel;

namespace HpcGrid.Bridge.Batch;

/// <summary>Makes an adapter of what stands in adapter.yaml, or says what is wrong with it, in which line and field.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="text">Its text, to find lines in.</param>
internal sealed class AdapterCheck(string path, string text)
{
    private const string DefaultTemplate = "submit.sh", DefaultStart = "itself";

    /// <summary>Longest that one pattern may search an answer: a pattern of a site must not stop the bridge.</summary>
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(5);

    /// <summary>Throws GridError(Invalid).</summary>
    public Adapter Checked(AdapterDocument document, string folder)
    {
        var template = Template(document.Template.Length > 0 ? document.Template : DefaultTemplate, folder, "template");
        foreach (var file in document.Submit.Files) _ = Template(file, folder, "submit.files");
        Demand(document.Timeout is >= 1 and <= 3600, "timeout", "must be from 1 to 3600 seconds");
        Demand(document.CallsPerMinute is >= 1 and <= 6000, "callsPerMinute", "must be from 1 to 6000");
        Demand(document.System.Length > 0, "system", "is missing");
        Demand(document.Attributes.TrueForAll(IsName), "attributes", "must be names: letters and digits");
        Demand(document.Lost.Answers >= 1 && document.Lost.Seconds >= 0, "lost", "must have answers of at least 1 and seconds of at least 0");
        Demand(document.NodesAtMost is >= 0 and <= 10_000, "nodesAtMost", "must be from 0 (any number) to 10000");
        Demand(document.NativeLauncher.All(pair => IsName(pair.Key) && IsName(pair.Value)), "nativeLauncher", "must be names, for names of `start`");
        var submit = Words(document.Submit.Command, "submit.command");
        Demand(document.Submit.Input || submit.Any(word => word.Contains("{script}", StringComparison.Ordinal) || word.Contains("{folder}",
            StringComparison.Ordinal)), "submit.command", "names neither {script} nor {folder}, and submit.input is not true: the script would not be given");
        return new Adapter
        {
            System = document.System,
            Template = template,
            Files = document.Submit.Files,
            Start = document.Start.Length > 0 ? document.Start : DefaultStart,
            NodesAtMost = document.NodesAtMost,
            NativeLauncher = document.NativeLauncher,
            Attributes = document.Attributes,
            Place = new CommandPlace(document.RemoteShell, document.Prefix),
            Submit = submit,
            SubmitReadsInput = document.Submit.Input,
            SubmittedId = Id(document.Submit.Id),
            RefusedForGood = Pattern(document.Submit.Refused, "submit.refused"),
            Status = QuestionOf(document.Status ?? throw Wrong("status", "is missing"), "status"),
            History = document.History is { } history ? QuestionOf(history, "history") : null,
            Cancel = Cancel(Words(document.Cancel.Command, "cancel.command")),
            CancelledAlready = Pattern(document.Cancel.Gone, "cancel.gone"),
            Backfill = document.Backfill is { } backfill ? BackfillOf(backfill) : null,
            States = States(document.States),
            Patience = TimeSpan.FromSeconds(document.Timeout),
            Lost = new LostRule(document.Lost.Answers, TimeSpan.FromSeconds(document.Lost.Seconds)),
            CallsPerMinute = document.CallsPerMinute,
        };
    }

    private string Template(string name, string folder, string field)
    {
        var template = Path.Combine(folder, name);
        return File.Exists(template) ? template : throw Wrong(field, $"names '{template}', which is not there");
    }

    private Regex Id(string pattern)
    {
        var id = Pattern(pattern, "submit.id") ?? throw Wrong("submit.id", "is missing");
        return id.GetGroupNumbers().Length > 1 ? id : throw Wrong("submit.id", "has no group (…) around the id");
    }

    private IReadOnlyList<string> Cancel(IReadOnlyList<string> words) =>
        words.Any(word => word.Contains("{id}", StringComparison.Ordinal)) ? words : throw Wrong("cancel.command", "does not name {id}");

    private Question QuestionOf(QuestionPart part, string field)
    {
        var words = Words(part.Command, field + ".command");
        BatchState? means = part.Means switch
        {
            "" => null,
            "ended" => BatchState.Ended,
            _ => throw Wrong(field + ".means", $"is '{part.Means}'; it may be 'ended' or be left out"),
        };
        return new Question(words, RuleOf(part, field, means is null) with { Means = means }, Pattern(part.Empty, field + ".empty")) { GoodExits = part.Exit };
    }

    private AnswerRule RuleOf(QuestionPart part, string field, bool stateWanted)
    {
        var format = part.Format.Length > 0 ? part.Format : part.Line.Length > 0 ? "lines" : "json";
        if (format == "lines") return new AnswerRule(AnswerFormat.Lines, LineOf(part.Line, field, stateWanted), "", "", "", "", "");
        Demand(format is "json" or "xml", field + ".format", $"is '{format}'; it may be lines, json or xml");
        Demand(part.Tag.Length > 0, field, "says neither line (a pattern for each line) nor tag (the field with the name of a job)");
        Demand(part.State.Length > 0 || !stateWanted, field, "does not say state (the field with the state of a job)");
        Demand(format == "json" || (part.Items.Length > 0 && part.Id.Length > 0), field,
            "must say items and id: the names of the elements of a job and its id");
        return new AnswerRule(format == "xml" ? AnswerFormat.Xml : AnswerFormat.Json, null, part.Items, part.Id, part.Tag, part.State, part.Detail);
    }

    private Regex LineOf(string pattern, string field, bool stateWanted)
    {
        var line = Pattern(pattern, field + ".line") ?? throw Wrong(field + ".line", "is missing");
        foreach (var group in stateWanted ? (string[])["id", "tag", "state"] : ["id", "tag"])
            if (!line.GetGroupNames().Contains(group)) throw Wrong(field + ".line", $"has no group (?<{group}>…)");
        return line;
    }

    private BackfillQuestion BackfillOf(BackfillPart part)
    {
        var line = Pattern(part.Line, "backfill.line") ?? throw Wrong("backfill.line", "is missing");
        return line.GetGroupNames().Contains("nodes") ? new BackfillQuestion(Words(part.Command, "backfill.command"), line)
            : throw Wrong("backfill.line", "has no group (?<nodes>…)");
    }

    private Dictionary<string, BatchState> States(StatesPart states)
    {
        // Grid Engine tells r from R.
        var map = new Dictionary<string, BatchState>(StringComparer.Ordinal);
        foreach (var (field, names, state) in ((string, List<string>, BatchState)[])
            [("queued", states.Queued, BatchState.Queued), ("running", states.Running, BatchState.Running), ("ended", states.Ended, BatchState.Ended)])
            foreach (var name in names)
                if (!map.TryAdd(name, state)) throw Wrong("states." + field, $"lists '{name}', which is listed already");
        Demand(states.Running.Count > 0 && states.Ended.Count > 0, "states", "must list at least one state as running and one as ended");
        return map;
    }

    private List<string> Words(List<string> words, string field) =>
        words.Count > 0 && words[0].Length > 0 ? words : throw Wrong(field, "must be a list: the program and its arguments");

    private Regex? Pattern(string pattern, string field)
    {
        if (pattern.Length == 0) return null;
        try { return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Multiline, LongestSearch); }
        catch (ArgumentException e) { throw Wrong(field, $"is no pattern: {e.Message}"); }
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(char.IsAsciiLetterOrDigit);

    private void Demand(bool good, string field, string rule)
    {
        if (!good) throw Wrong(field, rule);
    }

    private GridError Wrong(string field, string rule) =>
        GridError.Invalid($"'{path}', line {LineOf(field)}: {field} {rule}", AdapterFile.Advice);

    /// <summary>Where a field stands, or what it should stand in.</summary>
    private long LineOf(string field)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        if (stream.Documents.Count == 0) return 1;
        var (node, line) = (stream.Documents[0].RootNode, 1L);
        foreach (var name in field.Split('.'))
        {
            if (node is not YamlMappingNode mapping || !mapping.Children.TryGetValue(new YamlScalarNode(name), out var child)) break;
            line = mapping.Children.Keys.First(key => key is YamlScalarNode scalar && scalar.Value == name).Start.Line;
            node = child;
        }
        return line;
    }
}
