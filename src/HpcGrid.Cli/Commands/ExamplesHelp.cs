using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>The usual help with examples below it.</summary>
internal sealed class ExamplesHelp(HelpAction usual, Terminal terminal) : SynchronousCommandLineAction
{
    private static readonly string[] FirstSteps =
    [
        "hpcgrid local up                                  # a whole grid on this machine",
        "hpcgrid run -- /bin/echo hello                    # submit, watch, fetch",
        "hpcgrid submit -n 100 -- /bin/echo 'job #alien_counter#'",
        "hpcgrid submit production.jdl                     # a job description",
        "hpcgrid ps                                        # what are my jobs doing?",
    ];

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command switch
        {
            GridCommand command => command.Examples,
            RootCommand => FirstSteps,
            _ => [],
        };
        if (examples.Count == 0) return ExitCodes.Ok;
        terminal.Output.WriteLine("Examples:");
        foreach (var example in examples) terminal.Output.WriteLine("  " + example);
        terminal.Output.WriteLine();
        WriteExitCodes(parseResult.CommandResult.Command);
        if (parseResult.CommandResult.Command is RootCommand)
            terminal.Output.WriteLine("Daemons: hpcgrid central|bridge|agent ARGS runs hpcgrid-central, hpcgrid-bridge, hpcgrid-agent.");
        return ExitCodes.Ok;
    }

    /// <summary>All of them with the program's help; with a command's, those that mean something particular there.</summary>
    private void WriteExitCodes(Command command)
    {
        var codes = command is GridCommand grid ? grid.OwnExitCodes : ExitCodes.Table;
        if (codes.Count == 0) terminal.Output.WriteLine("Exit codes: 0 it worked; others as `hpcgrid --help` tells.");
        else terminal.Output.WriteLine("Exit codes:");
        foreach (var (code, meaning) in codes) terminal.Output.WriteLine($"  {code,-4} {meaning}");
        terminal.Output.WriteLine();
    }
}
