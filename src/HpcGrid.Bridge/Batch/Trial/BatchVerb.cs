using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch.Trial;

/// <summary>`hpcgrid-bridge batch check|test`.</summary>
internal static class BatchVerb
{
    public const string Help = """
          hpcgrid-bridge batch check PATH           checks an adapter's folder, or a site's folder or file with a bridge.yaml, and shows the script of a pilot
          hpcgrid-bridge batch test [QUEUE]         tries an adapter on the real batch system: submit, status, cancel, walltime, signals
                               [--config FILE]      the site's values and adapter (or --system NAME, --templates DIR)
                               [--folder DIR]       for scripts and notes; compute nodes must see it (default: ./batch-test)
                               [--walltime SECONDS] of the pilot that is left to end (60)
                               [--patience SECONDS] how long a pilot may wait in the queue (600)
                               [--json]
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private const int ShortWalltime = 60;

    /// <summary>Answers the exit code: 0 all is well, 1 a check has failed. Throws GridError(Invalid).</summary>
    public static async Task<int> Run(Queue<string> words)
    {
        var (plain, options, json) = Read(words);
        return plain switch
        {
            ["check", var path] => Check(path, json),
            ["test", .. var rest] when rest.Length <= 1 => await Test(rest.FirstOrDefault() ?? "", options, json),
            _ => throw GridError.Invalid("`batch` is followed by `check PATH` or `test [QUEUE]`", "See hpcgrid-bridge --help."),
        };
    }

    private static (string[] Plain, Dictionary<string, string> Options, bool Json) Read(Queue<string> words)
    {
        var (plain, options, json) = (new List<string>(), new Dictionary<string, string>(), false);
        while (words.TryDequeue(out var word))
        {
            if (word == "--json") json = true;
            else if (!word.StartsWith("--", StringComparison.Ordinal)) plain.Add(word);
            else if (word is not ("--config" or "--system" or "--templates" or "--folder" or "--walltime" or "--patience"))
                throw GridError.Invalid($"'{word}' is no option of `batch`", "See hpcgrid-bridge --help.");
            else options[word] = words.TryDequeue(out var value) ? value : throw GridError.Invalid($"{word} needs a value");
        }
        return ([.. plain], options, json);
    }

    private static int Check(string path, bool json)
    {
        var (adapter, batch, what) = Load(path);
        var example = Example(adapter, batch);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(example, CheckJson.Default.CheckReport));
            return 0;
        }
        foreach (var (file, text) in example.Files) Console.Out.WriteLine($"# ---- {file}\n{text}# ---- {SubmitScript.FileName}");
        Console.Out.WriteLine($"{example.Script}\n# {what} is good; above is what it submits for a pilot of {Words(batch)}.");
        foreach (var remark in example.Remarks) Console.Out.WriteLine($"# remark: {remark}");
        return 0;
    }

    /// <summary>What is submitted for a pilot of this site, with paths that are examples.</summary>
    public static CheckReport Example(Adapter adapter, BatchOptions batch)
    {
        var request = new PilotRequest("p1-example", batch.NodesPerPilot, batch.CoresPerNode, TimeSpan.FromSeconds(batch.Walltime), DateTimeOffset.UnixEpoch);
        var agent = batch.Agent.Length > 0 ? batch.Agent : "/shared/hpcgrid/hpcgrid-agent";
        var script = new SubmitScript(adapter, batch, [agent, "--spool", "/shared/grid/spool", "--site", "EXAMPLE"]);
        const string Log = "/shared/grid/spool.pilots/p1-example.log";
        var files = adapter.Files.ToDictionary(file => file, file => script.Make(file, request, Log, "/state/pilots/p1-example/submit.sh"));
        return new CheckReport(adapter.System, Path.GetDirectoryName(adapter.Template)!, script.Make(request, Log), files, [.. AdapterRemarks.Of(adapter)]);
    }

    private static string Words(BatchOptions batch) =>
        $"{batch.NodesPerPilot} {(batch.NodesPerPilot == 1 ? "node" : "nodes")} with {batch.CoresPerNode} cores for {batch.Walltime} s";

    private static (Adapter Adapter, BatchOptions Batch, string What) Load(string path)
    {
        var site = Directory.Exists(path) ? Path.Combine(path, "bridge.yaml") : path;
        if (!File.Exists(Path.Combine(path, AdapterFile.Name)) && File.Exists(site))
        {
            var batch = BridgeOptionsFile.Read(site).Batch;
            if (batch.IsFork) throw GridError.Invalid($"'{site}' says `system: fork`, which has no adapter");
            return (AdapterFile.Read(AgentPrograms.FindTemplates(batch)), batch, site);
        }
        return (AdapterFile.Read(path), new BatchOptions(), path);
    }

    private static async Task<int> Test(string queue, Dictionary<string, string> options, bool json)
    {
        var batch = options.TryGetValue("--config", out var config) ? BridgeOptionsFile.Read(config).Batch : new BatchOptions { CoresPerNode = 1 };
        if (options.TryGetValue("--system", out var system)) batch = batch with { System = system };
        if (options.TryGetValue("--templates", out var templates)) batch = batch with { Templates = Path.GetFullPath(templates) };
        if (queue.Length > 0) batch = batch with { Queue = queue };
        batch = batch with { Walltime = Number(options, "--walltime", ShortWalltime), Work = "", MemoryMib = 0 };
        var adapter = AdapterFile.Read(AgentPrograms.FindTemplates(batch));
        var folder = Directory.CreateDirectory(Path.GetFullPath(options.GetValueOrDefault("--folder", "batch-test"))).FullName;
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = true; stop.Cancel(); });
        var started = TimeProvider.System.GetUtcNow();
        if (!json)
            Console.Out.WriteLine($"{adapter.System} ({Path.GetDirectoryName(adapter.Template)}), "
                + $"queue {(batch.Queue.Length > 0 ? batch.Queue : "(default)")}; notes in {folder}\n");
        var patience = TimeSpan.FromSeconds(Number(options, "--patience", (int)Patience.TotalSeconds));
        IReadOnlyList<TrialCheck> checks;
        try { checks = await new BatchTrial(adapter, batch, folder, TimeProvider.System, patience, check => Say(check, json)).Run(stop.Token); }
        catch (OperationCanceledException) { throw GridError.Unavailable("interrupted", "What was submitted has been cancelled."); }
        var report = new TrialReport(adapter.System, Path.GetDirectoryName(adapter.Template)!, batch.Queue, folder, started, checks);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(report, TrialJson.Default.TrialReport)
            : report.Passed ? "\nAll is well." : "\nSomething is wrong: see above, and the scripts and outputs in the folder.");
        return report.Passed ? 0 : 1;
    }

    private static void Say(TrialCheck check, bool json)
    {
        if (json) return;
        var mark = check.Verdict switch { Verdict.Good => "ok    ", Verdict.Remark => "remark", _ => "FAILED" };
        var colour = Console.IsOutputRedirected ? "" : check.Verdict switch { Verdict.Good => "\e[32m", Verdict.Remark => "\e[33m", _ => "\e[31m" };
        Console.Out.WriteLine($"{colour}{mark}{(colour.Length > 0 ? "\e[0m" : "")}  {check.Name,-26} {check.Detail}");
    }

    private static int Number(Dictionary<string, string> options, string name, int otherwise) =>
        !options.TryGetValue(name, out var text) ? otherwise
        : int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw GridError.Invalid($"{name} {text}: a number of seconds is wanted");
}
