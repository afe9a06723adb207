using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What came of this agent's time, for its last words. Belongs to the loop's thread.</summary>
internal sealed class Tally(AgentCard card, TimeSpan begun)
{
    private readonly TimeSpan _begun = begun;
    private TimeSpan _counted = begun;
    private double _idleCoreSeconds;
    private long _jobs;
    private string? _reason;

    /// <summary>So many cores were idle since it was counted last.</summary>
    public void Count(TimeSpan now, int idleCores)
    {
        _idleCoreSeconds += idleCores * (now - _counted).TotalSeconds;
        _counted = now;
    }

    public void Ended() => _jobs++;

    /// <summary>Why it goes; the first reason is the one.</summary>
    public void Because(string reason) => _reason ??= reason;

    public AgentSummary Summary() => new(card.Agent, card.Node, _jobs, Math.Round(card.Cores * (_counted - _begun).TotalSeconds, 1),
        Math.Round(_idleCoreSeconds, 1), _reason ?? "its time is over");
}
