using BenchmarkDotNet.Attributes;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Benchmarks;

/// <summary>Question: what does central pay to fold the six events of an ordinary job?</summary>
public class HowFastIsTheJobMachine
{
    private readonly JobEvent[] _life = new Happening[]
    {
        new Opened("submitted", 0, 0), new Assigned("titan", "TITAN"), new Started("nid00017", "a1"), new Running("nid00017", "/tmp/17.1"),
        new Saving(), new Ended(JobState.Done),
    }.Select((what, i) => new JobEvent(17, new EventKey(1, 0, EventSource.Central, i), DateTimeOffset.UnixEpoch, what)).ToArray();

    [Benchmark]
    public Job Fold() => JobMachine.Replay(17, _life);
}
