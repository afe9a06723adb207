using HpcGrid.Cli;
using HpcGrid.Cli.Output;

namespace HpcGrid.Tests.Cli;

/// <summary>One command line, run in this process with its output captured: a pipe, never a terminal.</summary>
internal sealed record CommandLineRun(int ExitCode, string Output, string Error)
{
    public static Task<CommandLineRun> Of(params string[] arguments) => With("", arguments);

    /// <summary>With a text on standard input.</summary>
    public static async Task<CommandLineRun> With(string input, string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var bytes = new MemoryStream();
        var terminal = new Terminal { Output = output, Error = error, OutputStream = () => bytes, Input = new StringReader(input) };
        var exitCode = await CommandLine.Run(arguments, terminal);
        return new CommandLineRun(exitCode, output.ToString() + System.Text.Encoding.UTF8.GetString(bytes.ToArray()), error.ToString());
    }
}
