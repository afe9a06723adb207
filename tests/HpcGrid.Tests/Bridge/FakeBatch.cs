using System.Collections.Concurrent;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Bridge;

/// <summary>A batch system that starts nothing: the test plays the agents.</summary>
internal sealed class FakeBatch : IBatchSystem
{
    public ConcurrentDictionary<string, BatchState> Pilots { get; } = new();
    public ConcurrentQueue<PilotRequest> Requests { get; } = new();
    public ConcurrentQueue<string> Cancelled { get; } = new();
    public bool Away { get; set; }
    public IReadOnlyList<string> EndedNodes { get; set; } = [];
    public List<BackfillHole> HolesNow { get; } = [];
    public string Logs { get; set; } = "/logs";
    public string Name => "fake";
    public bool IsDefinite => true;

    public Task<string> Submit(PilotRequest request, CancellationToken ct)
    {
        if (Away) throw GridError.Unavailable("the scheduler does not answer");
        Requests.Enqueue(request);
        Pilots.TryAdd(request.Tag, BatchState.Running);
        return Task.FromResult("b-" + request.Tag);
    }

    public Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct) => Away
        ? throw GridError.Unavailable("the scheduler does not answer")
        : Task.FromResult<IReadOnlyList<BatchStatus>>([.. tags.Select(tag => new BatchStatus(tag, "b-" + tag, Pilots.GetValueOrDefault(tag, BatchState.Ended), "") { EndedNodes = EndedNodes })]);

    public Task Cancel(IReadOnlyList<string> tags, CancellationToken ct)
    {
        foreach (var tag in tags)
        {
            Cancelled.Enqueue(tag);
            Pilots[tag] = BatchState.Ended;
        }
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct) => Task.FromResult<IReadOnlyList<BackfillHole>>([.. HolesNow]);

    public string LogOf(string tag) => $"{Logs}/{tag}.log";

    public Task Forget(IReadOnlyList<string> tags, CancellationToken ct) => Task.CompletedTask;
}
