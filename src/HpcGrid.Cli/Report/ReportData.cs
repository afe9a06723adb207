using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Why;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Report;

/// <summary>
/// What a report says, taken in job by job. Its size is bounded by spans of a few bytes for each job and by fixed numbers of everything else.
/// </summary>
internal sealed class ReportData
{
    private readonly Dictionary<string, int> _nodes = new(StringComparer.Ordinal);
    private readonly PriorityQueue<JobLine, double> _slowest = new();
    private readonly List<JobLine> _failed = [];
    private readonly List<JobLine> _others = [];
    private readonly List<double> _wall = [];
    private readonly List<double> _memory = [];

    /// <param name="top">The master, or the one job.</param>
    /// <param name="now">Central's clock.</param>
    /// <param name="cores">Cores of each job.</param>
    /// <param name="memoryMib">Memory that each asked for.</param>
    public ReportData(JobLine top, DateTimeOffset now, int cores, long memoryMib) => (Top, Now, Cores, MemoryMib) = (top, now, Math.Max(1, cores), memoryMib);

    public JobLine Top { get; }
    public DateTimeOffset Now { get; }
    public int Cores { get; }
    public long MemoryMib { get; }

    public Dictionary<string, int> States { get; } = [];
    public FailureGroups Failures { get; } = new();
    public List<JobSpan> Spans { get; } = [];
    public int Jobs { get; private set; }
    public double WallSeconds { get; private set; }
    public double CpuSeconds { get; private set; }
    /// <summary>Wall seconds of jobs that failed: time spent for nothing.</summary>
    public double LostSeconds { get; private set; }
    public int NewAttempts { get; private set; }

    /// <summary>Names of nodes, by their place.</summary>
    public IReadOnlyList<string> Nodes => [.. _nodes.OrderBy(node => node.Value).Select(node => node.Key)];

    /// <summary>Seconds that each job with a payload ran, and the largest memory of each in KiB.</summary>
    public IReadOnlyList<double> Walls => _wall;
    public IReadOnlyList<double> Memories => _memory;

    /// <summary>The longest first.</summary>
    public IReadOnlyList<JobLine> Slowest => [.. _slowest.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)];

    /// <summary>Failed jobs, then others, as many as the table holds.</summary>
    public IReadOnlyList<JobLine> Table => [.. _failed.Concat(_others).Take(Limits.ReportRows)];

    public void Add(JobLine job)
    {
        Jobs++;
        States[job.State] = States.GetValueOrDefault(job.State) + 1;
        NewAttempts += Math.Max(0, job.Attempt - 1);
        var failed = JobText.IsFailed(job.State);
        if (failed) Failures.Add(job);
        var rows = failed ? _failed : _others;
        if (rows.Count < Limits.ReportRows) rows.Add(job);
        AddSpan(job, failed);
        if (job.Payload is not { } payload || !JobText.IsFinal(job.State)) return;
        WallSeconds += payload.WallSeconds;
        CpuSeconds += payload.CpuSeconds;
        if (failed) LostSeconds += payload.WallSeconds;
        _wall.Add(payload.WallSeconds);
        if (payload.MaxRssKib > 0) _memory.Add(payload.MaxRssKib);
        _slowest.Enqueue(job, payload.WallSeconds);
        if (_slowest.Count > Limits.SlowestShown) _slowest.Dequeue();
    }

    private void AddSpan(JobLine job, bool failed)
    {
        if (job.StartedAt is not { } started || job.Node is not { } node) return;
        var from = (float)Math.Max(0, (started - Top.SubmittedAt).TotalSeconds);
        // What comes after the payload, saving outputs, takes no core.
        var to = JobText.IsFinal(job.State) && job.Payload is { } payload ? from + (float)payload.WallSeconds
            : (float)Math.Max(from, ((job.EndedAt ?? Now) - Top.SubmittedAt).TotalSeconds);
        if (!_nodes.TryGetValue(node, out var place) && _nodes.Count < Limits.NodesCounted) _nodes.Add(node, place = _nodes.Count);
        Spans.Add(new JobSpan(job.Job, place, from, to, failed ? SpanKind.Failed : JobText.IsFinal(job.State) ? SpanKind.Done : SpanKind.Active));
    }
}
