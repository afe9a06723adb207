using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Contact;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Bridge;

/// <summary>Central as a bridge meets it: hands out waiting jobs, remembers answers by request id, takes events.</summary>
internal sealed class FakeCentral : ICentral
{
    private readonly ConcurrentDictionary<Guid, Matched> _answers = new();

    public ConcurrentQueue<Assignment> Waiting { get; } = new();
    public ConcurrentQueue<JobEvent> Events { get; } = new();
    public ConcurrentQueue<MatchJobs> Requests { get; } = new();
    public IEnumerable<SiteMap> SiteMaps => Requests.Select(request => request.SiteMap);
    public ConcurrentDictionary<AttemptId, bool> Kill { get; } = new();
    public ConcurrentDictionary<AttemptId, bool> Fenced { get; } = new();
    /// <summary>Looks that wait for an answer.</summary>
    public ConcurrentDictionary<Guid, PeekOrder> Peeks { get; } = new();
    public ConcurrentQueue<AnswerPeek> Answers { get; } = new();
    /// <summary>Answers to looks do not arrive.</summary>
    public bool LosesAnswers { get; set; }
    /// <summary>How often one was sent.</summary>
    public int AnswersTried => _answersTried;
    private int _answersTried;
    public bool IsConnected { get; set; } = true;
    /// <summary>As the bridge last told.</summary>
    public IReadOnlyList<NodeStatus> Nodes { get; private set; } = [];
    /// <summary>Answers to matches get lost on the way.</summary>
    public bool LosesMatches { get; set; }
    public Arrivals? Arrivals { get; set; }

    public IEnumerable<JobEvent> Of(long job) => Events.Where(e => e.Job == job).DistinctBy(e => e.Key).OrderBy(e => e.Key);

    public Ended? EndOf(long job) => Of(job).Select(e => e.What).OfType<Ended>().FirstOrDefault();

    public int EndsOf(long job) => Events.Count(e => e.Job == job && e.What is Ended);

    public Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
    {
        if (!IsConnected) throw GridError.Unavailable("central is away");
        Reply reply = request switch
        {
            MatchJobs match => Match(match),
            ReportEvents report => Report(report),
            RenewLeases renew => Renew(renew),
            AnswerPeek answer => Answer(answer),
            ReportSamples report => Take(report),
            _ => throw new InvalidOperationException($"{request.GetType().Name} is not what a bridge asks"),
        };
        return Task.FromResult((TReply)reply);
    }

    public ConcurrentQueue<JobSample> Samples { get; } = new();

    private Done Take(ReportSamples report)
    {
        foreach (var sample in report.Samples) Samples.Enqueue(sample);
        return new Done();
    }

    private Done Answer(AnswerPeek answer)
    {
        Interlocked.Increment(ref _answersTried);
        if (LosesAnswers) throw GridError.Unavailable("the answer did not arrive");
        Peeks.TryRemove(answer.Id, out _);
        Answers.Enqueue(answer);
        return new Done();
    }

    private Renewed Renew(RenewLeases renew)
    {
        Nodes = renew.Nodes;
        return new Renewed([.. Kill.Keys], Waiting.Count) { Peeks = [.. Peeks.Values] };
    }

    private Matched Match(MatchJobs match)
    {
        Requests.Enqueue(match);
        var answer = _answers.GetOrAdd(match.RequestId, id =>
        {
            var taken = new List<Assignment>();
            while (taken.Count < match.Count && Waiting.TryDequeue(out var next)) taken.Add(next);
            return new Matched(id, taken);
        });
        return LosesMatches ? throw GridError.Unavailable("the answer was lost") : answer;
    }

    private Reported Report(ReportEvents report)
    {
        foreach (var e in report.Events) Events.Enqueue(e);
        return new Reported([.. report.Events.Select(e => e.AttemptId).Distinct().Where(Fenced.ContainsKey)]);
    }

    /// <summary>A job as central would assign it.</summary>
    public static Assignment Job(long job, bool repeatable = true, IReadOnlyList<SourceFile>? sources = null, int attempt = 1)
    {
        sources ??= [];
        var spec = new JobSpec
        {
            User = "jdoe",
            Argv = ["/bin/true"],
            Inputs = [.. sources.Select(source => new InputFile(Lfn.Parse(source.Lfn).Name, source.Content, false, source.Lfn))],
            Resources = new Resources(1, 100, 100, 60),
            Repeatable = repeatable,
        };
        return new Assignment(job, attempt, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec)), "grant", sources, $"token-{job}");
    }
}
