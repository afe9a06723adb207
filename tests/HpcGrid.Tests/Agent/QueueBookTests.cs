using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>What an agent holds, and how long it lasts.</summary>
public sealed class QueueBookTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private readonly QueueBook _book = new(new AgentCard("b-1.node1.a", "node1", "pilot", "b-1", 2, 1000, 1000, "none", null, 1));
    private long _files, _jobs;

    [Test]
    public void How_long_the_work_lasts_is_told_by_what_its_own_first_jobs_took()
    {
        Claim(jobs: 10);
        Assert.That(_book.SecondsOfWork(running: 2), Is.Null, "nothing has ended yet");
        End(seconds: 0.01);
        End(seconds: 0.03);
        Assert.Multiple(() =>
        {
            Assert.That(_book.SecondsOfWork(running: 2), Is.EqualTo(9 * 0.02 / 2).Within(1e-9), "eight wait, and then one of two ends");
            Assert.That(_book.SecondsOfWork(running: 0), Is.Null);
        });
    }

    /// <summary>A node whose slots have just begun jobs of hours must not claim because those before were short.</summary>
    [Test]
    public void What_jobs_of_another_file_took_says_nothing_of_those_that_have_just_begun()
    {
        Claim(jobs: 1);
        End(seconds: 0.01);
        Claim(jobs: 1);
        Begin();
        Assert.That(_book.SecondsOfWork(running: 1), Is.Null);
    }

    private void Claim(int jobs)
    {
        var header = new WorkQueueHeader(new QueueName(++_files, 1), 1, Repeatable: true, StartMode.Optimistic);
        var rows = Enumerable.Range(0, jobs).Select(_ => new QueuedJob(new AttemptId(++_jobs, 1), 0, [], ""));
        _book.Add(new WorkQueue(header, [.. rows], new Dictionary<string, byte[]>()), TimeSpan.Zero);
    }

    private JobRun Begin()
    {
        var run = _book.Waiting(1).Single();
        _book.Take(run);
        _book.Activate(run);
        run.StartedAt = Start;
        return run;
    }

    private void End(double seconds)
    {
        var run = Begin();
        run.EndedAt = Start + TimeSpan.FromSeconds(seconds);
        _book.Over(run);
    }
}
