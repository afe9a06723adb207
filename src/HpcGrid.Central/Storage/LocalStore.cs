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

    /// <summary>
    /// Stores a stream that must turn out as declared; what is said beforehand is done when its bytes are safe and before they have their name.
    /// Throws GridError: Corrupt when it does not, Unavailable when the disk is full or fails; then nothing of it is left.
    /// </summary>
    public async Task Put(string pfn, Content declared, Stream from, Func<Task> beforehand, CancellationToken ct)
    {
        var final = PathOf(pfn);
        var temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        try
        {
            var stored = await Write(temporary, declared.Size, from, ct);
            if (stored != declared)
                throw GridError.Corrupt(
                    $"the upload has {stored.Size} bytes with SHA-256 {stored.Sha256}, declared were {declared.Size} with {declared.Sha256}",
                    "Nothing was stored. Was the file changed meanwhile? Upload it again.");
            await beforehand();
            var directory = Path.GetDirectoryName(final)!;
            _files.Directory.CreateDirectory(directory);
            _files.File.Move(temporary, final, overwrite: true);
            DirectorySync.Sync(directory);
        }
        catch (Exception e)
        {
            _files.File.Delete(temporary);
            if (e is IOException io && e is not FileNotFoundException) throw DiskTrouble(io);
            throw;
        }
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

    private async Task<Content> Write(string path, long most, Stream from, CancellationToken ct)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        long size = 0;
        try
        {
            await using var to = _files.FileStream.Create(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.None);
            int read;
            while ((read = await from.ReadAsync(buffer.AsMemory(0, BlockSize), ct)) > 0)
            {
                size += read;
                if (size > most) throw GridError.Corrupt($"the upload is longer than the declared {most} bytes", "Nothing was stored.");
                sha256.AppendData(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), ct);
            }
            if (to is FileStream file) file.Flush(flushToDisk: true);
            else await to.FlushAsync(ct);
        }
        finally { ArrayPool<byte>.Shared.Return(buffer); }
        return new Content(size, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    private string PathOf(string pfn)
    {
        StorageRules.GuidOf(pfn);
        return Path.Combine(_root, pfn);
    }

    private static GridError DiskTrouble(IOException e) =>
        GridError.Unavailable("the storage element cannot store it: " + e.Message, "Its disk may be full; nothing was stored. Try again later.", e);
}
