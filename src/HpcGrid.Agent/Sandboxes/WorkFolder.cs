using HpcGrid.Agent.Processes;
using Microsoft.Win32.SafeHandles;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// This agent's folder on the node's own disk: WORK/AGENT/ with a locked file `lock`, sandboxes and scratch below.
/// The lock dies with the agent, also across process namespaces; so at its start an agent knows which folders belong to nobody and
/// removes them, after ending what their agents' payloads left running. A crash leaves at most one such folder.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string LockName = "lock", DraftPrefix = ".new.";

    private readonly SafeFileHandle _lock;
    private readonly Stack<Sandbox> _spare = [];
    private int _serial;

    private WorkFolder(string path, SafeFileHandle held)
    {
        Path = path;
        _lock = held;
        Scratch = System.IO.Path.Combine(path, "scratch");
        Directory.CreateDirectory(Scratch, OwnerOnly);
    }

    public string Path { get; }

    /// <summary>Where jobs over several nodes have their sandboxes; null: here.</summary>
    public SharedWork? Shared { get; set; }

    /// <summary>For the agent's own temporary files.</summary>
    public string Scratch { get; }

    /// <summary>Makes the folder complete under another name, locks it, and gives it its name. Throws GridError(Unavailable).</summary>
    public static WorkFolder Create(string work, string agent)
    {
        try
        {
            var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(work), agent);
            var draft = System.IO.Path.Combine(System.IO.Path.GetFullPath(work), DraftPrefix + agent);
            Directory.CreateDirectory(draft, OwnerOnly);
            var held = TryLock(System.IO.Path.Combine(draft, LockName))
                ?? throw Core.GridError.Unavailable($"{draft} is locked by another process", "Give every agent its own --work folder on a local disk.");
            Directory.Move(draft, path);
            return new WorkFolder(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Core.GridError.Unavailable(
                $"cannot make a work folder in {work}: {e.Message}", "Name a writable folder on the node's own disk with --work.", e);
        }
    }

    /// <summary>Removes the folders of agents that are dead, and ends their payloads. Returns their names.</summary>
    public static IReadOnlyList<string> RemoveLeftovers(string work, DateTimeOffset now)
    {
        var removed = new List<string>();
        if (!Directory.Exists(work)) return removed;
        foreach (var folder in Directory.GetDirectories(work))
        {
            var lockFile = System.IO.Path.Combine(folder, LockName);
            var old = now - Directory.GetLastWriteTimeUtc(folder) > Limits.UnownedWorkAge;
            // A folder that is being made has a lock that nobody holds yet: to try it would end the agent that makes it.
            if (!old && (!File.Exists(lockFile) || System.IO.Path.GetFileName(folder).StartsWith(DraftPrefix, StringComparison.Ordinal))) continue;
            using var held = TryLock(lockFile);
            if (held is null) continue;
            var agent = System.IO.Path.GetFileName(folder);
            ProcessTree.Signal(ProcessTree.OfAgent(agent), Libc.Kill);
            if (Tree.Remove(folder)) removed.Add(agent);
        }
        return removed;
    }

    /// <summary>An empty sandbox. Throws IOException when the disk is full or broken.</summary>
    /// <param name="shared">For a job over several nodes.</param>
    public Sandbox TakeSandbox(bool shared) => shared && Shared is { } elsewhere ? elsewhere.TakeSandbox()
        : _spare.TryPop(out var spare) ? spare : Sandbox.Create(System.IO.Path.Combine(Path, $"sandbox{++_serial}"));

    /// <summary>Takes a sandbox back for another job; false when it must be removed.</summary>
    public bool TryKeep(Sandbox sandbox)
    {
        if (_spare.Count >= Limits.SpareSandboxes || !sandbox.TryClean()) return false;
        _spare.Push(sandbox);
        return true;
    }

    private static SafeFileHandle? TryLock(string path)
    {
        try
        {
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (Libc.flock((int)handle.DangerousGetHandle(), Libc.LockExclusive | Libc.LockNonBlocking) == 0) return handle;
            handle.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Tree.Remove(Path);
        _lock.Dispose();
    }
}
