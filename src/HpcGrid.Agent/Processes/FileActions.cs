using System.Runtime.InteropServices;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// What posix_spawn is to do with directory and files of a child, kept for others that are started in the same place: sandboxes are used again, and with each
/// file that is named glibc asks the kernel how many may be open.
/// </summary>
internal sealed unsafe class FileActions : IDisposable
{
    private const uint FileMode = 0x1a4; // rw-r--r--

    private readonly record struct Place(string Directory, string Stdout, string Stderr, OutputFiles Files);

    private readonly bool _changesDirectory;
    private readonly NativeStrings _strings = new();
    private readonly Dictionary<Place, nint> _kept = [];

    /// <param name="changesDirectory">False where the C library cannot.</param>
    public FileActions(bool changesDirectory) => _changesDirectory = changesDirectory;

    /// <summary>Good until the next call.</summary>
    public byte* Of(SpawnOrder order)
    {
        var place = new Place(order.Directory, order.Stdout, order.Stderr, order.Files);
        if (_kept.TryGetValue(place, out var actions)) return (byte*)actions;
        if (_kept.Count >= Limits.SpareSandboxes) Forget();
        var made = Make(place);
        _kept[place] = (nint)made;
        return made;
    }

    private byte* Make(Place place)
    {
        var actions = (byte*)NativeMemory.AllocZeroed(Libc.OpaqueBytes);
        _strings.Begin(place.Directory.Length + place.Stdout.Length + place.Stderr.Length + 16, 4);
        var flags = Libc.OpenWriteOnly | Libc.OpenCreate | FlagsOf(place.Files);
        Libc.posix_spawn_file_actions_init(actions);
        if (_changesDirectory) Libc.AddChangeDirectory(actions, _strings.Add(place.Directory));
        Libc.posix_spawn_file_actions_addopen(actions, 0, _strings.Add("/dev/null"), 0, 0);
        Libc.posix_spawn_file_actions_addopen(actions, 1, _strings.Add(place.Stdout), flags, FileMode);
        Libc.posix_spawn_file_actions_addopen(actions, 2, _strings.Add(place.Stderr), flags, FileMode);
        return actions;
    }

    private static int FlagsOf(OutputFiles files) => files switch
    {
        OutputFiles.Empty => 0,
        OutputFiles.Truncate => Libc.OpenTruncate,
        OutputFiles.Append => Libc.OpenAppend,
        _ => throw new InvalidOperationException($"{files} is not known"),
    };

    private void Forget()
    {
        foreach (var actions in _kept.Values)
        {
            Libc.posix_spawn_file_actions_destroy((byte*)actions);
            NativeMemory.Free((void*)actions);
        }
        _kept.Clear();
    }

    public void Dispose()
    {
        Forget();
        _strings.Dispose();
    }
}
