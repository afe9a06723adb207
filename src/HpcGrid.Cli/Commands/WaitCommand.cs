using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid wait`.</summary>
internal sealed class WaitCommand : GridCommand
{
    private readonly Argument<long[]> _jobs = new("jobs") { Description = "The jobs; a master has ended when all its subjobs have.",
        Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _timeout = new("--timeout", "-t") { Description = "Give up after this time (90s, 15min, 2h): exit code 124.",
        HelpName = "TIME" };
    private readonly Option<bool> _any = new("--any") { Description = "Until one of them has ended." };

    public WaitCommand() : base("wait",
        "Wait in silence until jobs have ended. Exit code 0: all are DONE; 1: one has failed; 124: time is up.",
        "hpcgrid wait 101 && echo all done",
        "hpcgrid wait --timeout 2h 101 102",
        "hpcgrid wait --any 101 102        # until the first of them has ended")
    {
        Add(_jobs);
        Add(_timeout);
        Add(_any);
        _jobs.CompletionSources.Add(JobCompletion.Jobs);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.JobFailed, "a job has failed"), (ExitCodes.TimeIsUp, "time is up")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        session.Patience = Limits.WatchPatience;
        var jobs = (parsed.GetValue(_jobs) ?? []).Distinct().ToList();
        var bound = parsed.GetValue(_timeout) is { } text ? TimeText.Duration(text) : Timeout.InfiniteTimeSpan;
        using var time = new CancellationTokenSource(bound);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        var ended = new Dictionary<long, JobLine>();
        var inTime = true;
        try { await Wait(session, jobs, parsed.GetValue(_any), ended, either.Token); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested) { inTime = false; }
        session.Show(new JobList([.. jobs.Where(ended.ContainsKey).Select(job => ended[job])], !inTime), () =>
        {
            foreach (var job in jobs.Where(ended.ContainsKey)) session.Terminal.Output.WriteLine(Line(ended[job]));
            if (!inTime) session.Terminal.Error.WriteLine($"hpcgrid: time is up: {jobs.Count - ended.Count} of {jobs.Count} have not ended");
        });
        return !inTime ? ExitCodes.TimeIsUp : ended.Values.All(job => JobText.IsDone(job.State)) ? ExitCodes.Ok : ExitCodes.JobFailed;
    }

    private static async Task Wait(Session session, List<long> jobs, bool any, Dictionary<long, JobLine> ended, CancellationToken ct)
    {
        for (var pause = Limits.FirstLook; ; pause = pause * 1.2 < Limits.LongestLook ? pause * 1.2 : Limits.LongestLook)
        {
            foreach (var chunk in jobs.Where(job => !ended.ContainsKey(job)).Chunk(Limits.PageOfJobs))
            {
                var found = (await session.Ask(new ListJobs { Jobs = chunk, Limit = Limits.PageOfJobs }, ct)).Jobs;
                if (chunk.Except(found.Select(line => line.Job)).ToList() is { Count: > 0 } missing)
                    throw GridError.NotFound($"there is no job {missing[0]}", "See your jobs: hpcgrid ps.");
                foreach (var line in found.Where(line => JobText.IsFinal(line.State))) ended[line.Job] = line;
            }
            if (ended.Count == jobs.Count || (any && ended.Count > 0)) return;
            await Task.Delay(pause, ct);
        }
    }

    private static string Line(JobLine job) =>
        $"job {job.Job}: {job.State}{(JobText.Subjobs(job) is { Length: > 0 } subjobs ? $" ({subjobs})" : "")}"
        + (JobText.Why(job) is { Length: > 0 } why ? $": {Words.Printable(why)}" : "");
}
