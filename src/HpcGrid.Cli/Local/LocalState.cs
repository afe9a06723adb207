using System.Text.Json;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Local;

/// <summary>A process and when it started: together they name it for ever, a number alone is used again.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Started">Clock ticks since boot, field 22 of /proc/ID/stat.</param>
internal sealed record ProcessMark(int Id, long Started);

/// <summary>What `local up` started, as it lies in state.json.</summary>
internal sealed record LocalState
{
    public required string User { get; init; }
    public required int Nodes { get; init; }
    public required int CoresPerNode { get; init; }
    /// <summary>Of each pilot; 0 in what an earlier version wrote, which is 1.</summary>
    public int NodesPerPilot { get; init; }
    /// <summary>The batch system that its commands are simulated of; empty when the bridge starts agents itself.</summary>
    public string Batch { get; init => field = value ?? ""; } = "";
    /// <summary>The folder of the spool when it does not lie in the grid's own.</summary>
    public string Spool { get; init => field = value ?? ""; } = "";
    public ProcessMark? Central { get; init; }
    public ProcessMark? Bridge { get; init; }
    public ProcessMark? SimBatch { get; init; }

    /// <summary>As they were asked for.</summary>
    public LocalNodes Size => new(Nodes, CoresPerNode, Math.Max(1, NodesPerPilot)) { Batch = Batch, Spool = Spool };

    /// <summary>Null when nothing was ever started here. Throws GridError(Corrupt) for a file that is not ours.</summary>
    public static LocalState? Read(LocalHome home)
    {
        try { return JsonSerializer.Deserialize(File.ReadAllBytes(home.StateFile), CliJson.Default.LocalState); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { return null; }
        catch (JsonException e)
        {
            throw new GridError(ErrorCode.Corrupt, $"'{home.StateFile}' cannot be read: {e.Message}", "Remove it after `hpcgrid local down`.", e);
        }
    }

    /// <summary>Written beside and renamed, so that a crash leaves the old one or the new one.</summary>
    public void Write(LocalHome home)
    {
        var beside = home.StateFile + ".new";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(this, CliJson.Default.LocalState));
        File.Move(beside, home.StateFile, overwrite: true);
    }
}

/// <summary>What is read of the bridge's status file.</summary>
/// <param name="ProcessId">The bridge that wrote it.</param>
/// <param name="Network">What becomes of the nodes' network, in a sentence.</param>
internal sealed record LocalBridgeStatus(int ProcessId, string Network)
{
    /// <summary>Null when this process has written none yet.</summary>
    public static LocalBridgeStatus? Read(LocalHome home, int processId)
    {
        try
        {
            var status = JsonSerializer.Deserialize(File.ReadAllBytes(home.BridgeStatus), CliJson.Default.LocalBridgeStatus);
            return status?.ProcessId == processId ? status : null;
        }
        // It is being written, or a killed bridge left half of it: the next one is whole.
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException) { return null; }
    }
}

/// <summary>The simulated batch system.</summary>
/// <param name="System">Whose commands it has.</param>
/// <param name="Id">Its process; null when it is down.</param>
/// <param name="Commands">The folder for the PATH.</param>
internal sealed record LocalBatchStatus(string System, int? Id, string Commands);

/// <summary>What `local status` tells.</summary>
internal sealed record LocalStatus(string Home, bool CentralRuns, bool BridgeRuns, int? CentralId, int? BridgeId, LocalBatchStatus? Batch,
    IReadOnlyList<NodeStatus> Nodes, IReadOnlyDictionary<string, int> Jobs);
