using System.Globalization;
using System.Runtime.InteropServices;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Batch.Trial;
using HpcGrid.Bridge.Contact;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Client;
using HpcGrid.Core;
using Serilog;

namespace HpcGrid.Bridge;

/// <summary>The command line of hpcgrid-bridge.</summary>
internal static class BridgeCommand
{
    private const int Good = 0, Trouble = 1, Usage = 2;
    private const string Help = """
        hpcgrid-bridge: takes jobs from central and feeds them to the agents of one site through a shared directory.

          hpcgrid-bridge init  [--config FILE]        writes a commented configuration
          hpcgrid-bridge run   [--config FILE]        runs until SIGTERM; agents go on and the next start adopts them
                               [--print-config]       shows the whole configuration and ends
                               [--check-config]       checks the configuration and ends
                               [--drain]              finishes what runs, gives back the rest, ends
          hpcgrid-bridge stop  [--config FILE]        sends SIGTERM to the running bridge
                               [--drain]              sends SIGUSR1: drain, then end
        """ + "\n" + BatchVerb.Help + "\n\nFILE is bridge.yaml unless told.";

    public static async Task<int> Run(string[] args)
    {
        try
        {
            var words = new Queue<string>(args);
            var verb = words.Count > 0 && !words.Peek().StartsWith('-') ? words.Dequeue() : "run";
            if (verb == "batch" && !words.Contains("--help")) return await BatchVerb.Run(words);
            var (config, flags) = ("bridge.yaml", new HashSet<string>());
            while (words.TryDequeue(out var word))
            {
                if (word == "--config") config = words.TryDequeue(out var path) ? path : throw GridError.Invalid("--config needs a file");
                else flags.Add(word);
            }
            if (flags.Overlaps(["--help", "-h"]) || verb == "help") return Say(Help);
            if (flags.FirstOrDefault(flag => flag is not ("--print-config" or "--check-config" or "--drain")) is { } unknown)
                throw GridError.Invalid($"'{unknown}' is no option of hpcgrid-bridge", "See hpcgrid-bridge --help.");
            return verb switch
            {
                "init" => Init(config),
                "run" when flags.Contains("--print-config") => Say(BridgeOptionsFile.Print(BridgeOptionsFile.Read(config))),
                "run" when flags.Contains("--check-config") => Check(config),
                "run" => await Serve(BridgeOptionsFile.Read(config), flags.Contains("--drain")),
                "stop" => Stop(BridgeOptionsFile.Read(config), flags.Contains("--drain")),
                _ => throw GridError.Invalid($"'{verb}' is no command of hpcgrid-bridge", "See hpcgrid-bridge --help."),
            };
        }
        catch (GridError e)
        {
            await Console.Error.WriteLineAsync($"hpcgrid-bridge: {e.Message}{(e.Hint is null ? "" : "\n  " + e.Hint)}");
            return e.Code == ErrorCode.Invalid ? Usage : Trouble;
        }
    }

    private static int Say(string text)
    {
        Console.Out.WriteLine(text);
        return Good;
    }

    private static int Init(string config)
    {
        if (File.Exists(config)) throw GridError.Exists($"'{config}' exists already", "Edit it, or remove it first.");
        File.WriteAllText(config, BridgeOptionsFile.Template + "\n");
        return Say($"wrote {config}; edit it, then: hpcgrid-bridge run --config {config} --check-config");
    }

    private static int Check(string config)
    {
        var options = BridgeOptionsFile.Read(config);
        _ = ClientFile.Read(options.Client);
        _ = AgentPrograms.FindAgent(options.Batch);
        var folder = AgentPrograms.FindTemplates(options.Batch);
        if (options.Batch.IsFork) return Say($"{config} is good");
        return Say($"{AdapterSystem.ExampleScript(options)}\n# {config} is good; above is the script that {folder} makes for a pilot.");
    }

    private static int Stop(BridgeOptions options, bool drain)
    {
        var status = Path.Combine(options.State, "bridge.pid");
        if (!File.Exists(status) || !int.TryParse(File.ReadAllText(status), CultureInfo.InvariantCulture, out var id) || !ProcessSignal.Send(id, drain))
            throw GridError.NotFound("no bridge runs on this state directory");
        return Say(drain ? $"bridge {id} drains" : $"bridge {id} stops");
    }

    private static async Task<int> Serve(BridgeOptions options, bool drain)
    {
        Directory.CreateDirectory(options.State);
        Log.Logger = BridgeLog.Create(options);
        var pidFile = Path.Combine(options.State, "bridge.pid");
        try
        {
            using var host = BridgeFactory.Create(options);
            await File.WriteAllTextAsync(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; host.Stop(); });
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = true; host.Stop(); });
            using var user = PosixSignalRegistration.Create((PosixSignal)ProcessSignal.Drain, context => { context.Cancel = true; host.Drain(); });
            if (drain) host.Drain();
            (host.Central as CentralConnection)?.Open(CancellationToken.None);
            Log.Information("bridge {Bridge} runs for {Site} on the spool {Spool}", options.Name, options.Site, options.Spool);
            // The loop's own thread: ledger and spool are touched by no other.
            await Task.Factory.StartNew(host.Run, TaskCreationOptions.LongRunning);
            if (options.StopPilots && !await host.StopPilots(TimeSpan.FromSeconds(20))) Log.Error("some pilots could not be ended");
            if (host.Central is IAsyncDisposable central) await central.DisposeAsync();
            File.Delete(pidFile);
            Log.Information("bridge {Bridge} has stopped", options.Name);
            return Good;
        }
        catch (Exception e) when (e is not GridError)
        {
            Log.Fatal(e, "a fault of hpcgrid-bridge; it ends, and the next start goes on from the ledger");
            throw;
        }
        finally { await Log.CloseAndFlushAsync(); }
    }
}
