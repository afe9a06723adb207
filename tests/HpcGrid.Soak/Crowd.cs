using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.EndToEnd;

namespace HpcGrid.Soak;

/// <summary>A production of the soak.</summary>
internal sealed record Batch(string Name, long Master, int Jobs);

/// <summary>Users who go on submitting, whatever happens to the grid. What each job writes follows from its number.</summary>
internal sealed class Crowd(Grid grid, int load, Random random)
{
    private const string Home = "/hpcgrid/user/p/physicist";
    private const int SmallBytes = 400, LargeBytes = 400_000;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly List<Batch> _batches = [];

    public IReadOnlyList<Batch> Batches => _batches;
    public int Submitted => _batches.Sum(batch => batch.Jobs);

    /// <summary>Jobs that have ended, as last seen.</summary>
    public int Ended { get; private set; }

    /// <summary>One in so many fails by itself, one in so many writes a large output.</summary>
    public const int FailsEvery = 25, LargeEvery = 12;

    public Task Prepare() => grid.Upload("soak.sh", $"""
        #!/bin/sh
        sleep "0.$(($1 * 7 % 10))"
        [ $(($1 % {FailsEvery})) -ne 0 ] || exit 3
        size={SmallBytes}
        [ $(($1 % {LargeEvery})) -ne 0 ] || size={LargeBytes}
        yes "result $1 of $2" | head -c $size > data
        # What is killed may be a process of the pipe, which alone the shell would not notice.
        [ "$(wc -c < data)" -eq $size ] || exit 4
        """);

    /// <summary>Submits until told to end.</summary>
    public async Task Run(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            Ended = await CountEnded();
            if (Submitted - Ended < load) await SubmitOne();
            else await Pass(Look);
        }
    }

    private async Task SubmitOne()
    {
        var (name, jobs) = ($"soak{_batches.Count:D4}", random.Next(20, 120));
        var jdl = $$"""
            Executable = "{{Home}}/soak.sh";
            Arguments = "#alien_counter# {{name}}";
            OutputFile = {"data"};
            OutputDir = "{{Home}}/{{name}}/#alien_counter_04i#";
            Split = "production:1-{{jobs}}";
            TTL = 300;
            """;
        // The same key until it is answered: a submission whose answer got lost is not made twice.
        var submitted = await Insist(grid, new SubmitJob(jdl, [], name));
        _batches.Add(new Batch(name, submitted.Job, submitted.Subjobs));
    }

    private async Task<int> CountEnded()
    {
        var ended = 0;
        foreach (var batch in _batches)
        {
            var progress = await Insist(grid, new FollowJob(batch.Master));
            ended += progress.States.Where(state => IsFinal(state.Key)).Sum(state => state.Value);
        }
        return ended;
    }

    /// <summary>What the job wrote when it is DONE.</summary>
    public static string Content(string name, int counter)
    {
        var size = counter % LargeEvery == 0 ? LargeBytes : SmallBytes;
        var line = $"result {counter} of {name}\n";
        return new StringBuilder().Insert(0, line, size / line.Length + 1).ToString(0, size);
    }

    public static string PathOf(string name, int counter) => $"{Home}/{name}/{counter:D4}/data";

    public static string FolderOf(string name) => $"{Home}/{name}";

    public static bool IsFinal(string state) => Core.Jobs.JobStates.TryParse(state, out var known) && Core.Jobs.JobStates.IsFinal(known);

    /// <summary>A request until central answers it: it may be down for a while.</summary>
    public static async Task<T> Insist<T>(Grid grid, Request<T> request) where T : Reply
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await using var client = grid.Connect();
                return await client.Call(request, CancellationToken.None);
            }
            catch (GridError error) when (error.IsTransient && tries < 600) { await Pass(TimeSpan.FromMilliseconds(200)); }
        }
    }

    public static async Task Pass(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}
