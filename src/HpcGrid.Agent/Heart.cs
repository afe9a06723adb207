using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What a heartbeat says besides its number.</summary>
/// <param name="Draining">It claims nothing more.</param>
/// <param name="Full">Its results cannot be written.</param>
/// <param name="Gang">The gang it keeps its node for; 0 for none.</param>
/// <param name="Empty">It keeps it, and nothing runs: a gang is complete when its last node is empty.</param>
internal readonly record struct Saying(bool Draining, bool Full, long Gang, bool Empty);

/// <summary>When the agent beats: every interval, and at once when it has something else to say (B5). Belongs to the loop's thread.</summary>
/// <param name="spool">Renames the heartbeat.</param>
/// <param name="interval">Between two beats; spread by a tenth, so that agents do not beat together.</param>
/// <param name="sample">A number from 0 to 1.</param>
internal sealed class Heart(ISpoolOrders spool, TimeSpan interval, Func<double> sample)
{
    private Saying _said;
    private TimeSpan _next;
    private long _beats;
    private bool _beating;

    /// <summary>The last beat was renamed, or not.</summary>
    public void Beaten() => _beating = false;

    /// <summary>The next beat comes by then at the latest.</summary>
    public void By(TimeSpan at)
    {
        if (at < _next) _next = at;
    }

    /// <summary>Beats when it is time; when to come again.</summary>
    public TimeSpan Step(TimeSpan now, Saying say, int idleCores)
    {
        if (_beating) return TimeSpan.MaxValue;
        if (say == _said && _next > now) return _next;
        _said = say;
        _beating = true;
        _next = now + interval * (0.9 + 0.2 * sample());
        spool.Add(new BeatOrder(Marker(idleCores)));
        return TimeSpan.MaxValue;
    }

    /// <summary>The next heartbeat, as it is now.</summary>
    public HeartbeatMarker Marker(int idleCores) => new(++_beats, idleCores, _said.Draining, _said.Full) { Gang = _said.Gang };
}
