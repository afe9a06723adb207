namespace HpcGrid.Bridge.Staging;

/// <summary>How much of what was staged is kept though no held job needs it, and how often that is looked at.</summary>
/// <param name="StageAreaBytes">On the bridge's own disk.</param>
/// <param name="SpoolCacheBytes">In the spool's cache.</param>
/// <param name="Interval">Between two looks at the stage area.</param>
/// <param name="CacheInterval">Between two looks at the spool's cache, which cost up to 257 listings.</param>
public sealed record StagingRoom(long StageAreaBytes, long SpoolCacheBytes, TimeSpan Interval, TimeSpan CacheInterval)
{
    public static StagingRoom Default { get; } = new(Limits.StageAreaSize, Limits.SpoolCacheSize, Limits.GarbageInterval, Limits.CacheInterval);
}
