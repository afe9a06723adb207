using HpcGrid.Core.Api;

namespace HpcGrid.EndToEnd;

/// <summary>What jobs write, from their nodes to the catalogue.</summary>
public sealed class OutputTests
{
    private const string Home = "/hpcgrid/user/p/physicist";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    [Test]
    public async Task A_production_of_any_size_makes_no_storm_of_files_on_the_shared_filesystem()
    {
        const int Subjobs = 1500;
        await using var grid = await Grid.Start(nodes: 2);
        using var done = new CancellationTokenSource();
        var most = CountFiles(grid.SpoolRoot, done.Token);
        var master = await grid.Submit($$"""
            Command = {"/bin/sh", "-c", "echo result > r; echo log; echo warning >&2"};
            OutputFile = {"r"};
            KeepOutput = "always";
            OutputDir = "{{Home}}/storm/#alien_counter_05i#";
            Split = "production:1-{{Subjobs}}";
            TTL = 600;
            """);
        var progress = await grid.UntilFinal(master.Job, Bound);
        await done.CancelAsync();
        Assert.That(progress.State, Is.EqualTo("DONE"), string.Join(' ', progress.States));
        var files = await most;
        TestContext.Out.WriteLine($"{Subjobs} jobs with three outputs each: at most {files} files and folders in the spool at a time");
        Assert.That(files, Is.LessThan(300), "the number does not grow with the production: 4,000 jobs made 68");
        Assert.That(await grid.Read([$"{Home}/storm/00001/r", $"{Home}/storm/01500/stdout", $"{Home}/storm/00700/stderr"]),
            Is.EqualTo(new[] { "result\n", "log\n", "warning\n" }));
    }

    [Test]
    public async Task What_a_job_that_passed_a_limit_left_is_in_its_recycle_directory()
    {
        await using var grid = await Grid.Start(nodes: 1);
        var job = (await grid.Submit("""
            Command = {"/bin/sh", "-c", "echo diagnosis > why; yes"};
            OutputErrorE = {"why"};
            KeepOutput = "never";
            MaxOutputSize = "20MB";
            TTL = 600;
            """)).Job;
        var progress = await grid.UntilFinal(job, Bound);
        Assert.That(progress.State, Is.EqualTo("ERROR_E"));
        await using var client = grid.Connect();
        var line = (await client.Call(new DescribeJob(job), default)).Line;
        Assert.That(line.Reason, Does.Contain("MiB of standard output and error where 20 MiB are allowed (MaxOutputSize)"));
        Assert.That(line.Payload!.Cause, Is.EqualTo(Core.Jobs.PayloadCause.OutputLimit));
        Assert.That(await grid.Read([$"{Home}/recycle/hpcgrid-job-{job}.1/why"]), Is.EqualTo(new[] { "diagnosis\n" }));
    }

    /// <summary>The greatest number of files and folders below a folder, counted again and again until it is stopped.</summary>
    private static Task<int> CountFiles(string folder, CancellationToken stop) => Task.Factory.StartNew(() =>
    {
        var most = 0;
        var pending = new Stack<string>();
        while (!stop.IsCancellationRequested)
        {
            var count = 0;
            pending.Push(folder);
            while (pending.TryPop(out var next))
            {
                // Agents and bridge make and remove folders meanwhile.
                string[] entries;
                try { entries = Directory.GetFileSystemEntries(next); }
                catch (DirectoryNotFoundException) { continue; }
                count += entries.Length;
                foreach (var entry in entries.Where(Directory.Exists)) pending.Push(entry);
            }
            most = Math.Max(most, count);
            stop.WaitHandle.WaitOne(20);
        }
        return most;
    }, TaskCreationOptions.LongRunning);
}
