using HandlebarsDotNet;
using HandlebarsDotNet.Compiler;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch;

/// <summary>Templates of a folder and the parts they include: files NAME.sh of the folder, or else of hpc-templates/parts.</summary>
/// <param name="folder">The adapter's.</param>
/// <param name="start">Which start-NAME.sh is {{> start}}.</param>
internal sealed class TemplateParts(string folder, string start)
{
    private static readonly string[] NoParts = [SubmitScript.FileName, "launch.sh"];
    private const string Start = "start", StartPrefix = "start-";

    private static string Shared => Path.Combine(AppContext.BaseDirectory, "hpc-templates", "parts");

    /// <summary>Throws GridError(Invalid): what is wrong in the template or in a part.</summary>
    public HandlebarsTemplate<object, object> Compile(string template, ITextEncoder encoder)
    {
        var engine = Handlebars.Create(new HandlebarsConfiguration { TextEncoder = encoder, ThrowOnUnresolvedBindingExpression = true });
        foreach (var (name, file) in Files()) Try(file, () => engine.RegisterTemplate(name, File.ReadAllText(file)));
        var first = Files().GetValueOrDefault(StartPrefix + start) ?? throw GridError.Invalid($"nothing is known that starts agents with '{start}'",
            $"Set `start` in adapter.yaml or batch.start in bridge.yaml to one of "
                + $"{string.Join(", ", Starters())}, or write {StartPrefix}{start}.sh into {folder}.");
        Try(first, () => engine.RegisterTemplate(Start, File.ReadAllText(first)));
        return Try(template, () => engine.Compile(File.ReadAllText(template)));
    }

    /// <summary>What may be said for `start`.</summary>
    public IEnumerable<string> Starters() =>
        Files().Keys.Where(name => name.StartsWith(StartPrefix, StringComparison.Ordinal)).Select(name => name[StartPrefix.Length..]).Order();

    /// <summary>True for what the template engine throws at a mistake in a template.</summary>
    public static bool IsFault(Exception e) => e is HandlebarsException or HandlebarsUndefinedBindingException;

    private Dictionary<string, string> Files()
    {
        var files = new Dictionary<string, string>();
        foreach (var place in (string[])[Shared, folder])
            foreach (var file in Directory.Exists(place) ? Directory.EnumerateFiles(place, "*.sh") : [])
                if (!NoParts.Contains(Path.GetFileName(file))) files[Path.GetFileNameWithoutExtension(file)] = file;
        return files;
    }

    private static void Try(string file, Action work) => Try(file, () =>
    {
        work();
        return true;
    });

    private static T Try<T>(string file, Func<T> work)
    {
        try { return work(); }
        catch (Exception e) when (IsFault(e)) { throw GridError.Invalid($"'{file}' is no template: {e.Message}",
            "Compare it with hpc-templates/slurm/submit.sh."); }
    }
}
