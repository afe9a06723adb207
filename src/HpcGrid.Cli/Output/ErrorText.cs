using HpcGrid.Core;

namespace HpcGrid.Cli.Output;

/// <summary>An error for its reader: what and where, then what to do about it.</summary>
internal static class ErrorText
{
    public static void Write(Terminal terminal, GridError error, bool json)
    {
        if (json)
        {
            JsonText.Write(terminal.Error, new ErrorDocument(error.Code.ToString(), error.Message, error.Hint, ExitCodes.Of(error.Code)));
            return;
        }
        var (bold, plain) = terminal.ErrorIsLive ? ("\e[1;31m", "\e[0m") : ("", "");
        terminal.Error.WriteLine($"{bold}hpcgrid: {Words.Of(error.Code)}{plain}: {Words.Printable(error.Message, keepLines: true)}");
        if (error.Hint is not null) terminal.Error.WriteLine($"  {Words.Printable(error.Hint, keepLines: true)}");
    }
}
