using System.Diagnostics;
using HpcGrid.Client;
using HpcGrid.Core.Api;

namespace HpcGrid.Benchmarks;

/// <summary>A user who asks how things stand, again and again, while central works: a production's progress, the list of jobs, one job, its trace.</summary>
internal sealed class StatusQueries : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly GridClient _user;
    private readonly long _master;
    private readonly CancellationTokenSource _end = new();
    private readonly Task<List<double>> _asking;

    public StatusQueries(GridClient user, long master)
    {
        (_user, _master) = (user, master);
        _asking = Task.Run(Ask);
    }

    /// <summary>Stops asking and tells how long the answers took.</summary>
    public async Task<Measurement> End()
    {
        await _end.CancelAsync();
        var took = await _asking;
        took.Sort();
        await _user.DisposeAsync();
        return new Measurement("status query meanwhile", took.Count, took.Sum() / 1000, default, took[took.Count / 2], took[took.Count * 95 / 100]);
    }

    private async Task<List<double>> Ask()
    {
        var random = new Random(1);
        var took = new List<double>();
        using var timer = new PeriodicTimer(Pause);
        while (!_end.IsCancellationRequested || took.Count == 0)
        {
            var job = 1 + random.NextInt64(_master);
            Func<Task>[] questions =
            [
                () => _user.Call(new FollowJob(_master), default), () => _user.Call(new ListJobs { Limit = 20 }, default),
                () => _user.Call(new DescribeJob(job), default), () => _user.Call(new TraceJob(job), default),
            ];
            foreach (var question in questions)
            {
                var clock = Stopwatch.StartNew();
                await question();
                took.Add(clock.Elapsed.TotalMilliseconds);
            }
            await timer.WaitForNextTickAsync();
        }
        return took;
    }

    public void Dispose() => _end.Dispose();
}
