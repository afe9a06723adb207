using System.CommandLine.Completions;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>What a shell offers for a path of the catalogue: the entries of the directory typed so far. Without central nothing is offered.</summary>
internal static class PathCompletion
{
    public static IEnumerable<CompletionItem> Paths(CompletionContext context)
    {
        var word = context.WordToComplete;
        try { return Task.Run(() => Below(context.ParseResult.GetValue(SharedOptions.Config), word)).GetAwaiter().GetResult(); }
        // A shell that completes must never show an error.
        catch (GridError) { return []; }
    }

    private static async Task<IEnumerable<CompletionItem>> Below(string? config, string word)
    {
        await using var session = new Session(Terminal.OfThisProcess(), config, json: true) { Patience = Limits.CompletionPatience };
        var typed = word[..(word.LastIndexOf('/') + 1)];
        var directory = await session.Resolve(typed, CancellationToken.None);
        var list = await session.Ask(new ListDirectory(directory.Path) { Limit = Limits.PathsCompleted }, CancellationToken.None);
        return [.. list.Entries.Select(entry => new CompletionItem(typed + Core.Data.Lfn.Parse(entry.Path).Name + (entry.Type == "d" ? "/" : "")))];
    }
}
