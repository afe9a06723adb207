using System.Globalization;
using System.Text;
using HandlebarsDotNet;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch;

/// <summary>
/// Makes the submit script of a pilot from the site's template (Handlebars). {{value}} is one word for the shell, quoted; {{{value}}} is written as it is, for
/// directive lines, and only values that were checked to be plain words can be written so. What is not set emits no line ({{#if …}}). {{> part}} is a file
/// part.sh of the adapter's folder, or else of hpc-templates/parts; {{> start}} the one that starts the agents on the nodes.
/// </summary>
public sealed class SubmitScript
{
    /// <summary>The name of the script in the pilot's folder.</summary>
    public const string FileName = "submit.sh";

    /// <summary>
    /// How long before its end a pilot is warned, where the batch system does that. Slurm does it up to a minute early; agents know their end by
    /// themselves, and a warning right at the start of a short pilot would only waste it.
    /// </summary>
    private static readonly TimeSpan Warning = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestWarned = TimeSpan.FromMinutes(30);

    /// <summary>What reaches every other node by a process of its own on the first one, such as an ssh, unless the batch system has something better for it.</summary>
    private static readonly string[] StartsByProcesses = ["hydra", "openmpi"];

    private readonly IReadOnlyDictionary<string, HandlebarsTemplate<object, object>> _templates;
    private readonly Adapter _adapter;
    private readonly string _start;
    private readonly BatchOptions _options;
    private readonly IReadOnlyList<string> _agent;

    /// <param name="adapter">Whose templates.</param>
    /// <param name="options">The site's values.</param>
    /// <param name="agent">The agent and its arguments, those aside that a pilot has of its own.</param>
    /// <exception cref="GridError">Invalid, with what is wrong in a template or a value.</exception>
    public SubmitScript(Adapter adapter, BatchOptions options, IReadOnlyList<string> agent)
    {
        (_adapter, _options, _agent) = (adapter, options, agent);
        // An empty value is written as nothing, not as an empty word.
        if (agent.Any(word => word.Length == 0)) throw GridError.Invalid("an argument of the agent is empty",
            "Give every option of `batch` a value or leave it out.");
        foreach (var (field, text) in PlainWords.Of(options)) Demand(text, field);
        _start = options.Start.Length > 0 ? options.Start : adapter.Start;
        DemandFewProcesses();
        var unknown = options.Attributes.Keys.Except(adapter.Attributes).FirstOrDefault();
        if (unknown is not null) throw GridError.Invalid($"batch.attributes: '{unknown}' is nothing that {adapter.System} knows",
            adapter.Attributes.Count == 0 ? "Its adapter.yaml names no attributes." : $"Its adapter.yaml names: {string.Join(", ", adapter.Attributes)}.");
        var folder = Path.GetDirectoryName(adapter.Template)!;
        var parts = new TemplateParts(folder, _start);
        _templates = adapter.Files.ToDictionary(file => file, file => parts.Compile(Path.Combine(folder, file), new ShellEncoder()))
            .Append(new(FileName, parts.Compile(adapter.Template, new ShellEncoder()))).ToDictionary();
    }

    /// <summary>The script. Throws GridError(Invalid) when the template asks for a value that there is none of.</summary>
    /// <param name="request">The pilot.</param>
    /// <param name="log">Where its output goes.</param>
    public string Make(PilotRequest request, string log) => Make(FileName, request, log, FileName);

    /// <summary>A further file of the adapter, for a script that lies there.</summary>
    public string Make(string file, PilotRequest request, string log, string script)
    {
        try { return _templates[file](Values(request, log, script)); }
        catch (Exception e) when (TemplateParts.IsFault(e)) { throw GridError.Invalid($"{file} cannot be made for {_adapter.System}: {e.Message}",
            "The values that there are stand in docs/batch/README.md."); }
    }

