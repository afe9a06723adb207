using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>What reading a claimed work-queue file gave: exactly one of the three says something.</summary>
/// <param name="Errno">Not None: it could not be read now; try again.</param>
/// <param name="Queue">It is whole.</param>
/// <param name="Fault">It is there and no good. The agent publishes a final version without reports (everything handed back); the
/// bridge offers its jobs again and quarantines the file.</param>
public sealed record ClaimReading(Errno Errno, WorkQueue? Queue, string? Fault)
{
    internal static ClaimReading Of(ISharedFs fs, string path, QueueName name)
    {
        var errno = SpoolFile.Read(fs, path, Limits.WorkQueueBytes, out var bytes);
        if (errno is Errno.ELOOP or Errno.EINVAL or Errno.EFBIG) return new ClaimReading(Errno.None, null, errno.Describe());
        if (errno != Errno.None) return new ClaimReading(errno, null, null);
        try
        {
            var queue = WorkQueueImage.ReadQueue(bytes);
            return queue.Header.Name == name
                ? new ClaimReading(Errno.None, queue, null)
                : new ClaimReading(Errno.None, null, $"it is {queue.Header.Name} under the name of {name}");
        }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { return new ClaimReading(Errno.None, null, e.Message); }
    }
}
