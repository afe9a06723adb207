using System.Globalization;
using System.Runtime.InteropServices;
using HpcGrid.Agent.Processes;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Agent;

/// <summary>
/// The agent as a process of its own: log, signals, and the loop on a thread that is not the first one. The filesystem of the spool is
/// a parameter so that tests can give it one that is full.
/// </summary>
internal static class AgentProcess
{
    private const int UserSignal1 = 10, UserSignal2 = 12, CpuLimit = 24;

    /// <summary>Runs until the agent leaves; answers its exit code.</summary>
    public static int Run(AgentOptions options, ISharedFs fs)
    {
        OpenLog(options.Log);
        var mailbox = new Mailbox<Notice>();
        using var end = Register(mailbox, PosixSignal.SIGTERM, new EndSignal());
        using var interrupt = Register(mailbox, PosixSignal.SIGINT, new EndSignal());
        using var hangUp = Register(mailbox, PosixSignal.SIGHUP, new EndSignal());
        // Grid Engine (-notify) and LSF (at the run limit) say so that the end is near; XCPU is the soft limit of CPU time.
        using var limit = Register(mailbox, (PosixSignal)UserSignal2, new EndSignal());
        using var cpu = Register(mailbox, (PosixSignal)CpuLimit, new EndSignal());
        using var drain = Register(mailbox, (PosixSignal)UserSignal1, new DrainSignal());
        try
        {
            // Orphans become children of the process's first thread; the loop, which starts payloads, runs on another one (Orphans.cs).
            var exitCode = 0;
            var loop = new Thread(() => exitCode = new AgentProgram(options, mailbox, fs).Run(), Limits.LoopStackBytes) { Name = "loop" };
            loop.Start();
            // It looks and does not wait for them: who waits in wait4 does not see that the loop has ended.
            while (!loop.Join(Limits.TakesDead)) Reaper.TakeDead();
            return exitCode;
        }
        finally
        {
            Log.CloseAndFlush();
        }
    }

    private static void OpenLog(string? file)
    {
        var log = new LoggerConfiguration().WriteTo.Console(
            outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {Message:lj}{NewLine}{Exception}",
            standardErrorFromLevel: Serilog.Events.LogEventLevel.Verbose,
            formatProvider: CultureInfo.InvariantCulture);
        if (file is not null) log = log.WriteTo.File(file, formatProvider: CultureInfo.InvariantCulture);
        Log.Logger = log.CreateLogger();
    }

    private static PosixSignalRegistration Register(Mailbox<Notice> mailbox, PosixSignal signal, Notice notice) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            mailbox.Post(notice);
        });
}
