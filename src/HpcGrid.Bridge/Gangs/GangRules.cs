using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Gangs;

/// <summary>A job over several nodes that has none yet.</summary>
/// <param name="Row">Its row in the ledger.</param>
public sealed record GangWish(long Row, Resources Need);

/// <summary>An agent as far as gangs care.</summary>
/// <param name="IdleCores">Cores with nothing to do.</param>
/// <param name="IsFree">It takes work and belongs to no gang.</param>
public sealed record GangAgent(AgentCard Card, int IdleCores, bool IsFree);

/// <summary>A pilot as far as gangs care.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="Left">Until its jobs must have ended; null when no end is known.</param>
/// <param name="Expected">Nodes of it that will come: it is starting.</param>
/// <param name="Agents">Its agents that take work.</param>
public sealed record GangPilot(string Tag, TimeSpan? Left, int Expected, IReadOnlyList<GangAgent> Agents);

/// <summary>Agents for one job; the first of them runs it.</summary>
public sealed record FormedGang(GangWish Wish, IReadOnlyList<AgentCard> Members);

/// <summary>What is to be done for jobs over several nodes.</summary>
/// <param name="Formed">Agents to keep.</param>
/// <param name="PilotsWanted">Jobs for which no pilot that lives or starts can ever have nodes enough.</param>
public sealed record GangPlan(IReadOnlyList<FormedGang> Formed, int PilotsWanted);

/// <summary>
/// Which agents are kept for which job over several nodes. Pure. All of a gang are chosen at once or none, so that two gangs never wait for each other.
/// </summary>
public static class GangRules
{
    /// <param name="wishes">Oldest first.</param>
    /// <param name="pilots">Those that live.</param>
    public static GangPlan Plan(IReadOnlyList<GangWish> wishes, IReadOnlyList<GangPilot> pilots)
    {
        var formed = new List<FormedGang>();
        var open = pilots.ToList();
        var wanted = 0;
        foreach (var wish in wishes)
        {
            var able = open.Where(pilot => Could(pilot, wish.Need)).ToList();
            if (able.Select(pilot => Choose(pilot, wish.Need)).OfType<List<GangAgent>>().MaxBy(Idleness) is { } best)
            {
                formed.Add(new FormedGang(wish, [.. best.Select(agent => agent.Card)]));
                Occupy(open, best);
            }
            // It waits for this pilot, and nothing behind it takes nodes there: it would be overtaken for ever.
            else if (able.MaxBy(pilot => pilot.Agents.Count(agent => agent.IsFree)) is { } kept) open.Remove(kept);
            else wanted++;
        }
        return new GangPlan(formed, wanted);
    }

    /// <summary>True when every agent of the gang keeps its node for it and runs nothing.</summary>
    public static bool IsComplete(long gang, IEnumerable<(HeartbeatMarker? Beat, int Cores)> members) =>
        members.All(member => member.Beat is { } beat && beat.Gang == gang && beat.IdleCores >= member.Cores);

    private static bool Could(GangPilot pilot, Resources need) =>
        !(TimeSpan.FromSeconds(need.TtlSeconds) > pilot.Left)
        && pilot.Expected + pilot.Agents.Where(agent => Holds(agent.Card, need)).DistinctBy(Node).Count() >= need.Nodes;

    private static List<GangAgent>? Choose(GangPilot pilot, Resources need)
    {
        List<GangAgent> chosen = [.. pilot.Agents.Where(agent => agent.IsFree && Holds(agent.Card, need)).OrderByDescending(agent => agent.IdleCores)
            .ThenBy(agent => agent.Card.Agent, StringComparer.Ordinal).DistinctBy(Node).Take(need.Nodes)];
        return chosen.Count == need.Nodes ? chosen : null;
    }

    /// <summary>Two agents may run on one node of a pilot: started twice (Z6), or again while the first one's end is not known.</summary>
    private static string Node(GangAgent agent) => agent.Card.Node;

    private static int Idleness(List<GangAgent> agents) => agents.Sum(agent => agent.IdleCores);

    private static void Occupy(List<GangPilot> pilots, List<GangAgent> taken)
    {
        var at = pilots.FindIndex(pilot => pilot.Agents.Contains(taken[0]));
        pilots[at] = pilots[at] with { Agents = [.. pilots[at].Agents.Select(agent => taken.Contains(agent) ? agent with { IsFree = false } : agent)] };
    }

    /// <summary>0 says that memory or disk is not accounted for.</summary>
    private static bool Holds(AgentCard card, Resources need) =>
        card.Cores >= need.Cores && (card.MemoryMib == 0 || card.MemoryMib >= need.MemoryMib) && (card.DiskMib == 0 || card.DiskMib >= need.DiskMib)
        && need.Counters.MissingFrom(card.Counters) is null;
}
