using Spectre.Console;

namespace HpcGrid.Cli.Output;

/// <summary>A bar on standard error for work that tells its steps, when that is a terminal.</summary>
internal static class StepMeter
{
    /// <summary>Does the work under a bar from 0 to <paramref name="steps"/>.</summary>
    public static async Task Show(Session session, string what, int steps, Func<Action<int>, Task> work)
    {
        if (!session.Terminal.ErrorIsLive || session.Json)
        {
            await work(_ => { });
            return;
        }
        await session.Terminal.Console(error: true).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(what), maxValue: steps);
                await work(step => bar.Value = step);
            });
    }
}
