using HpcGrid.Bridge.Ledger;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate;

/// <summary>
/// What a worker uses for one simulation after the other, because making it costs more than a simulation: threads, a folder in
/// memory for ledgers and sandboxes, an empty ledger to begin with. One worker at a time.
/// </summary>
internal sealed class Workshop : IDisposable
{
    private readonly string _folder;
    private readonly string _empty;

    /// <param name="parent">Where its folder lies; best in memory.</param>
    public Workshop(string? parent = null)
    {
        parent ??= Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _folder = Directory.CreateDirectory(Path.Combine(parent, $"hpcgrid-simulate-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}")).FullName;
        _empty = Path.Combine(_folder, "empty.db");
        // Its id is part of pilots' names: the same for every seed.
        using var ledger = LedgerDatabase.Open(_empty);
        ledger.Transact(() => ledger.Facts.Write("id", new Guid(1, 1, 1, new byte[8]).ToString()));
    }

    public FiberPool Pool { get; } = new();

    public string Folder(string name) => Path.Combine(_folder, "world", name);

    /// <summary>Before each simulation.</summary>
    public void Clean()
    {
        var world = Path.Combine(_folder, "world");
        if (Directory.Exists(world)) Directory.Delete(world, recursive: true);
        Directory.CreateDirectory(Folder("work"));
        Directory.CreateDirectory(Folder("state"));
        File.Copy(_empty, Path.Combine(Folder("state"), "ledger.db"));
    }

    /// <summary>An empty ledger with an id of its own in place of whatever is there.</summary>
    public void NewLedger(string folder, Dice dice)
    {
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "ledger.db");
        File.Copy(_empty, path);
        using var ledger = LedgerDatabase.Open(path);
        ledger.Transact(() => ledger.Facts.Write("id", new Guid((int)dice.Bits(), 1, 1, BitConverter.GetBytes(dice.Bits())).ToString()));
    }

    /// <summary>A backup of a ledger between two of its transactions.</summary>
    public void CopyLedger(string folder)
    {
        if (Directory.Exists(Backup)) Directory.Delete(Backup, recursive: true);
        Directory.CreateDirectory(Backup);
        foreach (var file in Directory.GetFiles(folder, "ledger.db*")) File.Copy(file, Path.Combine(Backup, Path.GetFileName(file)));
    }

    /// <summary>Brings the copy back; false when there is none.</summary>
    public bool RestoreLedger(string folder)
    {
        if (!Directory.Exists(Backup)) return false;
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Backup)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return true;
    }

    private string Backup => Folder("backup");

    public void Dispose()
    {
        Pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