    /// <summary>Writes script and further files; the path of the script. Throws GridError(Invalid).</summary>
    public async Task<string> Write(PilotRequest request, string log, string folder, CancellationToken ct)
    {
        var script = Path.Combine(folder, FileName);
        foreach (var file in _templates.Keys) await File.WriteAllTextAsync(Path.Combine(folder, file), Make(file, request, log, script), ct);
        // Some batch systems run the file itself.
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    /// <summary>No host holds more than ten processes of a pilot, however large (R-H13).</summary>
    private void DemandFewProcesses()
    {
        var isBounded = StartsByProcesses.Contains(_start) && !_adapter.NativeLauncher.ContainsKey(_start);
        var most = _adapter.NodesAtMost > 0 ? _adapter.NodesAtMost : isBounded ? Limits.NodesByProcesses : 0;
        if (most == 0 || _options.NodesPerPilot <= most) return;
        var rule = $"a pilot of {_adapter.System} that {_start} starts has {most} nodes at most";
        throw GridError.Invalid($"batch.nodesPerPilot is {_options.NodesPerPilot}, and {rule}",
            "Starting an agent on each of them costs a process on the first one (nodesAtMost, nativeLauncher in its adapter.yaml). "
            + "More pilots of fewer nodes do the same work.");
    }

    private static void Demand(string text, string field)
    {
        if (!PlainWords.Are(text)) throw GridError.Invalid($"{field} {PlainWords.Rule}", "Change it in bridge.yaml, or in the command.");
    }

    private Dictionary<string, object?> Values(PilotRequest request, string log, string script)
    {
        Demand(request.Tag, "the name of a pilot");
        var walltime = request.Walltime;
        var values = new Dictionary<string, object?>
        {
            ["script"] = script,
            ["tag"] = request.Tag,
            ["nodes"] = request.Nodes,
            ["several"] = request.Nodes > 1,
            ["nativeLauncher"] = request.Nodes > Limits.NodesByProcesses ? _adapter.NativeLauncher.GetValueOrDefault(_start) : null,
            ["cores"] = request.Cores,
            ["slots"] = request.Nodes * request.Cores,
            ["memory"] = _options.MemoryMib > 0 ? _options.MemoryMib : null,
            ["memoryTotal"] = _options.MemoryMib > 0 ? _options.MemoryMib * request.Nodes : null,
            ["memoryPerCore"] = _options.MemoryMib > 0 ? _options.MemoryMib / request.Cores : null,
            ["walltimeSeconds"] = (long)walltime.TotalSeconds,
            ["walltimeMinutes"] = (long)Math.Ceiling(walltime.TotalMinutes),
            ["walltime"] = string.Create(CultureInfo.InvariantCulture, $"{(int)walltime.TotalHours:00}:{walltime.Minutes:00}:{walltime.Seconds:00}"),
            ["warning"] = walltime >= ShortestWarned ? (long)Warning.TotalSeconds : null,
            ["warningMinutes"] = walltime >= ShortestWarned ? (long)Warning.TotalMinutes : null,
            ["queue"] = Some(_options.Queue),
            ["account"] = Some(_options.Account),
            ["qos"] = Some(_options.Qos),
            ["project"] = Some(_options.Project),
            ["reservation"] = Some(_options.Reservation),
            ["constraint"] = Some(_options.Constraint),
            ["licences"] = Some(_options.Licences),
            ["gpus"] = _options.Gpus > 0 ? _options.Gpus : null,
            ["exclusive"] = _options.Exclusive,
            ["environment"] = _options.Environment,
            ["directives"] = _options.Directives,
            ["setup"] = _options.Setup,
            ["log"] = log,
            ["work"] = _options.Work,
            ["agent"] = _agent,
        };
        foreach (var name in _adapter.Attributes) values[name] = Some(_options.Attributes.GetValueOrDefault(name, ""));
        return values;
    }

    private static string? Some(string text) => text.Length > 0 ? text : null;

    /// <summary>
    /// One word for sh: in single quotes, with a quote of its own written as '\''. No line within begins as it does in the text: some batch systems
    /// obey directive lines wherever they stand.
    /// </summary>
    public static string Quote(string text) =>
        $"'{text.Replace("'", "'\\''", StringComparison.Ordinal).Replace("\n", "\n''", StringComparison.Ordinal)}'";

    private sealed class ShellEncoder : ITextEncoder
    {
        public void Encode(StringBuilder? text, TextWriter target) => target.Write(Quote(text?.ToString() ?? ""));

        public void Encode(string? text, TextWriter target) => target.Write(Quote(text ?? ""));

        public void Encode<T>(T? text, TextWriter target) where T : IEnumerator<char>
        {
            var all = new StringBuilder();
            while (text?.MoveNext() == true) all.Append(text.Current);
            Encode(all, target);
        }
    }
}
