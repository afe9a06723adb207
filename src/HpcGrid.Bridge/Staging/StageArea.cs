using System.IO.Abstractions;
using System.Security.Cryptography;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Files by their SHA-256 on the bridge's local disk: small inputs, which ride in queue files, and archives whose members are wanted.
/// A crash may leave torn files: what is read is checked, and a file that is not what its name says is deleted and counts as absent.
/// Thread-safe, because everything is written aside and renamed in.
/// </summary>
internal sealed class StageArea
{
    private readonly IFileSystem _files;
    private readonly string _directory;

    public StageArea(IFileSystem files, string directory)
    {
        _files = files;
        _directory = directory;
        files.Directory.CreateDirectory(directory);
        // Temporaries of an earlier life belong to nobody.
        foreach (var temporary in files.Directory.EnumerateFiles(directory, ".t.*")) files.File.Delete(temporary);
    }

    /// <summary>The bytes of a small file, or null when it is not here whole.</summary>
    public byte[]? Read(string sha256)
    {
        var path = PathOf(sha256);
        if (!_files.File.Exists(path)) return null;
        var bytes = _files.File.ReadAllBytes(path);
        if (Content.Of(bytes).Sha256 == sha256) return bytes;
        _files.File.Delete(path);
        return null;
    }

    public bool Has(string sha256) => _files.File.Exists(PathOf(sha256));

    /// <summary>Deletes a file that a crash left torn, so that it is fetched again. True when it was.</summary>
    public bool DropTorn(Content content)
    {
        var path = PathOf(content.Sha256);
        string digest;
        using (var file = _files.File.OpenRead(path)) digest = Convert.ToHexStringLower(SHA256.HashData(file));
        if (digest == content.Sha256) return false;
        _files.File.Delete(path);
        return true;
    }

    /// <summary>A name for a file being written.</summary>
    public string NewTemporary() => Path.Combine(_directory, $".t.{Guid.NewGuid():N}");

    public Stream Create(string path) => _files.File.Open(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);

    public Stream OpenRead(string path) => _files.File.OpenRead(path);

    public string PathOf(string sha256) => Path.Combine(_directory, sha256[..2], sha256);

    /// <summary>Takes a complete and verified temporary in.</summary>
    public void Keep(string temporary, string sha256)
    {
        _files.Directory.CreateDirectory(Path.Combine(_directory, sha256[..2]));
        _files.File.Move(temporary, PathOf(sha256), overwrite: true);
    }

    public void Discard(string path) => _files.File.Delete(path);

    /// <summary>Deletes unreferenced files, oldest first, until the rest is smaller than the bound. True when something went.</summary>
    public bool Evict(IReadOnlySet<string> pinned, long mostBytes)
    {
        var kept = _files.Directory.EnumerateDirectories(_directory).SelectMany(_files.Directory.EnumerateFiles)
            .Select(path => _files.FileInfo.FromFileName(path)).ToList();
        var size = kept.Sum(file => file.Length);
        var evicted = false;
        var unpinned = kept.Where(file => !pinned.Contains(file.Name));
        foreach (var file in unpinned.OrderBy(file => file.LastWriteTimeUtc).ThenBy(file => file.Name, StringComparer.Ordinal))
        {
            if (size <= mostBytes) break;
            size -= file.Length;
            file.Delete();
            evicted = true;
        }
        return evicted;
    }

    /// <summary>Says a disk's trouble as operating trouble.</summary>
    public static GridError Explain(IOException e) =>
        GridError.Unavailable($"the bridge's disk for staging fails: {e.Message}", "Make room on it or repair it; the bridge tries again.", e);
}
