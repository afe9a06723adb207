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
        if (parseResult.CommandResult.Command is RootCommand)
            terminal.Output.WriteLine("Daemons: hpcgrid central|bridge|agent ARGS runs hpcgrid-central, hpcgrid-bridge, hpcgrid-agent.");
        return ExitCodes.Ok;
    }
}
