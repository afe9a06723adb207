using System.Text;
using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>What an owner sees of a job while it runs on a node that has no network.</summary>
public sealed class LiveTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    [Test]
    public async Task A_growing_file_is_followed_from_a_running_job_and_its_chunks_are_the_file()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = (await grid.Submit("""
            Command = {"/bin/sh", "-c", "i=0; while [ ! -e stop ] && [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); sleep 0.01; done; echo the end"};
            OutputFile = {"stdout"};
            TTL = 600;
            """)).Job;
        await using var client = grid.Connect();
        await Eventually.True(async () => (await client.Call(new DescribeJob(job), default)).Line.State == "RUNNING", Bound, () => "the job to run");

        using var read = new MemoryStream();
        for (var chunks = 0; chunks < 10;)
        {
            var seen = await client.Call(new PeekJob(job, PeekKind.File, "stdout", read.Length), default);
            Assert.That((seen.Running, seen.Offset), Is.EqualTo((true, read.Length)));
            read.Write(seen.Bytes);
            if (seen.Bytes.Length > 0) chunks++;
        }
        var files = (await client.Call(new PeekJob(job, PeekKind.Files, "", 0), default)).Files;
        var processes = (await client.Call(new PeekJob(job, PeekKind.Processes, "", 0), default)).Processes;
        Assert.Multiple(() =>
        {
            Assert.That(files.Select(file => file.Path), Does.Contain("stdout"));
            Assert.That(processes.Select(process => process.Command), Has.Some.Contains("line $i"));
        });
        var expected = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"line {i}\n"));
        Assert.That(expected, Does.StartWith(Encoding.ASCII.GetString(read.ToArray())), "the chunks are a prefix of what the job writes");

        JobSamples? samples = null;
        await Eventually.True(async () => (samples = await client.Call(new ReadSamples(job), default)).Samples.Count > 0, Bound, () => "a sample of the job");
        Assert.That(samples!.Samples[0].RssKib, Is.Positive);

        await client.Call(new KillJobs([job]), default);
        await Eventually.True(() => !grid.Processes().Any(process => process.Command.Contains("line $i", StringComparison.Ordinal)), Bound, "the payload to be gone");
    }
}
