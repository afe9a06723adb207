using System.CommandLine;
using System.CommandLine.Help;
using HpcGrid.Cli.Commands;

namespace HpcGrid.Cli.Help;

/// <summary>An option or argument as help shows it.</summary>
/// <param name="Names">"-s, --state STATE"; of an argument "jobs …".</param>
/// <param name="Meaning">What it does.</param>
internal sealed record ReferenceEntry(string Names, string Meaning);

/// <summary>A command as help shows it: read from the very objects that parse it, so that no page can say otherwise.</summary>
/// <param name="Path">"local up"; empty for the program itself.</param>
/// <param name="Synopsis">"hpcgrid local up [options]".</param>
/// <param name="Description">What it does.</param>
/// <param name="Arguments">In their order.</param>
/// <param name="Options">Its own, without those of every command.</param>
/// <param name="Examples">Whole command lines.</param>
internal sealed record CommandReference(
    string Path, string Synopsis, string Description, IReadOnlyList<ReferenceEntry> Arguments, IReadOnlyList<ReferenceEntry> Options,
        IReadOnlyList<string> Examples)
{
    /// <summary>Those besides the usual ones.</summary>
    public IReadOnlyList<(int Code, string Meaning)> ExitCodes { get; init; } = [];

    /// <summary>The program and all its commands that do something, in the order of its help.</summary>
    public static IReadOnlyList<CommandReference> All(RootCommand root) => [.. Below(root, "")];

    /// <summary>Options of every command.</summary>
    public static IReadOnlyList<ReferenceEntry> Shared(RootCommand root) => [.. root.Options.Where(option => option is not VersionOption).Select(Of)];

    private static IEnumerable<CommandReference> Below(Command command, string path)
    {
        if (command is GridCommand { Subcommands.Count: 0 } grid)
            yield return new CommandReference(path, SynopsisOf(command, path, grid.TakesPlainCommand), command.Description ?? "",
                [.. command.Arguments.Select(argument => new ReferenceEntry(Shape(argument), argument.Description ?? ""))],
                [.. command.Options.Where(option => option is not HelpOption).Select(Of)], grid.Examples) { ExitCodes = grid.OwnExitCodes };
        foreach (var sub in command.Subcommands.Where(sub => !sub.Hidden))
            foreach (var reference in Below(sub, path.Length > 0 ? $"{path} {sub.Name}" : sub.Name))
                yield return reference;
    }

    private static string SynopsisOf(Command command, string path, bool takesPlainCommand)
    {
        var words = string.Join(' ', command.Arguments.Select(Shape));
        var own = command.Options.Any(option => option is not HelpOption) ? " [options]" : "";
        return $"hpcgrid {path}{(words.Length > 0 ? " " + words : "")}{own}" + (takesPlainCommand ? $" | hpcgrid {path}{own} -- COMMAND [ARG …]" : "");
    }

    private static string Shape(Argument argument)
    {
        var name = argument.Name.ToUpperInvariant().TrimEnd('S') is var one && argument.Arity.MaximumNumberOfValues > 1 ? one + " …"
            : argument.Name.ToUpperInvariant();
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static ReferenceEntry Of(Option option)
    {
        var names = option.Aliases.Append(option.Name).Distinct().OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal);
        var value = option.HelpName is { } help ? " " + help : "";
        return new ReferenceEntry(string.Join(", ", names) + value, option.Description ?? "");
    }
}
