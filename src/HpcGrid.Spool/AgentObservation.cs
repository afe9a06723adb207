namespace HpcGrid.Spool;

/// <summary>What one look at an agent's directories showed; two listings, nothing opened.</summary>
/// <param name="Place">Where was looked.</param>
/// <param name="Errno">None when all was listed to the end; otherwise what is here is true and incomplete.</param>
/// <param name="Claims">Queue files that are this agent's.</param>
/// <param name="Versions">The highest version of each queue file.</param>
/// <param name="Outputs">Large outputs.</param>
/// <param name="Foreign">Names the protocol does not know.</param>
public sealed record AgentObservation(
    AgentPlace Place,
    Errno Errno,
    IReadOnlyList<QueueName> Claims,
    IReadOnlyDictionary<QueueName, VersionName> Versions,
    IReadOnlyList<OutputName> Outputs,
    IReadOnlyList<string> Foreign)
{
    /// <summary>Answers to looks (K2).</summary>
    public IReadOnlyList<AnswerName> Answers { get; init; } = [];

    /// <summary>The word for what was listed (<see cref="HoldingsWord"/>).</summary>
    public uint Word => HoldingsWord.Of(Claims, Versions.Values, Answers);

    /// <summary>All names in out/, for who reads one of them now.</summary>
    public IReadOnlyList<string> OutNames { get; init; } = [];
}
