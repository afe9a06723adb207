using Spectre.Console;

namespace HpcGrid.Cli.Output;

/// <summary>Where a command writes, and what that place can show: colours and movement only on a real terminal without NO_COLOR.</summary>
internal sealed class Terminal
{
    public required TextWriter Output { get; init; }
    public required TextWriter Error { get; init; }
    /// <summary>Raw bytes for `cat`.</summary>
    public required Func<Stream> OutputStream { get; init; }
    public required TextReader Input { get; init; }
    /// <summary>Standard output is a terminal that understands movement and colour.</summary>
    public bool OutputIsLive { get; init; }
    /// <summary>Likewise standard error, where progress is shown.</summary>
    public bool ErrorIsLive { get; init; }
    /// <summary>Standard input is a person at a keyboard.</summary>
    public bool InputIsPerson { get; init; }
    /// <summary>Columns of the terminal; null where there is none, and nothing is ever cut.</summary>
    public Func<int?> Width { get; init; } = () => null;

    /// <summary>Asks a person; false when nobody is there to answer.</summary>
    public bool Confirm(string question)
    {
        if (!InputIsPerson || !ErrorIsLive) return false;
        Error.Write($"{question} [y/N] ");
        return Input.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    /// <summary>Spectre's console on standard output or, for progress, on standard error.</summary>
    public IAnsiConsole Console(bool error) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Live(error) ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = Live(error) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = Live(error) ? InteractionSupport.Yes : InteractionSupport.No,
        Out = new AnsiConsoleOutput(error ? Error : Output),
    });

    public bool Live(bool error) => error ? ErrorIsLive : OutputIsLive;

    public static Terminal OfThisProcess()
    {
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return new Terminal
        {
            Output = ClosedOutput.Writer(),
            Error = System.Console.Error,
            OutputStream = ClosedOutput.Stream,
            Input = System.Console.In,
            OutputIsLive = !plain && !System.Console.IsOutputRedirected,
            ErrorIsLive = !plain && !System.Console.IsErrorRedirected,
            InputIsPerson = !System.Console.IsInputRedirected,
            Width = () => System.Console.IsOutputRedirected ? null : System.Console.WindowWidth is > 0 and var width ? width : null,
        };
    }
}
