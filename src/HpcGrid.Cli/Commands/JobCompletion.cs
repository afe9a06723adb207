using System.CommandLine.Completions;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>What a shell offers for a job's number: the newest jobs. Central is asked once and for a moment only; without it nothing is offered.</summary>
internal static class JobCompletion
{
    public static IEnumerable<CompletionItem> Jobs(CompletionContext context)
    {
        try { return Task.Run(() => Newest(context.ParseResult.GetValue(SharedOptions.Config))).GetAwaiter().GetResult(); }
        // A shell that completes must never show an error.
        catch (GridError) { return []; }
    }

    private static async Task<IEnumerable<CompletionItem>> Newest(string? config)
    {
        await using var session = new Session(Terminal.OfThisProcess(), config, json: true) { Patience = Limits.CompletionPatience, IsForCompletion = true };
        var list = await session.Ask(new ListJobs { Limit = Limits.JobsCompleted }, CancellationToken.None);
        return [.. list.Jobs.Select(job => new CompletionItem(Words.Number(job.Job), detail: $"{job.State} {job.Name}"))];
    }
}
