using Spectre.Console;

namespace HpcGrid.Cli.Output;

/// <summary>Counts what was transferred, and shows a bar on standard error when that is a terminal. Thread-safe.</summary>
internal sealed class TransferMeter
{
    private long _bytes;
    private int _files;

    public long Bytes => Interlocked.Read(ref _bytes);
    public int Files => Volatile.Read(ref _files);

    public void Moved(long bytes) => Interlocked.Add(ref _bytes, bytes);
    public void FileDone() => Interlocked.Increment(ref _files);

    /// <summary>Does the work under a bar from 0 to <paramref name="files"/> files.</summary>
    public async Task Show(Session session, string what, int files, Func<Task> work)
    {
        if (!session.Terminal.ErrorIsLive || session.Json || files == 0) { await work(); return; }
        await session.Terminal.Console(error: true).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(what), maxValue: files);
                var working = work();
                while (await Task.WhenAny(working, Task.Delay(Limits.LocalPoll)) != working)
                {
                    bar.Value = Files;
                    bar.Description = Markup.Escape($"{what} {Files}/{files} files, {Words.Size(Bytes)}");
                }
                await working;
            });
    }

    /// <summary>"3 files, 1.2 MB".</summary>
    public override string ToString() => Words.Files(Files, Bytes);
}
