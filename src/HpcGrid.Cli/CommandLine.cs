using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using HpcGrid.Cli.Commands;
using HpcGrid.Cli.Output;
using HpcGrid.Core;

namespace HpcGrid.Cli;

/// <summary>
/// The tree of commands, and the one place where their errors become messages and exit codes. What stands behind "--" is a plain
/// command for `submit` and `run`, and never read as an option.
/// </summary>
internal static class CommandLine
{
    /// <summary>Runs one command line; the exit code of the process.</summary>
    public static async Task<int> Run(string[] arguments, Terminal terminal)
    {
        if (arguments.Length > 0 && SiblingDaemon.Runnable.Contains(arguments[0])) return await SiblingDaemon.Run(arguments[0], arguments[1..],
            terminal);
        var json = arguments.TakeWhile(argument => argument != "--").Contains("--json");
        try
        {
            return await Invoke(arguments, terminal);
        }
        catch (Exception e) when (ClosedOutput.Is(e))
        {
            return ExitCodes.OutputClosed;
        }
        catch (GridError e)
        {
            ErrorText.Write(terminal, e, json);
            return ExitCodes.Of(e.Code);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception bug)
        {
            ErrorText.Write(terminal, new GridError(ErrorCode.Internal, $"this is a fault of hpcgrid itself: {bug.Message}",
                "Please report it with what follows and the command you gave."), json);
            await terminal.Error.WriteLineAsync(bug.ToString());
            return ExitCodes.Internal;
        }
    }

    /// <summary>The whole tree, for help and for tests.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("Run great numbers of jobs on machines whose compute nodes have no network.")
        {
            SharedOptions.Config, SharedOptions.Json,
            new SubmitCommand(), new RunCommand(), new PsCommand(), new WatchCommand(), new LogsCommand(), new PeekCommand(), new UsageCommand(),
                new TraceCommand(),
                new WhyCommand(),
            new KillCommand(), new ResubmitCommand(), new WaitCommand(), new ExportCommand(), new ReportCommand(), new NodesCommand(),
            new LsCommand(), new CpCommand(), new CatCommand(), new MkdirCommand(), new RmCommand(), new MvCommand(), new StatCommand(), new FindCommand(),
                new WhereisCommand(),
            new WhoamiCommand(), new QuotaCommand(), new DoctorCommand(), new SpoolCommand(), new BatchCommand(),
                new LocalCommand(), new CompletionCommand(), new HelpCommand(),
        };
        foreach (var command in Tree(root).OfType<GridCommand>()) command.Use(terminal);
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new ExamplesHelp((HelpAction)option.Action!, terminal);
            // Those of another system; here they would be paths.
            foreach (var alias in (string[])["/h", "/?"]) option.Aliases.Remove(alias);
        }
        return root;
    }

    private static async Task<int> Invoke(string[] arguments, Terminal terminal)
    {
        var root = Create(terminal);
        // "@file" is a file name like any other.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var separator = Array.IndexOf(arguments, "--");
        var parsed = root.Parse(arguments, parser);
        if (separator >= 0 && parsed.CommandResult.Command is GridCommand { TakesPlainCommand: true } command)
        {
            command.PlainCommand = arguments[(separator + 1)..];
            parsed = root.Parse(arguments[..separator], parser);
        }
        if (parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0 && parsed.Action is ParseErrorAction)
            parsed = root.Parse([.. arguments, "--help"], parser);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction) throw Misspelt(parsed);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // A cancelled command cleans up and says what goes on running; only a hung one is torn down.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(2),
        });
    }

    private static GridError Misspelt(ParseResult parsed)
    {
        // A wrong word where a command is expected brings a second complaint that no command was given.
        var messages = parsed.Errors.Select(error => InWords(error.Message))
            .Where(message => !message.StartsWith("Required command", StringComparison.Ordinal));
        return GridError.Invalid(string.Join(" ", messages), $"See `{PathOf(parsed)} --help`.");
    }

    private static string InWords(string message) =>
        message.IndexOf(" as expected type", StringComparison.Ordinal) is var type and >= 0 ? message[..type] + " as a number." : message;

    private static string PathOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, at.Command is RootCommand ? "hpcgrid" : at.Command.Name);
        return string.Join(' ', names);
    }

    private static IEnumerable<Command> Tree(Command command) => command.Subcommands.SelectMany(Tree).Prepend(command);
}
