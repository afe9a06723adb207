using System.CommandLine;
using System.Reflection;
using HpcGrid.Cli.Help;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid help`.</summary>
internal sealed class HelpCommand : GridCommand
{
    private readonly Argument<string[]> _path = new("command") { Description = "The command; without one, all of them are listed.", Arity =
        ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _man = new("--man") { Description = "The whole reference as a man page." };
    private readonly Option<bool> _markdown = new("--markdown") { Description = "The whole reference as Markdown, as in docs/cli.md." };

    public HelpCommand() : base("help", "Show the help of a command, or the reference of all of them.",
        "hpcgrid help local up",
        "hpcgrid help --man > /usr/local/share/man/man1/hpcgrid.1",
        "hpcgrid help --man | man -l -")
    {
        Add(_path);
        Add(_man);
        Add(_markdown);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var root = (RootCommand)parsed.RootCommandResult.Command;
        var output = session.Terminal.Output;
        if (parsed.GetValue(_man)) await output.WriteAsync(ReferencePages.Man(CommandReference.All(root), CommandReference.Shared(root), Version));
        else if (parsed.GetValue(_markdown)) await output.WriteAsync(ReferencePages.Markdown(CommandReference.All(root), CommandReference.Shared(root)));
        else return await CommandLine.Run([.. parsed.GetValue(_path) ?? [], "--help"], session.Terminal);
        return ExitCodes.Ok;
    }

    private static string Version =>
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
