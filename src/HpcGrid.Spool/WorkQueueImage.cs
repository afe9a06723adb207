using HpcGrid.Core.Jobs;

namespace HpcGrid.Spool;

/// <summary>
/// Work-queue files as bytes: a SQLite database with the trailer behind it, built and read in memory. Safe for several threads.
/// </summary>
public static class WorkQueueImage
{
    /// <summary>The file to offer.</summary>
    public static byte[] Write(WorkQueue queue) => WorkQueueWriter.Write(queue);

    /// <summary>The version to publish.</summary>
    public static byte[] Write(WorkQueueVersion version) => WorkQueueWriter.Write(version);

    /// <summary>GridError(Corrupt) for anything but a whole offered file.</summary>
    public static WorkQueue ReadQueue(byte[] bytes) => WorkQueueReader.ReadQueue(bytes);

    /// <summary>GridError(Corrupt) for anything but a whole version.</summary>
    public static WorkQueueVersion ReadVersion(byte[] bytes) => ReadVersion(bytes, _ => true);

    /// <summary>
    /// The same without the reports that nobody wants: each version repeats those before it, and taking a report apart costs more than all else. A version
    /// with remarks has all of them, because remarks are about reports.
    /// </summary>
    public static WorkQueueVersion ReadVersion(byte[] bytes, Func<AttemptId, bool> wanted) => WorkQueueReader.ReadVersion(bytes, wanted);
}
