using System.Text;

namespace HpcGrid.Spool;

/// <summary>Names of agents, "batch id.node.nonce": one incarnation each, never reused (a rebooted node is another agent).</summary>
public static class AgentName
{
    /// <summary>The name of a new incarnation; characters outside [A-Za-z0-9_-] are replaced by '-', long parts are cut.</summary>
    public static string Make(string batchId, string node, string nonce) => $"{Clean(batchId)}.{Clean(node)}.{Clean(nonce)}";

    /// <summary>True for three parts of [A-Za-z0-9_-] with dots between them.</summary>
    public static bool IsWellFormed(string name)
    {
        if (name.Length > Limits.AgentNameLength) return false;
        var parts = name.Split('.');
        return parts.Length == 3 && Array.TrueForAll(parts, part => part.Length > 0 && Clean(part) == part);
    }

    private static string Clean(string part)
    {
        const int longest = (Limits.AgentNameLength - 2) / 3;
        var clean = new StringBuilder();
        foreach (var c in part.AsSpan(0, Math.Min(part.Length, longest)))
            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '-');
        return clean.Length == 0 ? "-" : clean.ToString();
    }
}

/// <summary>
/// Where to look for an agent's files: live/ as long as it may go on, fenced.[E]/ after the bridge renamed it (F3). Both may be
/// listed for a while, and both may get new files (F5).
/// </summary>
/// <param name="Agent">Its name.</param>
/// <param name="FencedEpoch">Null: live. Otherwise the generation of the bridge that fenced it.</param>
public readonly record struct AgentPlace(string Agent, long? FencedEpoch = null)
{
    /// <summary>"live" or "fenced.7".</summary>
    public string DirectoryName => FencedEpoch is { } epoch ? SpoolNames.Fenced(epoch) : SpoolNames.Live;

    /// <summary>True before the fence.</summary>
    public bool IsLive => FencedEpoch is null;
}
