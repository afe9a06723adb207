using HpcGrid.Agent.Processes;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// The working directory of one attempt and, beside it, its TMPDIR; both 0700 and new. Names of files in it are single
/// components: nothing named by a job leads out of it.
/// </summary>
internal sealed class Sandbox
{
    public const string StdoutName = "stdout", StderrName = "stderr", ValidationStdoutName = "validation.out", ValidationStderrName = "validation.err";
    private const uint OwnerOnly = 0x1c0; // rwx------

    private readonly List<string> _known = [StdoutName, StderrName];

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
