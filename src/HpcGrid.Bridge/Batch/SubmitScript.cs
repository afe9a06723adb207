using System.Globalization;
using System.Text;
using HandlebarsDotNet;
using HandlebarsDotNet.Compiler;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch;

/// <summary>
/// Makes the submit script of a pilot from the site's template (Handlebars). {{value}} is one word for the shell, quoted; {{{value}}} is written as it is, for
/// directive lines, and only values that were checked to be plain words can be written so. What is not set emits no line ({{#if …}}).
/// </summary>
public sealed class SubmitScript
{
    /// <summary>
    /// How long before its end a pilot is warned, where the batch system does that. Slurm does it up to a minute early; agents know their end by
    /// themselves, and a warning right at the start of a short pilot would only waste it.
    /// </summary>
    private static readonly TimeSpan Warning = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestWarned = TimeSpan.FromMinutes(30);

    private readonly HandlebarsTemplate<object, object> _template;
    private readonly BatchOptions _options;
    private readonly IReadOnlyList<string> _agent;

    /// <param name="template">The file.</param>
    /// <param name="options">The site's values.</param>
    /// <param name="agent">The agent and its arguments, those aside that a pilot has of its own.</param>
    /// <exception cref="GridError">Invalid, with what is wrong in the template.</exception>
    public SubmitScript(string template, BatchOptions options, IReadOnlyList<string> agent)
    {
        (_options, _agent) = (options, agent);
        // An empty value is written as nothing, not as an empty word.
        if (agent.Any(word => word.Length == 0)) throw GridError.Invalid("an argument of the agent is empty",
            "Give every option of `batch` a value or leave it out.");
        try
        {
            var engine = Handlebars.Create(new HandlebarsConfiguration { TextEncoder = new ShellEncoder(), ThrowOnUnresolvedBindingExpression = true });
            _template = engine.Compile(File.ReadAllText(template));
        }
        catch (Exception e) when (IsOfTemplate(e)) { throw GridError.Invalid($"'{template}' is no template: {e.Message}",
            "Compare it with hpc-templates/slurm/submit.sh."); }
    }

    /// <summary>The script. Throws GridError(Invalid) when the template asks for a value that there is none of.</summary>
    /// <param name="request">The pilot.</param>
    /// <param name="log">Where its output goes.</param>
    public string Make(PilotRequest request, string log)
    {
        try { return _template(Values(request, log)); }
        catch (Exception e) when (IsOfTemplate(e)) { throw GridError.Invalid($"the submit script cannot be made: {e.Message}",
            "The values that there are stand in docs/batch.md."); }
    }

    private Dictionary<string, object?> Values(PilotRequest request, string log)
    {
        var walltime = request.Walltime;
        return new Dictionary<string, object?>
        {
            ["tag"] = request.Tag,
            ["nodes"] = request.Nodes,
            ["several"] = request.Nodes > 1,
            ["cores"] = request.Cores,
            ["memory"] = _options.MemoryMib > 0 ? _options.MemoryMib : null,
            ["walltimeSeconds"] = (long)walltime.TotalSeconds,
            ["walltimeMinutes"] = (long)Math.Ceiling(walltime.TotalMinutes),
            ["walltime"] = string.Create(CultureInfo.InvariantCulture, $"{(int)walltime.TotalHours:00}:{walltime.Minutes:00}:{walltime.Seconds:00}"),
            ["warning"] = walltime >= ShortestWarned ? (long)Warning.TotalSeconds : null,
            ["queue"] = Some(_options.Queue),
            ["account"] = Some(_options.Account),
            ["qos"] = Some(_options.Qos),
            ["directives"] = _options.Directives,
            ["setup"] = _options.Setup,
            ["log"] = log,
            ["work"] = _options.Work,
            ["agent"] = _agent,
        };
    }

    private static bool IsOfTemplate(Exception e) => e is HandlebarsException or HandlebarsUndefinedBindingException;

    private static string? Some(string text) => text.Length > 0 ? text : null;

    /// <summary>One word for sh: in single quotes, with a quote of its own written as '\''.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

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
