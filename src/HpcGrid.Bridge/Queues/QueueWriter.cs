using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Staging;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Queues;

/// <summary>What goes into one queue file.</summary>
/// <param name="Jobs">Its jobs.</param>
/// <param name="Riders">Small inputs by SHA-256, once each.</param>
/// <param name="Unstaged">Rows of jobs whose inputs are no longer here and must be fetched again.</param>
internal sealed record QueueLoad(IReadOnlyList<ReadyJob> Jobs, IReadOnlyDictionary<string, byte[]> Riders, IReadOnlyList<long> Unstaged);

/// <summary>Packs jobs with their small inputs into queue files.</summary>
internal sealed class QueueWriter(BridgeSpool spool, StageArea area, StageInStep stageIn)
{
    /// <summary>Takes jobs in their order until the freight is too large for one file; at least one.</summary>
    public QueueLoad Load(IReadOnlyList<ReadyJob> ready)
    {
        var jobs = new List<ReadyJob>();
        var unstaged = new List<long>();
        var riders = new Dictionary<string, byte[]>();
        long freight = 0;
        foreach (var job in ready)
        {
            var added = new Dictionary<string, byte[]?>();
            foreach (var sha in job.Riders.Where(sha => !riders.ContainsKey(sha))) added[sha] = area.Read(sha);
            if (added.ContainsValue(null))
            {
                unstaged.Add(job.Row);
                continue;
            }
            freight += added.Values.Sum(bytes => bytes!.LongLength) + job.Spec.Length + job.Grant.Length;
            if (freight > Limits.LargestFreight && jobs.Count > 0) break;
            foreach (var (sha, bytes) in added) riders[sha] = bytes!;
            jobs.Add(job);
        }
        if (unstaged.Count > 0) stageIn.LookAgain();
        return new QueueLoad(jobs, riders, unstaged);
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Write(QueueName name, JobShape shape, QueueLoad load, Gang? gang) => WorkQueueImage.Write(new WorkQueue(
        new WorkQueueHeader(name, spool.Epoch, shape.Repeatable, shape.Repeatable ? StartMode.Optimistic : StartMode.Acked) { Gang = gang },
        [.. load.Jobs.Select(job => new QueuedJob(job.Id, job.Branch, job.Spec, job.Grant))],
        load.Riders));
}
