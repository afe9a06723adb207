using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using Medallion.Shell;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>
/// Question: how fast do files of a megabyte go into the spool's cache, from there to a node's sandbox, and from a sandbox into the spool as outputs? Each step
/// reads, hashes and writes; beside it in the same run `cp -r` and `sha256sum` of the same files, which sync nothing. The last row is the cache's step with an
/// fsync of each file and nothing else of ours: what durability alone costs here.
/// </summary>
internal static class HowFastIsStaging
{
    private const int FileBytes = 1024 * 1024;

    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("HPCGRID_BENCH") ?? "artifacts/bench", Guid.NewGuid().ToString("N")[..8]));
        Directory.CreateDirectory(folder);
        try
        {
            var rows = new List<StageRow>();
            for (var run = 0; run < options.Runs; run++) rows.AddRange(await Measure(Path.Combine(folder, $"run{run}"), options.Megabytes, options.Threads));
            Show(options, [.. rows.GroupBy(row => row.What).Select(StageRow.Median)]);
        }
        finally { Directory.Delete(folder, recursive: true); }
        return 0;
    }

    private static async Task<List<StageRow>> Measure(string folder, int files, int threads)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        var contents = Write(source, files);
        var fs = new PosixFs();
        var root = SpoolRoot.Create(fs, Path.Combine(folder, "spool"), SpoolSharing.Private, 1, Guid.NewGuid(), RandomNonces.Next);
        var bridge = new BridgeSpool(root, 1, RandomNonces.Next);
        var card = new AgentCard(AgentName.Make("1", "node1", RandomNonces.Next()), "node1", "pilot", "1", threads, 1000, 1000, "none", null, 1);
        var agent = AgentSpool.Join(fs, root.Layout.Root, card, RandomNonces.Next);
        var (sandbox, synced) = (Directory.CreateDirectory(Path.Combine(folder, "sandbox")).FullName, Directory.CreateDirectory(Path.Combine(folder, "synced")).FullName);
        List<StageRow> rows =
        [
            await StageRow.Of("cp -r, then sha256sum", files, async () =>
            {
                await Run("cp", "-r", source, Path.Combine(folder, "copied"));
                await Run("sh", "-c", $"find {Path.Combine(folder, "copied")} -type f -print0 | xargs -0 sha256sum > {folder}/sums");
            }),
            await StageRow.Of("into the cache (synced)", files, () => Each(files, threads, i => Expect(contents[i], Read(source, i, from => bridge.Cache.Put(contents[i], from.Read))))),
            await StageRow.Of("stage-in: cache to sandbox", files, () => Each(files, threads, i =>
            {
                using var to = File.OpenHandle(Path.Combine(sandbox, Name(i)), FileMode.CreateNew, FileAccess.Write);
                long at = 0;
                Expect(contents[i], agent.CopyFromCache(contents[i].Sha256, bytes => { RandomAccess.Write(to, bytes, at); at += bytes.Length; }));
            })),
            await StageRow.Of("stage-out: sandbox to spool (synced)", files, () => Each(files, threads, i =>
                Expect(contents[i], Read(sandbox, i, from => agent.PublishLargeOutput(new OutputName(new AttemptId(1, 1), 0, i, "file"), from.Read))))),
            await StageRow.Of("copy and fsync of each file, no hash", files, () => Each(files, threads, i => CopyAndSync(Path.Combine(source, Name(i)), Path.Combine(synced, Name(i))))),
        ];
        Directory.Delete(folder, recursive: true);
        return rows;
    }

    private static Content[] Write(string folder, int files)
    {
        var contents = new Content[files];
        Parallel.For(0, files, i =>
        {
            var bytes = new byte[FileBytes];
            new Random(i).NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(folder, Name(i)), bytes);
            contents[i] = Content.Of(bytes);
        });
        return contents;
    }

    private static Task Each(int files, int threads, Action<int> work) =>
        Task.Run(() => Parallel.For(0, files, new ParallelOptions { MaxDegreeOfParallelism = threads }, work));

    private static CopiedContent Read(string folder, int number, Func<FileStream, CopiedContent> copy)
    {
        using var file = new FileStream(Path.Combine(folder, Name(number)), new FileStreamOptions { BufferSize = 0 });
        return copy(file);
    }

    private static void CopyAndSync(string from, string to)
    {
        File.Copy(from, to);
        using var file = File.OpenHandle(to, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    private static void Expect(Content content, CopiedContent copied)
    {
        if (copied.Errno != Errno.None || copied.Content != content) throw new InvalidOperationException($"a copy failed: {copied.Errno}");
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"file{number:D6}");

    private static async Task Run(string program, params string[] words)
    {
        var result = await Command.Run(program, words.Cast<object>()).Task;
        if (!result.Success) throw new InvalidOperationException($"{program}: {result.StandardError}");
    }

    private static void Show(BenchOptions options, IReadOnlyList<StageRow> rows)
    {
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(rows));
            return;
        }
        var table = new Table().AddColumns("what", "MB/s", "of cp + sha256sum", "CPU ms a file");
        foreach (var row in rows)
            table.AddRow(row.What, Text(row.Rate), Text(row.Rate / rows[0].Rate), Text(1000 * row.CpuSeconds / row.Files));
        AnsiConsole.Write(table);
        Console.WriteLine($"{rows[0].Files} files of 1 MB, medians of {options.Runs}, {options.Threads} threads");
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>What moving all files took; CPU of this process and of those it ran.</summary>
    private sealed record StageRow(string What, int Files, double Seconds, double CpuSeconds)
    {
        public double Rate => Files / Seconds;

        public static async Task<StageRow> Of(string what, int files, Func<Task> work)
        {
            var (cpu, clock) = (Cpu(), Stopwatch.StartNew());
            await work();
            return new StageRow(what, files, clock.Elapsed.TotalSeconds, Cpu() - cpu);
        }

        public static StageRow Median(IEnumerable<StageRow> runs)
        {
            var sorted = runs.OrderBy(row => row.Seconds).ToList();
            return sorted[sorted.Count / 2];
        }

        /// <summary>Of this process and its children that have ended, in hundredths of a second.</summary>
        private static double Cpu() =>
            File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ')[11..15].Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / 100;
    }
}
