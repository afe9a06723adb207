using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// The working directory of one attempt and, beside it, its TMPDIR; both 0700 and empty. Names of files in it are single
/// components: nothing named by a job leads out of it. One that a job left as it was is used again: making and removing
/// folders and files is what costs most with jobs of a millisecond (ext4 searches long for inodes that were not in use a moment ago).
/// </summary>
internal sealed class Sandbox
{
    public const string StdoutName = "stdout", StderrName = "stderr", ValidationStdoutName = "validation.out", ValidationStderrName = "validation.err";
    private const uint OwnerOnly = 0x1c0; // rwx------

    private readonly List<string> _known = [StdoutName, StderrName];
    private (FileFacts Stdout, FileFacts Stderr)? _printed;
    private DateTimeOffset? _listed, _temporaryListed;

    private Sandbox(string path)
    {
        Path = path;
        Temporary = path + ".tmp";
        Stdout = path + "/" + StdoutName;
        Stderr = path + "/" + StderrName;
    }

    public string Path { get; }
    public string Temporary { get; }
    public string Stdout { get; }
    public string Stderr { get; }

    internal static Sandbox Create(string path)
    {
        var sandbox = new Sandbox(path);
        Make(path);
        Make(sandbox.Temporary);
        return sandbox;
    }

    /// <summary>Stdout and stderr as its job left them; to be asked for when all processes of it have ended. Looked at once.</summary>
    public (FileFacts Stdout, FileFacts Stderr) Printed => _printed ??= (Libc.Look(Stdout), Libc.Look(Stderr));

    /// <summary>The absolute path of a file of that name in the sandbox.</summary>
    public string PathOf(string name) => Path + "/" + name;

    /// <summary>Why a name may not stand for a file in a sandbox; null when it may.</summary>
    public static string? Fault(string name) =>
        name.Length == 0 ? "it is empty"
        : name is "." or ".." || name.Contains('/') ? "it is not a single file name"
        : name.Contains('\0') ? "it contains a NUL character"
        : name is StdoutName or StderrName ? "the job's own output is written there"
        : null;

    /// <summary>Remembers a file, so that removal need not search for it.</summary>
    public void Know(string name) => _known.Add(name);

    /// <summary>
    /// Empties it for another job; false when it is not as it was made, apart from stdout, stderr and the inputs: then it must be removed.
    /// Folders, links in any sense and changed modes are somebody's doing, and not inherited by another job.
    /// </summary>
    public bool TryClean()
    {
        for (var i = 2; i < _known.Count; i++) _ = Libc.unlink(PathOf(_known[i]));
        _known.RemoveRange(2, _known.Count - 2);
        var (stdout, stderr) = Printed;
        _printed = null;
        return IsOwnFolder(Path, entries: 2, ref _listed) && IsOwnFolder(Temporary, entries: 0, ref _temporaryListed)
            && TryEmpty(Stdout, stdout) && TryEmpty(Stderr, stderr);
    }

    /// <summary>
    /// Listing is what costs: a folder that has not changed since it was listed is not listed again. Its change time is the kernel's, and no job can set it.
    /// </summary>
    private static bool IsOwnFolder(string path, int entries, ref DateTimeOffset? listed)
    {
        var facts = Libc.Look(path);
        if (facts is not { Kind: FileKind.Directory, Mode: (int)OwnerOnly }) return false;
        if (facts.ChangedAt == listed) return true;
        // What is made in the same step of file times would not show.
        listed = DateTimeOffset.UtcNow - facts.ChangedAt > Limits.FileTimeStep ? facts.ChangedAt : null;
        return Libc.CountEntries(path, entries + 1) == entries;
    }

    private static bool TryEmpty(string path, FileFacts facts) =>
        facts is { Kind: FileKind.Regular, Links: 1 }
        && (facts.Mode & 0xf80) == 0x180 // rw for the owner, nothing special
        && (facts.Size == 0 || Libc.truncate(path, 0) == 0);

    /// <summary>Removes what is known to be there; false when there is more, which <see cref="RemoveTree"/> removes at its leisure.</summary>
    public bool TryRemoveQuickly()
    {
        foreach (var name in _known) _ = Libc.unlink(PathOf(name));
        return (Libc.rmdir(Path) == 0) & (Libc.rmdir(Temporary) == 0);
    }

    /// <summary>Removes everything, however large.</summary>
    public bool RemoveTree() => Tree.Remove(Path) & Tree.Remove(Temporary);

    private static void Make(string path)
    {
        if (Libc.mkdir(path, OwnerOnly) != 0)
            throw new IOException($"cannot make {path}: {Libc.Say(System.Runtime.InteropServices.Marshal.GetLastPInvokeError())}");
    }
}
