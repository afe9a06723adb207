namespace HpcGrid.Agent;

/// <summary>
/// The agent's two clocks: a monotonic one that decides, counted from the agent's start, and the wall's, for reports and grants only. The wall's is read
/// once and counted on: a node whose clock is set while it works must not find good grants bad.
/// </summary>
internal sealed class AgentClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly DateTimeOffset _startUtc = time.GetUtcNow();

    public TimeProvider Time { get; } = time;
    public TimeSpan Now => Time.GetElapsedTime(_start);
    public DateTimeOffset Utc => _startUtc + Now;
}
