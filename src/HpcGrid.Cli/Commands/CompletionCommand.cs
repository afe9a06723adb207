using System.CommandLine;
using HpcGrid.Cli.Help;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid completion`.</summary>
internal sealed class CompletionCommand : GridCommand
{
    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh or fish." };

    public CompletionCommand() : base("completion", "Print the script by which a shell completes commands, options, states, paths and job numbers.",
        "source <(hpcgrid completion bash)                                   # in ~/.bashrc",
        "hpcgrid completion zsh > ~/.zfunc/_hpcgrid",
        "hpcgrid completion fish > ~/.config/fish/completions/hpcgrid.fish")
    {
        Add(_shell);
        _shell.CompletionSources.Add(_ => [.. CompletionScripts.Shells.Select(shell => new System.CommandLine.Completions.CompletionItem(shell))]);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        await session.Terminal.Output.WriteAsync(CompletionScripts.Of(parsed.GetValue(_shell)!));
        return ExitCodes.Ok;
    }
}
