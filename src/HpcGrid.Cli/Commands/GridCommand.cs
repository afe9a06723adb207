using System.CommandLine;
using HpcGrid.Cli.Output;

namespace HpcGrid.Cli.Commands;

/// <summary>A command with examples in its help and a session to work in. Errors are thrown and become messages in one place.</summary>
internal abstract class GridCommand : Command
{
    protected GridCommand(string name, string description, params string[] examples) : base(name, description) => Examples = examples;

    /// <summary>Whole command lines, each with an optional "   # remark".</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Exit codes that mean something particular to this command, besides those of <see cref="ExitCodes.Table"/>.</summary>
    public virtual IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [];

    /// <summary>True when what stands behind "--" is a command to run as a job.</summary>
    public virtual bool TakesPlainCommand => false;

    /// <summary>What stood behind "--"; null when there was none.</summary>
    public IReadOnlyList<string>? PlainCommand { get; set; }

    /// <summary>Says where to write, once, before anything is parsed.</summary>
    public void Use(Terminal terminal)
    {
        // A command with subcommands alone has no action: the parser then asks for one of them.
        if (Subcommands.Count > 0) return;
        SetAction(async (parsed, ct) =>
        {
            await using var session = new Session(terminal, parsed.GetValue(SharedOptions.Config), parsed.GetValue(SharedOptions.Json));
            return await Run(parsed, session, ct);
        });
    }

    /// <summary>Does it; the exit code.</summary>
    protected virtual Task<int> Run(ParseResult parsed, Session session, CancellationToken ct) => Task.FromResult(ExitCodes.Invalid);
}
