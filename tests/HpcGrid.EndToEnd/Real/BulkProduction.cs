using System.Text;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.EndToEnd.Real;

/// <summary>Many jobs with an output each, every so many of them a large one, whose content follows from the job's number.</summary>
internal sealed class BulkProduction(Grid grid, int jobs, double secondsEach)
{
    private const string Home = "/hpcgrid/user/p/physicist";

    /// <summary>Bytes of the large outputs; every how many jobs there is one.</summary>
    public int LargeBytes { get; init; } = 2_000_000;
    public int LargeEvery { get; init; } = 20;
    private const int SmallBytes = 300;
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];

    public long Master { get; private set; }

    public async Task Submit()
    {
        await grid.Upload($"{_name}.sh", $"""
            #!/bin/sh
            sleep {secondsEach.ToString(System.Globalization.CultureInfo.InvariantCulture)}
            size={SmallBytes}
            [ $(($1 % {LargeEvery})) -ne 0 ] || size={LargeBytes}
            yes "result of job $1" | head -c $size > data
            """);
        Master = (await grid.Submit($$"""
            Executable = "{{Home}}/{{_name}}.sh";
            Arguments = "#alien_counter#";
            OutputFile = {"data"};
            OutputDir = "{{Home}}/{{_name}}/#alien_counter_05i#";
            Split = "production:1-{{jobs}}";
            TTL = 600;
            """)).Job;
    }

    /// <summary>All jobs DONE, each ended once, every output whole and right.</summary>
    public async Task AssertWhole(JobProgress progress)
    {
        Assert.That(progress.States, Is.EquivalentTo(new Dictionary<string, int> { ["DONE"] = jobs }));
        await using var client = grid.Connect();
        foreach (var job in await grid.Subjobs(Master))
        {
            var trace = await client.Call(new TraceJob(job.Job), CancellationToken.None);
            var ends = trace.Events.Count(e => e.What is Ended { State: JobState.Done });
            Assert.That(ends, Is.EqualTo(1), $"job {job.Job} was DONE {ends} times");
        }
        foreach (var counters in Enumerable.Range(1, jobs).Chunk(100))
        {
            var texts = await grid.Read(counters.Select(counter => $"{Home}/{_name}/{counter:D5}/data"));
            Assert.That(texts.Zip(counters).Where(pair => pair.First != Content(pair.Second)).Select(pair => pair.Second), Is.Empty, "outputs that are not right");
        }
    }

    /// <summary>How often attempts were handed out again.</summary>
    public async Task<int> Requeues()
    {
        await using var client = grid.Connect();
        var requeued = 0;
        foreach (var job in await grid.Subjobs(Master))
            requeued += (await client.Call(new TraceJob(job.Job), CancellationToken.None)).Events.Count(e => e.What is Requeued);
        return requeued;
    }

    private string Content(int counter)
    {
        var size = counter % LargeEvery == 0 ? LargeBytes : SmallBytes;
        var line = $"result of job {counter}\n";
        return new StringBuilder(size + line.Length).Insert(0, line, size / line.Length + 1).ToString(0, size);
    }
}
