using HpcGrid.Spool;

namespace HpcGrid.Bridge.Nodes;

/// <summary>
/// How long leases take to come back in one agent's heartbeat (PROTOCOL 6). The time in which the agent stood still, stopped or in one operation that hung, says
/// nothing of the mounts and is taken off.
/// </summary>
internal sealed class LeaseEcho
{
    private readonly Queue<(long Number, TimeSpan At, TimeSpan Stood)> _given = [];
    private long _beat = -1;
    private TimeSpan _heardAt, _stood;

    /// <summary>A lease was given.</summary>
    public void Given(long number, TimeSpan now)
    {
        if (_given.Count >= Limits.LeasesRemembered) _given.Dequeue();
        _given.Enqueue((number, now, _stood));
    }

    /// <summary>A heartbeat was listed; how long the lease that it tells of took, null when that one was heard before.</summary>
    /// <param name="beat">The heartbeat.</param>
    /// <param name="now">The reader's monotonic time.</param>
    /// <param name="betweenLooks">Since heartbeats were listed the last time.</param>
    /// <param name="timing">As it is.</param>
    public TimeSpan? Heard(HeartbeatMarker beat, TimeSpan now, TimeSpan betweenLooks, SpoolTiming timing)
    {
        if (beat.Number > _beat)
        {
            if (_beat >= 0) _stood += EchoRules.StoodStill(now - _heardAt - betweenLooks, beat.Number - _beat, timing);
            (_beat, _heardAt) = (beat.Number, now);
        }
        TimeSpan? echo = null;
        while (_given.TryPeek(out var given) && given.Number <= beat.Lease)
        {
            echo = now - given.At - (_stood - given.Stood);
            _given.Dequeue();
        }
        return echo;
    }
}
