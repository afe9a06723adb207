using System.Text.Json;
using HpcGrid.Core.Api;

namespace HpcGrid.Core.Sites;

/// <summary>
/// What one agent did with its node: its last words in the pilot's output, which the batch system keeps. The bridge reads them back when the pilot has ended
/// (R-H14). An agent that was killed says nothing.
/// </summary>
/// <param name="Agent">Who.</param>
/// <param name="Node">Where.</param>
/// <param name="Jobs">Attempts that ended here, well or not.</param>
/// <param name="CoreSeconds">All its cores, from joining to leaving.</param>
/// <param name="IdleCoreSeconds">Of these, without a job.</param>
/// <param name="Reason">Why it left.</param>
public sealed record AgentSummary(string Agent, string Node, long Jobs, double CoreSeconds, double IdleCoreSeconds, string Reason)
{
    private const string Mark = "summary ";

    /// <summary>One line; <see cref="Find"/> finds it again.</summary>
    public string ToLine() => Mark + JsonSerializer.Serialize(this, GridJson.Default.AgentSummary);

    /// <summary>The summary in a line of a log; null when there is none, or only a part of one.</summary>
    public static AgentSummary? Find(string line)
    {
        var start = line.IndexOf(Mark + "{", StringComparison.Ordinal);
        if (start < 0) return null;
        try
        {
            var found = JsonSerializer.Deserialize(line[(start + Mark.Length)..], GridJson.Default.AgentSummary);
            return found is { Agent: not null, Node: not null, Reason: not null } ? found : null;
        }
        catch (JsonException) { return null; }
    }
}
