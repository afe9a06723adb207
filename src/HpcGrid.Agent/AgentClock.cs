namespace HpcGrid.Agent;

/// <summary>The agent's two clocks: a monotonic one that decides, counted from the agent's start, and the wall's, for reports only.</summary>
internal sealed class AgentClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time { get; } = time;
    public TimeSpan Now => Time.GetElapsedTime(_start);
    public DateTimeOffset Utc => Time.GetUtcNow();
}
