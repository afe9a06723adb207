using System.Buffers;
using System.IO.Abstractions;
using System.Security.Cryptography;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Storage;

/// <summary>
/// Files of a storage element in a local directory, laid out as <see cref="Pfn"/> says. Promise: a file under its final name is whole,
/// synced and has the checksum it was sent with. A crash leaves only files in ".incoming", which the next start removes.
/// Refuses every name that is not a well-formed PFN before it touches the disk.
/// </summary>
public sealed class LocalStore
{
    private const int BlockSize = 128 * 1024;
    private readonly IFileSystem _files;
    private readonly string _root;
    private readonly string _incoming;

    public LocalStore(IFileSystem files, string root)
    {
        _files = files;
        _root = root;
        _incoming = Path.Combine(root, ".incoming");
        files.Directory.CreateDirectory(_incoming);
    }

    /// <summary>Removes what a crash left half stored. Only at the start: it would remove uploads under way.</summary>
    public void RemoveLeftovers()
    {
        foreach (var left in _files.Directory.EnumerateFiles(_incoming)) _files.File.Delete(left);
    }

    /// <summary>As the one for several stores, into this one alone.</summary>
    public Task Put(string pfn, Content declared, Stream from, Func<Task> beforehand, CancellationToken ct) =>
        Put([this], pfn, declared, from, _ => beforehand(), ct);

    /// <summary>
    /// Stores a stream that must turn out as declared, in several places at once; a place whose disk fails is passed over while others are left. What is
    /// said beforehand is done when the bytes are safe and before they have their names; it is told where. Returns the places.
    /// Throws GridError: Corrupt when the stream is something else, Unavailable when all disks are full or fail; then nothing of it is left.
    /// </summary>
    public static async Task<IReadOnlyList<LocalStore>> Put(IReadOnlyList<LocalStore> stores, string pfn, Content declared, Stream from,
        Func<IReadOnlyList<LocalStore>, Task> beforehand, CancellationToken ct)
    {
        var copies = new IncomingCopies([.. stores.Select(store => new IncomingCopies.Copy(store, store.NewTemporary(), store.PathOf(pfn)))]);
        try
        {
            var stored = await Write(copies, declared.Size, from, ct);
            if (stored != declared)
                throw GridError.Corrupt(
                    $"the upload has {stored.Size} bytes with SHA-256 {stored.Sha256}, declared were {declared.Size} with {declared.Sha256}",
                    "Nothing was stored. Was the file changed meanwhile? Upload it again.");
            await beforehand(copies.Stores);
            copies.Publish();
            return copies.Stores;
        }
        catch (IOException e) when (e is not FileNotFoundException) { throw DiskTrouble(e); }
        finally { await copies.DisposeAsync(); }
    }

    /// <summary>Opens a file for reading. Throws GridError(NotFound).</summary>
    public Stream Open(string pfn)
    {
        const FileShare share = FileShare.Read | FileShare.Delete;
        try { return _files.FileStream.Create(PathOf(pfn), FileMode.Open, FileAccess.Read, share, BlockSize, FileOptions.Asynchronous); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GridError.NotFound($"the storage element has no file {pfn}");
        }
    }

    public bool Exists(string pfn) => _files.File.Exists(PathOf(pfn));

    /// <summary>Removes a file; it may be gone already.</summary>
    public void Delete(string pfn)
    {
        var path = PathOf(pfn);
        if (_files.File.Exists(path)) _files.File.Delete(path);
    }

    private static async Task<Content> Write(IncomingCopies copies, long most, Stream from, CancellationToken ct)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        long size = 0;
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer.AsMemory(0, BlockSize), ct)) > 0)
            {
                size += read;
                if (size > most) throw GridError.Corrupt($"the upload is longer than the declared {most} bytes", "Nothing was stored.");
                sha256.AppendData(buffer, 0, read);
                await copies.Write(buffer.AsMemory(0, read), ct);
            }
            await copies.Sync(ct);
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
        return new Content(size, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    private string NewTemporary() => Path.Combine(_incoming, Guid.NewGuid().ToString("N"));

    internal Stream Create(string temporary) =>
        _files.FileStream.Create(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.None);

    internal void Publish(string temporary, string final)
    {
        var directory = Path.GetDirectoryName(final)!;
        _files.Directory.CreateDirectory(directory);
        _files.File.Move(temporary, final, overwrite: true);
        DirectorySync.Sync(directory);
    }

    internal void Discard(string temporary) => _files.File.Delete(temporary);

    private string PathOf(string pfn)
    {
        StorageRules.GuidOf(pfn);
        return Path.Combine(_root, pfn);
    }

    private static GridError DiskTrouble(IOException e) =>
        GridError.Unavailable("the storage element cannot store it: " + e.Message, "Its disk may be full; nothing was stored. Try again later.", e);
}
