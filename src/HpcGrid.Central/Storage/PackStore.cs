using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Abstractions;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using Serilog;

namespace HpcGrid.Central.Storage;

/// <summary>
/// Small files of one storage element, many in one file: those of a production together, all others together. Bytes are appended and synced, all that
/// wait at a time with one fsync, before the database names them; what a crash leaves behind the last named byte is cut off at the next start.
/// A deleted file leaves a hole; a pack that is mostly holes is copied together (<see cref="Compact"/>).
/// </summary>
public sealed class PackStore : IDisposable
{
    private const string Ending = ".pack";
    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly string _se;
    private readonly CentralDatabase _database;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<Appending> _waiting = new();
    private readonly Dictionary<long, int> _pins = [];
    // These are touched by whoever has the turn.
    private readonly Dictionary<long, long> _open = [];
    private readonly HashSet<long> _closed = [];
    // Only one compacts at a time.
    private readonly HashSet<long> _damaged = [];

    public PackStore(IFileSystem files, string root, string se, CentralDatabase database)
    {
        (_files, _directory, _se, _database) = (files, Path.Combine(root, "packs"), se, database);
        files.Directory.CreateDirectory(_directory);
    }

    /// <summary>
    /// Appends bytes; when it returns they are on the disk. Dispose the result when the database names them, or never will: until then the pack stays.
    /// Throws GridError(Unavailable) when the disk is full or fails.
    /// </summary>
    public async Task<Appended> Append(long production, byte[] bytes)
    {
        var mine = new Appending(production, bytes);
        _waiting.Enqueue(mine);
        await _turn.WaitAsync();
        try
        {
            // Whoever gets the turn first writes for all that wait: they find themselves done.
            while (!mine.Done.Task.IsCompleted) await WriteAll();
        }
        finally { _turn.Release(); }
        return await mine.Done.Task;
    }

