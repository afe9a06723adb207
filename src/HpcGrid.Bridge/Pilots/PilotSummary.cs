using System.Globalization;
using System.Text;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge.Pilots;

/// <summary>What the agents of a pilot said at their end, together: in the log and in status.json.</summary>
/// <param name="Pilot">Its tag.</param>
/// <param name="EndedAt">When the bridge heard of its end.</param>
/// <param name="Agents">How many spoke.</param>
/// <param name="Jobs">Attempts that ended there, well or not.</param>
/// <param name="IdleShare">Of the time of their cores, from 0 to 1.</param>
/// <param name="Reasons">Why they left, most frequent first.</param>
public sealed record PilotSummary(string Pilot, DateTimeOffset EndedAt, int Agents, long Jobs, double IdleShare, IReadOnlyList<string> Reasons)
{
    public static PilotSummary Of(string pilot, DateTimeOffset endedAt, IReadOnlyList<AgentSummary> agents)
    {
        var all = agents.Sum(agent => agent.CoreSeconds);
        return new PilotSummary(pilot, endedAt, agents.Count, agents.Sum(agent => agent.Jobs),
            all > 0 ? Math.Round(agents.Sum(agent => agent.IdleCoreSeconds) / all, 3) : 0,
            [.. agents.CountBy(agent => agent.Reason).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => pair.Key)]);
    }

    /// <summary>For people.</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture,
        $"{Agents} {(Agents == 1 ? "agent" : "agents")} ran {Jobs} {(Jobs == 1 ? "job" : "jobs")}, {100 * IdleShare:0.#} % of their cores' time idle: ")
        + string.Join("; ", Reasons);

    /// <summary>The last words in the output of a pilot; of an agent that was started again, both. None where there is no output.</summary>
    public static async Task<IReadOnlyList<AgentSummary>> Read(string log, CancellationToken ct)
    {
        try
        {
            if (!File.Exists(log)) return [];
            await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(Math.Max(0, file.Length - Limits.PilotOutputRead), SeekOrigin.Begin);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return [.. (await reader.ReadToEndAsync(ct)).Split('\n').Select(AgentSummary.Find).OfType<AgentSummary>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }
}
