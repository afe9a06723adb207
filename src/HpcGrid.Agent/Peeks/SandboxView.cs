using HpcGrid.Agent.Processes;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Microsoft.Win32.SafeHandles;

namespace HpcGrid.Agent.Peeks;

/// <summary>
/// Looks at a sandbox while its payload works in it. A path is opened component by component, each without following a link, so that nothing outside
/// can be reached, whatever the payload changes meanwhile. Throws GridError for what its asker has to know.
/// </summary>
internal static class SandboxView
{
    /// <summary>Bytes of a regular file from an offset on; a negative one counts from the end.</summary>
    public static (byte[] Bytes, long Offset, long Size) Read(string sandbox, string path, long offset)
    {
        using var file = Open(sandbox, path);
        var facts = Libc.Look((int)file.DangerousGetHandle());
        if (facts.Kind != FileKind.Regular) throw GridError.Invalid($"'{path}' is no regular file", "See what is there: hpcgrid peek --files.");
        var from = offset >= 0 ? offset : Math.Max(0, facts.Size + offset);
        var bytes = new byte[Math.Clamp(facts.Size - from, 0, PeekJob.MostBytes)];
        var length = 0;
        // Another process may cut the file short while it is read.
        for (int count; length < bytes.Length && (count = RandomAccess.Read(file, bytes.AsSpan(length), from + length)) > 0;) length += count;
        return (length == bytes.Length ? bytes : bytes[..length], from, facts.Size);
    }

    /// <summary>Regular files below the sandbox, as many as an answer holds, by path.</summary>
    public static IReadOnlyList<SandboxFile> List(string sandbox)
    {
        var found = new List<SandboxFile>();
        var room = Limits.PeekListCharacters;
        var pending = new Stack<string>([""]);
        while (room > 0 && found.Count < Limits.PeekFiles && pending.TryPop(out var folder))
            foreach (var entry in EntriesOf(sandbox + "/" + folder))
            {
                var path = folder + Path.GetFileName(entry);
                var facts = Libc.Look(entry);
                if (facts.Kind == FileKind.Directory) pending.Push(path + "/");
                else if (facts.Kind == FileKind.Regular)
                {
                    found.Add(new SandboxFile(path, facts.Size, facts.ChangedAt));
                    room -= path.Length;
                }
                if (room <= 0 || found.Count == Limits.PeekFiles) break;
            }
        found.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return found;
    }

    private static string[] EntriesOf(string folder)
    {
        // A payload may remove or close a folder at any moment.
        try { return Directory.GetFileSystemEntries(folder); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }

    private static SafeFileHandle Open(string sandbox, string path)
    {
        var components = path.Split('/');
        if (path.Contains('\0') || components.Any(component => component is "" or "." or ".."))
            throw GridError.Invalid($"'{path}' does not name a file of the sandbox", "Give a path relative to the job's working directory, as 'stdout'.");
        var folder = Libc.OpenConfined(-1, sandbox, asDirectory: true);
        for (var i = 0; i < components.Length - 1 && folder >= 0; i++)
        {
            var inner = Libc.OpenConfined(folder, components[i], asDirectory: true);
            _ = Libc.close(folder);
            folder = inner;
        }
        if (folder < 0) throw Explain(path, -folder);
        var file = Libc.OpenConfined(folder, components[^1], asDirectory: false);
        _ = Libc.close(folder);
        return file >= 0 ? new SafeFileHandle(file, ownsHandle: true) : throw Explain(path, -file);
    }

    private static GridError Explain(string path, int error) => error switch
    {
        Libc.NoSuchFile => GridError.NotFound($"there is no file '{path}' in the sandbox", "See what is there: hpcgrid peek --files."),
        // A folder that is a link answers "not a directory" with O_DIRECTORY.
        Libc.TooManyLinks or Libc.NotADirectory => GridError.Denied(
            $"'{path}' is or passes a symbolic link or a file", "Links are not followed: name the file itself."),
        _ => GridError.Unavailable($"'{path}' cannot be opened: {Libc.Say(error)}"),
    };
}
