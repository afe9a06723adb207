using System.Text.Json;
using System.Text.Json.Serialization;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What this agent has asked of the shared filesystem since it joined, for benchmarks and site admins.</summary>
internal sealed record SpoolUse(IReadOnlyDictionary<string, long> Operations, long Metadata, long Syncs, long BytesRead, long BytesWritten);

/// <summary>Keeps a file on the node's own disk with the use so far; nobody's decision depends on it.</summary>
internal sealed class SpoolUseFile(CountingFs fs, string path)
{
    public void Write()
    {
        var counts = fs.Counts;
        var kinds = Enum.GetValues<FsOperation>().ToDictionary(kind => kind.ToString(), kind => counts[kind]);
        var use = new SpoolUse(kinds, counts.Metadata, counts.Syncs, counts.BytesRead, counts.BytesWritten);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(use, AgentJson.Default.SpoolUse));
        File.Move(path + ".new", path, overwrite: true);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SpoolUse))]
internal sealed partial class AgentJson : JsonSerializerContext;
