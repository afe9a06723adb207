using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Queues;
using HpcGrid.Spool;
using Serilog;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// Brings what one look at an agent showed into the ledger: its claims, its versions, what it has dropped. The agent's view changes with the
/// ledger's transaction; when that fails, all views are read again.
/// </summary>
internal sealed class AgentReader(
    LedgerDatabase ledger, BridgeSpool spool, Fleet fleet, VersionIntake intake, Verdicts verdicts)
{
    private readonly HashSet<string> _faults = [];

    /// <summary>True when there was a new claim.</summary>
    public bool Claims(AgentView agent, AgentObservation seen, Tick tick)
    {
        var found = false;
        foreach (var queue in seen.Claims.Where(queue => !agent.Claims.Contains(queue)))
        {
            ledger.Queues.Claim(queue, agent.Row.Agent);
            if (ledger.Queues.Find(queue) is { Agent: { } owner } && owner != agent.Row.Agent) FenceBoth(queue, owner, agent, tick);
            agent.Claims.Add(queue);
            found = true;
        }
        return found;
    }

    /// <summary>
    /// Two claims of one (id, generation) cannot be (PROTOCOL 4): a filesystem or a person broke its word. Nobody can say which of them is
    /// right, so both go; the sweep of the owner offers the jobs again, and of what both bring the first result counts.
    /// </summary>
    private void FenceBoth(QueueName queue, string owner, AgentView agent, Tick tick)
    {
        Log.Error("queue file {Queue} is claimed by {Agent} and by {Owner}: one name was given to two; both are fenced", queue, agent.Row.Agent, owner);
        verdicts.GiveUp(agent, false, $"it and {owner} both claimed {queue}", tick);
        if (fleet.Find(owner) is { } first) verdicts.GiveUp(first, false, $"it and {agent.Row.Agent} both claimed {queue}", tick);
    }

    /// <summary>Commits every version that is newer than the last committed one. True when there was one.</summary>
    public bool Versions(AgentView agent, AgentObservation seen, int most, Tick tick)
    {
        var read = 0;
        agent.HasMore = false;
        foreach (var version in seen.Versions.Values)
        {
            var known = agent.Accepted.GetValueOrDefault(version.Queue);
            if (known.Final || version.Sequence <= known.Sequence) continue;
            if (++read > most)
            {
                agent.HasMore = true;
                tick.ComeBackIn(TimeSpan.Zero);
                break;
            }
            var awaited = intake.Await(agent.Row.Agent, version.Queue);
            var latest = spool.Agents.ReadVersion(seen, version.Queue, known.Sequence + 1, bytes => WorkQueueImage.ReadVersion(bytes, awaited.Wants));
            foreach (var fault in latest.Faults) Report(agent, fault);
            if (latest.Value is not { } content) continue;
            ledger.Queues.Claim(version.Queue, agent.Row.Agent);
            intake.Accept(content, awaited, tick);
            agent.Accepted[version.Queue] = (content.Sequence, content.Final);
            if (content.Header.StartMode == StartMode.Optimistic) agent.Begun.Add(version.Queue);
        }
        return read > 0;
    }

    /// <summary>Nothing of what was seen is left to be read.</summary>
    public static bool HasAll(AgentView agent, AgentObservation seen) => seen.Versions.Values.All(version =>
        agent.Accepted.GetValueOrDefault(version.Queue) is var known && (known.Final || known.Sequence >= version.Sequence));

    /// <summary>Queue files that the agent has dropped after the ack are over.</summary>
    public void Closed(AgentView agent, AgentObservation seen)
    {
        if (seen.Errno != Errno.None) return;
        foreach (var queue in agent.Claims.Where(queue => !seen.Claims.Contains(queue) && !seen.Versions.ContainsKey(queue)).ToList())
        {
            // A superseded generation that its agent finished and dropped is over too.
            var over = ledger.Queues.Find(queue)?.Stage is QueueStage.Acked
                || (ledger.Queues.Find(queue)?.Stage is QueueStage.Replaced && agent.Accepted.GetValueOrDefault(queue).Final);
            if (!over || ledger.Jobs.InQueue(queue).Count > 0) continue;
            ledger.Queues.End(queue);
            ledger.Queues.ForgetAccepted(agent.Row.Agent, queue);
            agent.Claims.Remove(queue);
            agent.Begun.Remove(queue);
            agent.Sent.Remove(new Ack(queue));
        }
    }

    private void Report(AgentView agent, FileFault fault)
    {
        if (_faults.Add($"{agent.Row.Agent}/{fault.FileName}"))
            Log.Warning("agent {Agent}: {File} is damaged and was passed over: {Reason}", agent.Row.Agent, fault.FileName, fault.Reason);
    }
}
