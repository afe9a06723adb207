
namespace HpcGrid.Agent.Processes;

/// <summary>
/// Sees to it that no payload outlives the agent, even when the agent is killed with -9. A small shell in its own session blocks in
/// `read` on a pipe whose only other end is the agent's. When that end closes without the word "done", the agent is dead, and the
/// shell kills whatever carries HPCGRID_AGENT=(this agent) in its environment or was branded by it, until nothing does, and all that is in
/// its jobs' groups.
/// Why so: posix_spawn cannot set PR_SET_PDEATHSIG, that signal would not reach a payload's own children, and a bridge on
/// another node cannot look.
/// </summary>
internal sealed unsafe class Guard : IDisposable
{
    /// <summary>Name of the variable that every payload carries.</summary>
    public const string Variable = "HPCGRID_AGENT";

    private const string Script = """
        read -r word && [ "$word" = done ] && exit 0
        round=0
        while [ $round -lt 100 ]; do
            [ -z "$3" ] || for group in "$3"/*-*/cgroup.kill; do [ -w "$group" ] && echo 1 > "$group"; done
            found=$({ grep -lsF "$1" /proc/[0-9]*/environ; grep -lsE "^Max realtime timeout +$2[0-9]{9} " /proc/[0-9]*/limits; } | cut -d/ -f3)
            [ -z "$found" ] && break
            kill -KILL $found 2>/dev/null
            round=$((round + 1))
            sleep 0.05
        done
        [ -z "$3" ] || rmdir "$3"/*-*
        """;

    private readonly int _writeEnd;

    private Guard(int writeEnd, int processId)
    {
        _writeEnd = writeEnd;
        ProcessId = processId;
    }

    /// <summary>The shell.</summary>
    public int ProcessId { get; }

    /// <summary>Starts it; null when the node lets us start no shell (payload leftovers are then the batch system's).</summary>
    /// <param name="agent">This agent.</param>
    /// <param name="groups">Folder of its jobs' groups; null when they have none.</param>
    public static Guard? Start(string agent, string? groups)
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.OpenCloseOnExec) != 0) return null;
        var processId = StartShell(ends[0], ["sh", "-c", Script, "sh", $"{Variable}={agent}", Brand.PrefixOf(agent), groups ?? ""]);
        _ = Libc.close(ends[0]);
        if (processId > 0) return new Guard(ends[1], processId);
        _ = Libc.close(ends[1]);
        return null;
    }

    private static int StartShell(int input, string[] words)
    {
        using var strings = new NativeStrings();
        strings.Begin(words.Sum(word => word.Length) + 128, words.Length + 8);
        var argv = strings.AddArray(words.Length);
        for (var i = 0; i < words.Length; i++) argv[i] = strings.Add(words[i]);
        var environment = strings.AddArray(1);
        environment[0] = strings.Add("PATH=/usr/local/bin:/usr/bin:/bin");
        var actions = stackalloc byte[Libc.OpaqueBytes];
        var attributes = stackalloc byte[Libc.OpaqueBytes];
        Libc.posix_spawn_file_actions_init(actions);
        Libc.posix_spawnattr_init(attributes);
        Libc.posix_spawnattr_setflags(attributes, Libc.SpawnNewSession);
        Libc.posix_spawn_file_actions_adddup2(actions, input, 0);
        Libc.posix_spawn_file_actions_addopen(actions, 1, strings.Add("/dev/null"), Libc.OpenWriteOnly, 0);
        Libc.posix_spawn_file_actions_addopen(actions, 2, strings.Add("/dev/null"), Libc.OpenWriteOnly, 0);
        int processId;
        var error = Libc.posix_spawn(&processId, strings.Add("/bin/sh"), actions, attributes, argv, environment);
        Libc.posix_spawn_file_actions_destroy(actions);
        return error == 0 ? processId : 0;
    }

    /// <summary>A clean end: the shell leaves without looking for anything.</summary>
    public void Dispose()
    {
        // SIGPIPE is ignored by the runtime; a shell that is gone needs no word.
        fixed (byte* word = "done\n"u8) _ = Libc.write(_writeEnd, word, 5);
        _ = Libc.close(_writeEnd);
    }
}
