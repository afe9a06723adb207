using System.CommandLine.Completions;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>What a shell offers for a path of the catalogue: the entries of the directory typed so far. Without central nothing is offered.</summary>
internal static class PathCompletion
{
    private const string Scheme = "grid:";

    public static IEnumerable<CompletionItem> Paths(CompletionContext context) => Offer(context, context.WordToComplete, "");

    /// <summary>Where paths of this machine may stand too: only what begins as a path of the catalogue; the rest the shell completes itself.</summary>
    public static IEnumerable<CompletionItem> Places(CompletionContext context) => context.WordToComplete switch
    {
        { Length: > 1 } word when Scheme.StartsWith(word, StringComparison.Ordinal) && word.Length < Scheme.Length => [new CompletionItem(Scheme)],
        var word when word.StartsWith(Scheme, StringComparison.Ordinal) => Offer(context, word[Scheme.Length..], Scheme),
        _ => [],
    };

    private static IEnumerable<CompletionItem> Offer(CompletionContext context, string path, string before)
    {
        try
        {
            var below = Task.Run(() => Below(context.ParseResult.GetValue(SharedOptions.Config), path)).GetAwaiter().GetResult();
            return [.. below.Select(found => new CompletionItem(before + found))];
        }
        // A shell that completes must never show an error.
        catch (GridError) { return []; }
    }

    private static async Task<IEnumerable<string>> Below(string? config, string word)
    {
        await using var session = new Session(Terminal.OfThisProcess(), config, json: true) { Patience = Limits.CompletionPatience, IsForCompletion = true };
        var typed = word[..(word.LastIndexOf('/') + 1)];
        var directory = await session.Resolve(typed, CancellationToken.None);
        var list = await session.Ask(new ListDirectory(directory.Path) { Limit = Limits.PathsCompleted }, CancellationToken.None);
        return [.. list.Entries.Select(entry => typed + Core.Data.Lfn.Parse(entry.Path).Name + (entry.Type == "d" ? "/" : ""))];
    }
}
