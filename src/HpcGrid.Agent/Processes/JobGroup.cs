using System.Buffers.Text;
using System.Globalization;

namespace HpcGrid.Agent.Processes;

/// <summary>
/// The control group of one job. Nothing leaves it that the agent has not moved: what is in it is the job's, whatever became of parents, sessions and
/// environment. May be used from several threads, each with a <see cref="ProcFile"/> of its own.
/// </summary>
/// <param name="Path">Its folder.</param>
internal sealed record JobGroup(string Path)
{
    /// <summary>What writes "0" here is in it, and all it starts.</summary>
    public string Entry => Path + "/cgroup.procs";

    /// <summary>Its living processes.</summary>
    public HashSet<int> Members(ProcFile file)
    {
        var found = new HashSet<int>();
        var text = file.Read(Entry);
        while (Utf8Parser.TryParse(text, out int process, out var length))
        {
            found.Add(process);
            text = text[Math.Min(length + 1, text.Length)..];
        }
        return found;
    }

    /// <summary>Kills all of them at one stroke, also those that are just being started. Kernels before 5.14 cannot: then nothing happens.</summary>
    public void Kill() => CgroupFile.TryWrite(Path + "/cgroup.kill", "1");

    /// <summary>How many of its processes the kernel has killed for lack of memory, the node's or the group's; null when that is not counted here.</summary>
    public long? OutOfMemoryKills(ProcFile file) => CgroupRules.Number(file.Read(Path + "/memory.events"), "oom_kill"u8);

    /// <summary>What all its processes used, those that have ended included; null when it is gone.</summary>
    public GroupUse? Use(ProcFile file)
    {
        if (CgroupRules.Number(file.Read(Path + "/cpu.stat"), "usage_usec"u8) is not { } cpu) return null;
        var use = new GroupUse(cpu / 1e6);
        var memory = file.Read(Path + "/memory.stat");
        if (CgroupRules.Number(memory, "anon"u8) is { } anonymous)
            use = use with { MemoryKib = (anonymous + (CgroupRules.Number(memory, "file_mapped"u8) ?? 0)) / 1024 };
        use = use with { SwapKib = Whole(file, "memory.swap.current") / 1024, PeakKib = Whole(file, "memory.peak") / 1024 };
        var traffic = file.Read(Path + "/io.stat");
        return use with { ReadKib = CgroupRules.Sum(traffic, "rbytes="u8) / 1024, WrittenKib = CgroupRules.Sum(traffic, "wbytes="u8) / 1024 };
    }

    private long Whole(ProcFile file, string name) => Utf8Parser.TryParse(file.Read($"{Path}/{name}"), out long number, out _) ? number : 0;

    /// <summary>Removes it when nothing lives in it; what lives in groups that the job made below is killed.</summary>
    public bool TryRemove()
    {
        // A payload may make groups of its own where its account may.
        foreach (var inner in CgroupFile.Below(Path)) _ = new JobGroup(inner).TryRemove();
        return Libc.rmdir(Path) == 0 || !Directory.Exists(Path);
    }
}

/// <summary>What the kernel counted for a group.</summary>
/// <param name="CpuSeconds">User and system time.</param>
internal readonly record struct GroupUse(double CpuSeconds)
{
    /// <summary>Anonymous memory and mapped files, each page once; null where memory is not counted.</summary>
    public long? MemoryKib { get; init; }
    public long SwapKib { get; init; }
    /// <summary>The most at any time, files it read included; 0 when not known (kernels before 5.19).</summary>
    public long PeakKib { get; init; }
    /// <summary>To and from block devices; a shared filesystem is none.</summary>
    public long ReadKib { get; init; }
    public long WrittenKib { get; init; }
}

/// <summary>Files of the control groups' filesystem: writing is asking, and the kernel may say no.</summary>
internal static class CgroupFile
{
    /// <summary>False when the kernel or the file's rights refuse.</summary>
    public static bool TryWrite(string path, string text)
    {
        try
        {
            // Opened as it is: a file that is not there must not be made.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Its words; none when it cannot be read.</summary>
    public static string[] Words(string path)
    {
        try { return File.ReadAllText(path).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }

    /// <summary>Groups in a group.</summary>
    public static string[] Below(string path)
    {
        try { return Directory.GetDirectories(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }

    /// <summary>Moves all processes of one group into another; false when one of them stays.</summary>
    public static bool MoveAll(string from, string to)
    {
        var moved = true;
        foreach (var process in Words(from + "/cgroup.procs"))
            moved &= TryWrite(to + "/cgroup.procs", process) || !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}"));
        return moved;
    }
}
