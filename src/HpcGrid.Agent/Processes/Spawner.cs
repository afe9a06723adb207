using System.Runtime.InteropServices;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// Starts payloads with posix_spawn: no fork of this process's memory, no thread per child, no pipe.
/// Promises: own session and process group; stdin /dev/null; stdout and stderr straight to files; no other descriptor (all are
/// close-on-exec, see <see cref="ProcessSetup"/>); all signals unblocked and at their defaults; words reach the program
/// byte for byte. A script without "#!" is run by /bin/sh. Where the C library cannot change the directory (glibc before 2.29)
/// a shell does it, with the words as its arguments and never as its text.
/// A shell also puts itself into the job's group before it becomes the payload: posix_spawn cannot (glibc can from 2.39 on).
/// posix_spawn sets no resource limits: this process takes those of the child for each start, and the child inherits them.
/// Traps: one start at a time (limits are the process's, buffers are used again). The caller's thread waits until the child has called exec, and is its parent.
/// </summary>
internal sealed unsafe class Spawner : IDisposable
{
    private static readonly string[] ChangeDirectoryByShell = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh"];

    private static readonly string[] EnterGroupByShell = ["/bin/sh", "-c", "{ echo 0 > \"$1\"; } 2>/dev/null; shift && exec \"$@\"", "sh"];

    // A process has one set of limits, however many spawners are in it.
    private static readonly Lock LimitsTaken = new();
    private static readonly OwnLimit Core = new(ResourceLimits.CoreFile), RealTime = new(ResourceLimits.RealTime);

    private readonly NativeStrings _strings = new();
    private readonly FileActions _actions;
    private readonly bool _changesDirectory;
    private readonly byte* _memory;
    private bool _disposed;

    /// <param name="useShell">Take the way of old systems even where the C library could change the directory itself.</param>
    public Spawner(bool useShell = false)
    {
        _changesDirectory = Libc.AddChangeDirectory is not null && !useShell;
        _actions = new FileActions(_changesDirectory);
        _memory = (byte*)NativeMemory.AllocZeroed(2 * Libc.OpaqueBytes);
        Libc.posix_spawnattr_init(Attributes);
        Libc.posix_spawnattr_setflags(Attributes, Libc.SpawnNewSession | Libc.SpawnSetSignalMask | Libc.SpawnSetSignalDefaults);
        Libc.sigemptyset(Signals);
        Libc.posix_spawnattr_setsigmask(Attributes, Signals);
        // All of them by name: what is not named glibc asks the kernel about first, which are twice as many system calls for each start.
        Libc.sigfillset(Signals);
        Libc.posix_spawnattr_setsigdefault(Attributes, Signals);
    }

    private byte* Attributes => _memory;
    private byte* Signals => _memory + Libc.OpaqueBytes;

    public SpawnResult Start(SpawnOrder order)
    {
        if (FindNul(order) is { } place) return new SpawnResult(0, 0, $"{place} contains a NUL character");
        if (!_changesDirectory)
        {
            string[] words = [.. ChangeDirectoryByShell, order.Directory, order.Program, .. order.Argv.Skip(1)];
            order = order with { Program = words[0], Argv = words };
        }
        if (order.Group is { } group && CanStart(order.Program))
        {
            string[] words = [.. EnterGroupByShell, group.Entry, order.Program, .. order.Argv.Skip(1)];
            order = order with { Program = words[0], Argv = words };
        }
        lock (LimitsTaken)
        {
            if (_disposed) return new SpawnResult(0, 0, "the agent is leaving");
            RealTime.Set(order.Brand ?? RealTime.Original);
            Core.Set(order.CoreBytes is { } bytes ? Math.Min(Core.Original, (ulong)bytes) : Core.Original);
            var result = Try(order);
            if (result.Error == Libc.NotExecutableFormat)
                result = Try(order with { Program = "/bin/sh", Argv = ["/bin/sh", order.Program, .. order.Argv.Skip(1)] });
            // Who looks for branded processes must not find this one.
            RealTime.Set(RealTime.Original);
            return result;
        }
    }

    /// <summary>What cannot be started goes the straight way: there the system says why, and not a shell in the payload's stderr.</summary>
    private static bool CanStart(string program)
    {
        const int execute = 1;
        if (Libc.access(program, execute) != 0 || Directory.Exists(program)) return false;
        Span<byte> first = stackalloc byte[Limits.FirstLineBytes];
        try
        {
            using var file = File.OpenHandle(program);
            first = first[..RandomAccess.Read(file, first, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true; // May be run and not read.
        }
        if (!first.StartsWith("#!"u8)) return true;
        var line = System.Text.Encoding.UTF8.GetString(first[2..]).Split('\n')[0].Trim();
        return Libc.access(line.Split(' ', '\t')[0], execute) == 0;
    }

    private SpawnResult Try(SpawnOrder order)
    {
        _strings.Begin(Characters(order), order.Argv.Count + order.Environment.Count + 8);
        var argv = Pointers(order.Argv);
        var environment = Pointers(order.Environment);
        var program = _strings.Add(order.Program);
        int processId;
        var error = Libc.posix_spawn(&processId, program, _actions.Of(order), Attributes, argv, environment);
        return error == 0 ? new SpawnResult(processId, 0, null) : new SpawnResult(0, error, Explain(order, error));
    }

    private byte** Pointers(IReadOnlyCollection<string> texts)
    {
        var array = _strings.AddArray(texts.Count);
        var i = 0;
        foreach (var text in texts) array[i++] = _strings.Add(text);
        return array;
    }

    private static int Characters(SpawnOrder order)
    {
        var sum = order.Program.Length;
        foreach (var word in order.Argv) sum += word.Length;
        foreach (var variable in order.Environment) sum += variable.Length;
        return sum;
    }

    private static string? FindNul(SpawnOrder order)
    {
        for (var i = 0; i < order.Argv.Count; i++)
            if (order.Argv[i].Contains('\0')) return i == 0 ? "the program's name" : $"argument {i}";
        foreach (var variable in order.Environment)
            if (variable.Contains('\0')) return $"the environment variable {variable.Split('=', 2)[0].Replace('\0', '?')}";
        return null;
    }

    private static string Explain(SpawnOrder order, int error) => error switch
    {
        Libc.NoSuchFile when Libc.Look(order.Program).Kind == FileKind.Nothing => $"{order.Program} does not exist",
        Libc.NoSuchFile => $"{order.Program} could not be started: its interpreter or loader does not exist",
        Libc.Denied when Libc.Look(order.Program).Kind == FileKind.Directory => $"{order.Program} is a directory",
        Libc.Denied => $"{order.Program} is not executable",
        _ => $"{order.Program} could not be started: {Libc.Say(error)}",
    };

    public void Dispose()
    {
        lock (LimitsTaken)
        {
            if (_disposed) return;
            _disposed = true;
            Core.Set(Core.Original);
            _strings.Dispose();
            _actions.Dispose();
            NativeMemory.Free(_memory);
        }
    }
}
