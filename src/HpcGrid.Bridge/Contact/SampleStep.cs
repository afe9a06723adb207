using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// Passes what running jobs use on to central. Memory only, one sample of each job at a time: what central misses, the next one tells better.
/// </summary>
internal sealed class SampleStep(ICentral central, Posts posts, CancellationToken stopping) : BridgeStep
{
    private readonly Dictionary<AttemptId, JobSample> _new = [];
    private bool _sending;
    private TimeSpan _due;

    /// <summary>A node's newest sample of a job.</summary>
    public void Take(JobSample sample)
    {
        var id = new AttemptId(sample.Job, sample.Attempt);
        if (_new.ContainsKey(id) || _new.Count < Limits.SamplesWaiting) _new[id] = sample;
    }

    public override void Run(Tick tick)
    {
        if (_sending || _new.Count == 0 || !central.IsConnected) return;
        if (tick.Monotonic < _due)
        {
            tick.ComeBackIn(_due - tick.Monotonic);
            return;
        }
        JobSample[] batch = [.. _new.Values.Take(Limits.SamplesPerReport)];
        tick.AfterCommitInAnyCase(() =>
        {
            foreach (var sample in batch) _new.Remove(new AttemptId(sample.Job, sample.Attempt));
            _sending = true;
            _due = tick.Monotonic + Limits.SampleInterval;
            posts.Fetch(() => central.Call(new ReportSamples(batch), stopping), (_, _) => _sending = false, Failed);
        });
    }

    private void Failed(Tick tick, GridError error)
    {
        if (!error.IsTransient) Log.Warning("central refuses samples: {Message}", error.Message);
        _sending = false;
        _due = tick.Monotonic + Limits.SampleInterval;
    }
}
