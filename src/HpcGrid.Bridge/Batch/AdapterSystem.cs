using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using Serilog;

namespace HpcGrid.Bridge.Batch;

/// <summary>Where what belongs to a pilot lies.</summary>
/// <param name="State">A folder on the login node: script and id.</param>
/// <param name="Logs">A folder that compute nodes see: output.</param>
public sealed record PilotFolders(string State, string Logs)
{
    public string Of(string tag) => Path.Combine(State, tag);

    public string LogOf(string tag) => Path.Combine(Logs, tag + ".log");

    /// <summary>Of a pilot that ended long ago.</summary>
    public void Remove(string tag)
    {
        if (Directory.Exists(Of(tag))) Directory.Delete(Of(tag), recursive: true);
        File.Delete(LogOf(tag));
    }
}

/// <summary>Makes the batch system that bridge.yaml names from its folder of templates.</summary>
internal static class AdapterSystem
{
    private const string LogsSuffix = ".pilots";

    /// <summary>Throws GridError for whatever the operator has to mend first.</summary>
    public static CommandBatchSystem Create(BridgeOptions options, TimeProvider time)
    {
        var folders = FoldersOf(options);
        Directory.CreateDirectory(folders.State);
        Directory.CreateDirectory(folders.Logs);
        var adapter = AdapterFile.Read(AgentPrograms.FindTemplates(options.Batch));
        foreach (var remark in AdapterRemarks.Of(adapter)) Log.Warning("adapter of {System}: {Remark}", adapter.System, remark);
        return new CommandBatchSystem(adapter, ScriptOf(adapter, options), folders, time);
    }

    /// <summary>The submit script of a pilot as it would be, for people.</summary>
    public static string ExampleScript(BridgeOptions options)
    {
        var walltime = TimeSpan.FromSeconds(options.Batch.Walltime);
        var request = new PilotRequest("p1-example", options.Batch.NodesPerPilot, options.Batch.CoresPerNode, walltime, DateTimeOffset.UnixEpoch);
        return ScriptOf(AdapterFile.Read(AgentPrograms.FindTemplates(options.Batch)), options).Make(request, FoldersOf(options).LogOf(request.Tag));
    }

    private static SubmitScript ScriptOf(Adapter adapter, BridgeOptions options) =>
        new(adapter, options.Batch, [AgentPrograms.FindAgent(options.Batch), .. AgentPrograms.Arguments(options)]);

    /// <summary>The log's path stands in a directive line as it is.</summary>
    private static PilotFolders FoldersOf(BridgeOptions options)
    {
        var logs = options.Batch.Logs.Length > 0 ? options.Batch.Logs : options.Spool + LogsSuffix;
        return logs.All(c => char.IsAsciiLetterOrDigit(c) || "/._+=@-".Contains(c, StringComparison.Ordinal))
            ? new PilotFolders(Path.Combine(options.State, "pilots"), logs)
            : throw GridError.Invalid($"the folder for the pilots' output, {logs}, has other characters than letters, digits and / . _ + = @ -",
                "Name another one with batch.logs: it is written into the submit script as it is.");
    }
}