    /// <summary>A file's bytes, as they were stored. Throws GridError: NotFound when the pack is gone, Corrupt when the bytes have changed.</summary>
    public byte[] Read(Packed file)
    {
        var bytes = new byte[file.Place.Size];
        try
        {
            using var pack = _files.FileStream.Create(PathOf(file.Place.Pack), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            pack.Position = file.Place.Offset;
            pack.ReadExactly(bytes);
        }
        catch (FileNotFoundException e) { throw new GridError(ErrorCode.NotFound, $"pack {file.Place.Pack} of {_se} is not there any more", null, e); }
        catch (EndOfStreamException) { throw Damaged(file); }
        return Content.Of(bytes).Sha256 == file.Sha256 ? bytes : throw Damaged(file);
    }

    /// <summary>At the start, before anything else: cuts off what a crash left and removes packs that nothing names.</summary>
    public async Task Settle()
    {
        var (packs, ends) = _database.Read(session => (PackTable.All(session, _se), PackTable.Ends(session, _se)));
        foreach (var pack in packs.Where(pack => ends.ContainsKey(pack.Number) && _files.File.Exists(PathOf(pack.Number))))
            CutOff(pack.Number, ends[pack.Number]);
        var empty = packs.Where(pack => !ends.ContainsKey(pack.Number)).Select(pack => pack.Number).ToList();
        if (empty.Count > 0) await _database.Write(session => { foreach (var pack in empty) PackTable.Close(session, pack); });
        var known = packs.Select(pack => pack.Number).Except(empty).Select(PathOf).ToHashSet(StringComparer.Ordinal);
        foreach (var file in _files.Directory.GetFiles(_directory, "*" + Ending).Where(file => !known.Contains(file))) _files.File.Delete(file);
    }

    /// <summary>
    /// Copies what is left of packs that are mostly holes into newer ones, and removes them; returns how many went. A crash leaves each file in its old
    /// place or in its new one.
    /// </summary>
    public async Task<int> Compact()
    {
        var removed = 0;
        foreach (var pack in _database.Read(session => PackTable.Decayed(session, _se, Limits.DeadPackBytes, Limits.PacksPerCompaction)))
        {
            var file = _files.FileInfo.FromFileName(PathOf(pack.Number));
            if (_damaged.Contains(pack.Number) || (file.Exists && pack.Dead < file.Length * Limits.DeadPackShare)) continue;
            if (await Retire(pack.Number) && await Empty(pack)) removed++;
        }
        return removed;
    }

    private async Task<bool> Empty(PackRow pack)
    {
        foreach (var chunk in _database.Read(session => PackTable.Of(session, pack.Number)).Chunk(Limits.WritesPerCommit))
        {
            List<byte[]> bytes;
            // One damaged file keeps its pack: its owner may still want what is left of it.
            try { bytes = [.. chunk.Select(Read)]; }
            catch (GridError e)
            {
                Log.Warning("pack {Pack} of {Se} is not copied together: {Message}", pack.Number, _se, e.Message);
                _damaged.Add(pack.Number);
                return false;
            }
            var copies = bytes.Select(file => Append(pack.Production, file)).ToList();
            try
            {
                await Task.WhenAll(copies);
                await _database.Write(session =>
                {
                    foreach (var (file, copy) in chunk.Zip(copies))
                        if (!PackTable.Move(session, _se, file, copy.Result.Place)) PackTable.AddDead(session, copy.Result.Place);
                });
            }
            finally { foreach (var copy in copies.Where(copy => copy.IsCompletedSuccessfully)) copy.Result.Dispose(); }
        }
        // Nothing is added to it any more, so nothing can be named in it after this.
        await _database.Write(session => PackTable.Close(session, pack.Number));
        _files.File.Delete(PathOf(pack.Number));
        return true;
    }

    /// <summary>Nothing is appended to it from now on; false while something that was is not named yet.</summary>
    private async Task<bool> Retire(long pack)
    {
        await _turn.WaitAsync();
        try
        {
            _closed.Add(pack);
            foreach (var production in _open.Where(pair => pair.Value == pack).Select(pair => pair.Key).ToList()) _open.Remove(production);
            lock (_pins) return !_pins.ContainsKey(pack);
        }
        finally { _turn.Release(); }
    }

    private async Task WriteAll()
    {
        var batch = new List<Appending>();
        while (batch.Count < Limits.WritesPerCommit && _waiting.TryDequeue(out var next)) batch.Add(next);
        foreach (var group in batch.GroupBy(appending => appending.Production))
        {
            try { await Write(await PackFor(group.Key), [.. group]); }
            catch (Exception e) when (e is IOException or GridError)
            {
                var told = e as GridError ?? GridError.Unavailable("the storage element cannot store it: " + e.Message,
                    "Its disk may be full; nothing was stored. Try again later.", e);
                foreach (var appending in group) appending.Done.TrySetException(told);
            }
        }
    }

    private async Task<long> PackFor(long production)
    {
        if (!_open.TryGetValue(production, out var pack))
            pack = _database.Read(session => PackTable.Newest(session, _se, production)) is { } newest && !_closed.Contains(newest.Number) ? newest.Number : 0;
        var file = pack == 0 ? null : _files.FileInfo.FromFileName(PathOf(pack));
        if (file is not { Exists: true } || file.Length >= Limits.PackBytes)
            pack = (await _database.Write(session => PackTable.Open(session, _se, production))).Number;
        if (_open.Count >= Limits.PacksInMemory) _open.Clear();
        return _open[production] = pack;
    }

    private async Task Write(long pack, IReadOnlyList<Appending> batch)
    {
        var bytes = Joined(batch);
        long start;
        await using (var to = _files.FileStream.Create(PathOf(pack), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1))
        {
            start = to.Length;
            try
            {
                to.Position = start;
                await to.WriteAsync(bytes);
                if (to is FileStream file) file.Flush(flushToDisk: true);
                else await to.FlushAsync();
            }
            catch
            {
                // What is half written must not make a hole for ever; a disk that refuses this too is cut off at the next start.
                to.SetLength(start);
                throw;
            }
        }
        if (start == 0) DirectorySync.Sync(_directory);
        lock (_pins) _pins[pack] = _pins.GetValueOrDefault(pack) + batch.Count;
        foreach (var appending in batch)
        {
            appending.Done.TrySetResult(new Appended(this, new PackPlace(pack, start, appending.Bytes.Length)));
            start += appending.Bytes.Length;
        }
    }

    private void Unpin(long pack)
    {
        lock (_pins)
            if (--_pins[pack] == 0) _pins.Remove(pack);
    }

    private static byte[] Joined(IReadOnlyList<Appending> batch)
    {
        var bytes = new byte[batch.Sum(appending => appending.Bytes.Length)];
        var at = 0;
        foreach (var appending in batch)
        {
            appending.Bytes.CopyTo(bytes, at);
            at += appending.Bytes.Length;
        }
        return bytes;
    }

    private void CutOff(long pack, long end)
    {
        using var file = _files.FileStream.Create(PathOf(pack), FileMode.Open, FileAccess.Write, FileShare.None, 1);
        if (file.Length <= end) return;
        Log.Information("pack {Pack} of {Se} has {Bytes} bytes that nothing names; they are cut off", pack, _se, file.Length - end);
        file.SetLength(end);
    }

    private string PathOf(long pack) => Path.Combine(_directory, pack.ToString(CultureInfo.InvariantCulture) + Ending);

    private GridError Damaged(Packed file) => GridError.Corrupt(
        $"file {file.Guid} of {_se} is damaged: its pack {file.Place.Pack} has other bytes at {file.Place.Offset}",
        "Another copy may be good: see whereis.");

    public void Dispose() => _turn.Dispose();

    /// <summary>Bytes in a pack that stays until this is disposed.</summary>
    public sealed class Appended(PackStore store, PackPlace place) : IDisposable
    {
        /// <summary>Where they are.</summary>
        public PackPlace Place { get; } = place;

        public void Dispose() => store.Unpin(Place.Pack);
    }

    private sealed record Appending(long Production, byte[] Bytes)
    {
        public TaskCompletionSource<Appended> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
