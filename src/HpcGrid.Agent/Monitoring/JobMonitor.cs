using HpcGrid.Agent.Processes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Monitoring;

/// <summary>
/// Measures running jobs, all in one pass over /proc. What is cheap is measured each time (processes, CPU, resident memory, output); what is dear
/// (memory with shared pages divided, open files, traffic; the sandbox's size) from time to time, and memory also whenever a limit is near. Counters that
/// only grow never go back when a process ends. One thread only.
/// </summary>
internal sealed class JobMonitor(int agent, AgentClock clock)
{
    private readonly ProcessCensus _census = new(agent);
    private readonly ProcessDetails _details = new();
    private readonly ProcFile _file = new();
    private Dictionary<AttemptId, State> _known = [];

    /// <summary>Looks at all of them now.</summary>
    public Measurement Measure(IReadOnlyList<Watched> jobs, GpuReading? gpus = null)
    {
        var start = Libc.ThreadCpu();
        var known = new Dictionary<AttemptId, State>(jobs.Count);
        var samples = new List<JobSample>(jobs.Count);
        foreach (var (job, processes) in _census.Take(jobs))
        {
            var state = known[job.Id] = _known.GetValueOrDefault(job.Id)
                ?? new State(new JobSample { Job = job.Id.Job, Attempt = job.Id.Attempt, At = clock.Utc });
            if (processes.Count == 0) continue;
            Measure(job, processes, state);
            if (gpus?.Of(processes.Select(process => process.Id)) is var (share, memory))
                state.Sample = state.Sample with { GpuShare = share, GpuMemoryKib = memory };
            samples.Add(state.Sample);
        }
        _known = known;
        return new Measurement(samples, Libc.ThreadCpu() - start);
    }

    private void Measure(Watched job, List<ProcessEntry> processes, State state)
    {
        var (now, begun) = (clock.Now, Libc.ThreadCpu());
        var before = state.Sample;
        var rss = processes.Sum(process => process.RssKib);
        var sample = before with
        {
            At = clock.Utc,
            Processes = processes.Count,
            CpuSeconds = Math.Max(before.CpuSeconds, processes.Sum(process => process.Ticks) / ProcessEntry.TicksPerSecond),
            RssKib = rss,
            // Until it is measured again, as much is taken to be shared as was.
            PssKib = before.RssKib > 0 ? (long)(rss * ((double)before.PssKib / before.RssKib)) : rss,
            OutputKib = DiskMeter.OutputBytesOf(job.Sandbox) / 1024,
        };
        var detailed = now >= state.DetailsDue;
        // Processes that share pages count them each: what passes the limit this way may still be within it.
        if (detailed || rss > job.MemoryLimitKib * Limits.ExactMemoryShare) sample = WithMemory(sample, processes);
        if (detailed)
        {
            sample = WithTraffic(sample, processes);
            state.DetailsDue = now + Longer(Limits.DetailInterval, (Libc.ThreadCpu() - begun) * Limits.CostFactor);
        }
        if (now >= state.DiskDue)
        {
            var start = Libc.ThreadCpu();
            sample = sample with { DiskKib = DiskMeter.BytesOf(job.Sandbox) / 1024 };
            state.DiskDue = now + Longer(Limits.DiskInterval, (Libc.ThreadCpu() - start) * Limits.CostFactor);
        }
        if (job.Kin.Group?.Use(_file) is { } use) sample = WithGroup(sample, use);
        state.Sample = sample;
    }

    /// <summary>Where the kernel counts for a group it is exact: what ended is in it, and each page once.</summary>
    private static JobSample WithGroup(JobSample sample, GroupUse use) => sample with
    {
        CpuSeconds = Math.Max(sample.CpuSeconds, use.CpuSeconds),
        PssKib = use.MemoryKib ?? sample.PssKib,
        SwapKib = use.MemoryKib is null ? sample.SwapKib : use.SwapKib,
        ReadKib = Math.Max(sample.ReadKib, use.ReadKib),
        WrittenKib = Math.Max(sample.WrittenKib, use.WrittenKib),
    };

    private JobSample WithMemory(JobSample sample, List<ProcessEntry> processes)
    {
        var (pss, swap) = (0L, 0L);
        foreach (var process in processes)
        {
            if (_details.Memory(process.Id) is { } memory) (pss, swap) = (pss + memory.Pss, swap + memory.Swap);
            else pss += process.RssKib;
        }
        return sample with { PssKib = Math.Min(pss, sample.RssKib), SwapKib = swap };
    }

    private JobSample WithTraffic(JobSample sample, List<ProcessEntry> processes)
    {
        var (files, read, written) = (0, 0L, 0L);
        foreach (var process in processes.Take(Limits.DetailedProcesses))
        {
            files += ProcessDetails.OpenFiles(process.Id);
            var traffic = _details.Traffic(process.Id);
            (read, written) = (read + traffic.Read, written + traffic.Written);
        }
        return sample with { OpenFiles = files, ReadKib = Math.Max(sample.ReadKib, read), WrittenKib = Math.Max(sample.WrittenKib, written) };
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class State(JobSample first)
    {
        public JobSample Sample { get; set; } = first;
        public TimeSpan DetailsDue { get; set; }
        public TimeSpan DiskDue { get; set; }
    }
}
