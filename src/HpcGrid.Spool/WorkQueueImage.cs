using HpcGrid.Core.Jobs;

namespace HpcGrid.Spool;

/// <summary>Work-queue files as bytes: a SQLite database with the trailer behind it, built and read in a scratch directory on a local disk.</summary>
public sealed class WorkQueueImage : IDisposable
{
    private readonly ScratchDirectory _scratch;

    /// <summary>Takes a part of the scratch directory (created when missing) for itself. GridError when it can't be used.</summary>
    public WorkQueueImage(string scratchDirectory) => _scratch = new ScratchDirectory(scratchDirectory);

    /// <summary>The file to offer.</summary>
    public byte[] Write(WorkQueue queue) => WorkQueueWriter.Write(_scratch, queue);

    /// <summary>The version to publish.</summary>
    public byte[] Write(WorkQueueVersion version) => WorkQueueWriter.Write(_scratch, version);

    /// <summary>GridError(Corrupt) for anything but a whole offered file.</summary>
    public WorkQueue ReadQueue(byte[] bytes) => WorkQueueReader.ReadQueue(_scratch, bytes);

    /// <summary>GridError(Corrupt) for anything but a whole version.</summary>
    public WorkQueueVersion ReadVersion(byte[] bytes) => ReadVersion(bytes, _ => true);

    /// <summary>
    /// The same without the reports that nobody wants: each version repeats those before it, and taking a report apart costs more than all else. A version
    /// with remarks has all of them, because remarks are about reports.
    /// </summary>
    public WorkQueueVersion ReadVersion(byte[] bytes, Func<AttemptId, bool> wanted) => WorkQueueReader.ReadVersion(_scratch, bytes, wanted);

    /// <summary>Gives the scratch directory back.</summary>
    public void Dispose() => _scratch.Dispose();
}
