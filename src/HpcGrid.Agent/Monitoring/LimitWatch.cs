using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Monitoring;

/// <summary>
/// Has running jobs measured, as often as it costs little, warns in a job's trace when a limit is near, and stops the job when it is passed: TERM,
/// grace and KILL, or KILL at once when it goes far beyond. Belongs to the loop's thread.
/// </summary>
internal sealed class LimitWatch(JobRunner runner, IMonitor monitor, GpuProbe gpus, AgentClock clock, TimeSpan publishSamples)
{
    private TimeSpan _due;
    private bool _measuring;

    /// <summary>Begins a look when it is time; answers when the next is due.</summary>
    public TimeSpan Step(TimeSpan now)
    {
        var asked = gpus.Step(now);
        return Shorter(asked, Look(now));
    }

    private TimeSpan Look(TimeSpan now)
    {
        if (_measuring) return TimeSpan.MaxValue;
        var next = TimeSpan.MaxValue;
        List<Watched>? old = null;
        foreach (var run in runner.Active)
        {
            if (run.Stage != RunStage.Running) continue;
            var due = run.CommandStarted + Limits.FirstSample;
            if (due <= now) (old ??= []).Add(new Watched(run.Job.Id, run.Kin, run.Sandbox!, run.Spec!.Resources.MemoryMib * 1024));
            else if (due < next) next = due;
        }
        if (old is null) return next > _due ? next : next == TimeSpan.MaxValue ? next : _due;
        if (_due > now) return _due;
        _measuring = true;
        monitor.Measure(old, gpus.Reading);
        return TimeSpan.MaxValue;
    }

    public void Take(Measurement measurement)
    {
        _measuring = false;
        var now = clock.Now;
        var next = LimitRules.NextLook(0, 0, measurement.Cost);
        var samples = measurement.Samples.ToDictionary(sample => new AttemptId(sample.Job, sample.Attempt));
        foreach (var run in runner.Active.Where(run => run.Stage == RunStage.Running).ToList())
            if (samples.TryGetValue(run.Job.Id, out var sample))
                next = Shorter(next, Judge(run, sample, now, measurement.Cost));
        _due = now + next;
    }

    private TimeSpan Judge(JobRun run, JobSample sample, TimeSpan now, TimeSpan cost)
    {
        run.Use.Take(sample, now);
        run.Queue.ChangeBy(now, publishSamples);
        var uses = LimitRules.Judge(sample, run.Spec!.Resources, run.Spec.Limits, run.Use.Idle(now));
        foreach (var use in uses)
        {
            if (use.Share > 1) Enforce(run, use);
            else if (use.Share >= Limits.WarningShare && run.Use.MayWarn(use.Cause))
            {
                run.Queue.Note(run, "limit", clock.Utc, $"near a limit: {use.Words}");
                run.Queue.Change(now);
            }
        }
        return run.Use.NextLook(uses, now, cost);
    }

    /// <summary>What is written or allocated during the grace period hurts the neighbours: far beyond the limit there is none.</summary>
    private void Enforce(JobRun run, LimitUse use)
    {
        var atOnce = use.Share > Limits.HardShare && use.Cause != PayloadCause.IdleLimit;
        runner.Stop(run, new StopOrder(Outcome.LimitExceeded, $"it used {use.Words}", use.Cause, atOnce));
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
