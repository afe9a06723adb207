using System.Text.Json;
using HpcGrid.Agent;
using HpcGrid.Agent.Monitoring;
using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: which part of a core does an agent take to measure its running jobs, at the pace at which it does? Each job is a shell with a child
/// and some files in its sandbox.
/// </summary>
internal static class WhatDoesMonitoringCost
{
    private const int FilesPerJob = 20;

    public static int Answer(BenchOptions options)
    {
        var jobs = options.Jobs;
        var folder = Directory.CreateTempSubdirectory("hpcgrid-monitoring-").FullName;
        ProcessSetup.Prepare();
        var watched = Enumerable.Range(1, jobs).Select(job => Start(folder, job)).ToList();
        try { Say(Measure(watched, TimeSpan.FromSeconds(options.Seconds)), jobs, options.Json); }
        finally
        {
            foreach (var job in watched) _ = Libc.kill(-job.Kin.Process, Libc.Kill);
            while (Reaper.Wait(-1, TimeProvider.System) is not null) { }
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private static Watched Start(string folder, int job)
    {
        var sandbox = Sandbox.Create(Path.Combine(folder, $"sandbox{job}"));
        for (var i = 0; i < FilesPerJob; i++) File.WriteAllText(sandbox.PathOf($"file{i}"), "content");
        var id = new AttemptId(job, 1);
        using var spawner = new Spawner();
        var started = spawner.Start(new SpawnOrder("/bin/sh", ["/bin/sh", "-c", "sleep 1000 & wait"],
            [$"HPCGRID_ATTEMPT={id}", "PATH=/usr/bin:/bin"], sandbox.Path, sandbox.Stdout, sandbox.Stderr, OutputFiles.Empty));
        return new Watched(id, new Kinship(started.ProcessId, $"HPCGRID_ATTEMPT={id}", Brand: null), sandbox, Resources.Default.MemoryMib * 1024);
    }

    /// <summary>As LimitWatch does it: the next look is due by cost and growth.</summary>
    private static MonitoringCost Measure(IReadOnlyList<Watched> jobs, TimeSpan duration)
    {
        var clock = new AgentClock(TimeProvider.System);
        var monitor = new JobMonitor(Environment.ProcessId, clock);
        var uses = jobs.ToDictionary(job => job.Id, _ => new JobUse());
        var (looks, cpu) = (0, Libc.ThreadCpu());
        var idle = new ManualResetEventSlim();
        while (clock.Now < duration)
        {
            var measurement = monitor.Measure(jobs);
            var next = LimitRules.NextLook(0, 0, measurement.Cost);
            foreach (var sample in measurement.Samples)
            {
                var use = uses[new AttemptId(sample.Job, sample.Attempt)];
                use.Take(sample, clock.Now);
                var due = use.NextLook(LimitRules.Judge(sample, Resources.Default, JobLimits.Default, TimeSpan.Zero), clock.Now, measurement.Cost);
                if (due < next) next = due;
            }
            looks++;
            idle.Wait(next);
        }
        return new MonitoringCost(looks, (Libc.ThreadCpu() - cpu).TotalSeconds / clock.Now.TotalSeconds, Directory.GetDirectories("/proc").Length);
    }

    private static void Say(MonitoringCost cost, int jobs, bool json) => Console.WriteLine(json
        ? JsonSerializer.Serialize(new { jobs, cost.Looks, cost.ShareOfACore })
        : $"{jobs} jobs on a node with about {cost.Processes} processes: {cost.ShareOfACore:P2} of a core, {cost.Looks} looks");

    private sealed record MonitoringCost(int Looks, double ShareOfACore, int Processes);
}
