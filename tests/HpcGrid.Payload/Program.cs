using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HpcGrid.Payload;

// A program to run as a job in tests. What it does stands in its first argument.
if (args.Length == 0)
{
    Console.Error.WriteLine(Words.Help);
    return 64;
}
switch (args[0])
{
    case "echo":
        foreach (var word in args[1..]) Out(word + "\0");
        return 0;
    case "env":
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables()) Out($"{entry.Key}={entry.Value}\0");
        return 0;
    case "pwd":
        Out(Environment.CurrentDirectory);
        return 0;
    case "exit":
        return Number(1);
    case "signal":
        _ = Native.kill(Environment.ProcessId, Number(1));
        Thread.Sleep(Timeout.Infinite);
        return 0;
    case "sleep":
        Thread.Sleep(Number(1));
        return 0;
    case "burn":
        for (var clock = Stopwatch.StartNew(); clock.ElapsedMilliseconds < Number(1);) Native.getppid();
        return 0;
    case "allocate":
        var memory = new byte[Number(1)][];
        for (var i = 0; i < memory.Length; i++) Array.Fill(memory[i] = new byte[1024 * 1024], (byte)1);
        Thread.Sleep(args.Length > 2 ? Number(2) : 0);
        GC.KeepAlive(memory);
        return 0;
    case "fork":
        for (var i = 0; i < Number(1); i++) Shell("sleep 1000 &");
        return Wait();
    case "crowd":
        // One shell with so many children at the same time; waits for ever, or leaves them.
        Shell($"i=0; while [ $i -lt {Number(1)} ]; do sleep 1000 & i=$((i+1)); done");
        return args.Length > 2 && args[2] == "leave" ? 0 : Wait();
    case "escape":
        // Double fork, a session of its own, and nothing in its environment that tells whose it is.
        Shell($"env -i setsid sh -c 'exec sleep {args[1]}' > /dev/null 2>&1 &");
        return 0;
    case "daemon":
        // In its own session, its parent gone: found by nothing but descent and environment.
        Shell("setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & echo $$ > daemon.pid; wait; sleep 1000' > /dev/null 2>&1 &");
        return args.Length > 1 && args[1] == "leave" ? 0 : Wait();
    case "stubborn":
        using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true)) return Wait();
    case "write":
        File.WriteAllBytes(args[1], Bytes(Number(2)));
        return 0;
    case "cat":
        using (var file = File.OpenRead(args[1]))
        using (var stdout = Console.OpenStandardOutput())
            file.CopyTo(stdout);
        return 0;
    case "print":
        using (var stdout = Console.OpenStandardOutput()) stdout.Write(Bytes(Number(1)));
        return 0;
    case "flood":
        var block = Bytes(1024 * 1024);
        using (var stdout = Console.OpenStandardOutput())
            for (var i = 0L; i < Number(1) * 1024L; i++) stdout.Write(block);
        return 0;
    case "vanish":
        Directory.Delete(Environment.CurrentDirectory, recursive: true);
        return 0;
    case "close":
        for (var descriptor = 0; descriptor < 1024; descriptor++) _ = Native.close(descriptor);
        Native._exit(0);
        return 0;
    case "binary":
        using (var stdout = Console.OpenStandardOutput())
            for (var i = 0; i < Number(1); i++) stdout.WriteByte((byte)(i * 7));
        return 0;
    case "odd-names":
        foreach (var name in (string[])["two\nlines", " blank ", "quote\"s'", "tab\tbed", "-rf", "ünï", "#comment", "$(reboot)", "a;b"]) File.WriteAllText(name, name);
        return 0;
    case "network":
        Out(File.ReadAllText("/proc/net/dev"));
        return 0;
    default:
        Console.Error.WriteLine(Words.Help);
        return 64;
}

int Number(int index) => int.Parse(args[index], CultureInfo.InvariantCulture);

static int Wait()
{
    Console.Out.WriteLine("ready");
    Console.Out.Flush();
    Thread.Sleep(Timeout.Infinite);
    return 0;
}

static void Shell(string script)
{
    using var process = Process.Start("/bin/sh", ["-c", script]);
    process.WaitForExit();
}

static byte[] Bytes(int count)
{
    var bytes = new byte[count];
    for (var i = 0; i < count; i++) bytes[i] = (byte)('a' + i % 26);
    return bytes;
}

static void Out(string text)
{
    using var stdout = Console.OpenStandardOutput();
    stdout.Write(Encoding.UTF8.GetBytes(text));
}

namespace HpcGrid.Payload
{
    internal static class Words
    {
        public const string Help = """
            usage: hpcgrid-payload WHAT
              echo WORD...       the words, each ended by NUL    env              the environment, each ended by NUL
              pwd                the working directory           exit N           end with that code
              signal N           end by that signal              sleep MS         wait
              burn MS            use a core                      allocate MB [MS] use memory, keep it so long
              fork N             N children, then wait for ever  daemon [leave]   a process in a session of its own; wait or leave
              stubborn           ignore TERM for ever            write FILE N     N bytes to a file
              cat FILE           a file to stdout                print N          N bytes to stdout
              network            the network interfaces seen     flood GB         so much to stdout
              crowd N [leave]    N children of one shell         escape SECONDS   a process that nothing ties to its job
              vanish             remove the own sandbox          close            close all descriptors
              binary N           all byte values, N of them      odd-names        files with newlines and quotes in their names
            """;
    }

    internal static partial class Native
    {
        [LibraryImport("libc")]
        internal static partial int kill(int process, int signal);

        [LibraryImport("libc")]
        internal static partial int getppid();

        [LibraryImport("libc")]
        internal static partial int close(int descriptor);

        [LibraryImport("libc")]
        internal static partial void _exit(int code);
    }
}
