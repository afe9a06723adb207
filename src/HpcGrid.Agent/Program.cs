using System.Runtime.InteropServices;
using HpcGrid.Agent;
using HpcGrid.Core;
using Serilog;

const int userSignal1 = 10;

if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.WriteLine(AgentOptions.Help);
    return args.Length == 0 ? AgentExit.WrongOptions : 0;
}
AgentOptions options;
try
{
    options = AgentOptions.Parse(args);
}
catch (GridError e)
{
    Console.Error.WriteLine($"hpcgrid-agent: {e.Message}. {e.Hint}");
    return AgentExit.WrongOptions;
}

var log = new LoggerConfiguration().WriteTo.Console(
    outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {Message:lj}{NewLine}{Exception}",
    standardErrorFromLevel: Serilog.Events.LogEventLevel.Verbose,
    formatProvider: System.Globalization.CultureInfo.InvariantCulture);
if (options.Log is { } path) log = log.WriteTo.File(path, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
Log.Logger = log.CreateLogger();

var mailbox = new Mailbox<Notice>();
using var end = Register(PosixSignal.SIGTERM, new EndSignal());
using var interrupt = Register(PosixSignal.SIGINT, new EndSignal());
using var hangUp = Register(PosixSignal.SIGHUP, new EndSignal());
using var drain = Register((PosixSignal)userSignal1, new DrainSignal());
try
{
    // Orphans become children of the process's first thread; the loop, which starts payloads, runs on another one (Orphans.cs).
    var exitCode = 0;
    var loop = new Thread(() => exitCode = new AgentProgram(options, mailbox).Run(), 4 * 1024 * 1024) { Name = "loop" };
    loop.Start();
    loop.Join();
    return exitCode;
}
finally
{
    Log.CloseAndFlush();
}

PosixSignalRegistration Register(PosixSignal signal, Notice notice) => PosixSignalRegistration.Create(signal, context =>
{
    context.Cancel = true;
    mailbox.Post(notice);
});
