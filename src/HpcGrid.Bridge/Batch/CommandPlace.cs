using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch;

/// <summary>Where the commands of a batch system run (R-H16): on the bridge's own host, in a container of it, or on another host.</summary>
/// <param name="RemoteShell">
/// Words before every command of a program that hands what follows to a shell, as ssh does: it gets the command as one word, quoted for sh. Empty: no shell.
/// </param>
/// <param name="Prefix">Words before every command, on the host where it runs; what follows stays the words that it is. Empty for none.</param>
public sealed record CommandPlace(IReadOnlyList<string> RemoteShell, IReadOnlyList<string> Prefix)
{
    /// <summary>ssh itself has failed, and a shell could not run the command.</summary>
    private const int NotReached = 255, NotExecutable = 126, NotFound = 127;

    public static CommandPlace Here { get; } = new([], []);

    /// <summary>What is executed on this host for a command.</summary>
    public IReadOnlyList<string> Words(IReadOnlyList<string> command) =>
        RemoteShell.Count == 0 ? [.. Prefix, .. command] : [.. RemoteShell, Line([.. Prefix, .. command])];

    /// <summary>
    /// Throws GridError(Unavailable) for an exit code that is not the command's: some batch systems say "not found" of a job that has ended, or nothing at all.
    /// </summary>
    public void Check(IReadOnlyList<string> command, CommandAnswer answer)
    {
        if (RemoteShell.Count > 0 && answer.ExitCode is NotReached or NotExecutable or NotFound)
            throw GridError.Unavailable($"{command[0]} could not be run through {RemoteShell[0]}: exit code {answer.ExitCode}: {answer.Error.Trim()}",
                "Does the remoteShell of adapter.yaml work without a password, and is the command on the PATH of a shell there that nobody logged into?");
    }

    /// <summary>Environments do not travel, and LC_ALL is C for every command. An exit code 255 of the command itself shall not look like ssh's own.</summary>
    private static string Line(IReadOnlyList<string> words) =>
        $"env LC_ALL=C LANG=C {string.Join(' ', words.Select(SubmitScript.Quote))} || {{ code=$?; [ $code -ne {NotReached} ] || code=1; exit $code; }}";
}
