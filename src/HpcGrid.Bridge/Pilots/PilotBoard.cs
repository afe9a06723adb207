namespace HpcGrid.Bridge.Pilots;

/// <summary>What the batch system said last of each pilot, and which ones are to be ended. Memory; asked again after a restart.</summary>
public sealed class PilotBoard
{
    private readonly Dictionary<string, BatchState> _states = [];
    private readonly HashSet<string> _toCancel = [];

    /// <summary>The batch system's last word; Unknown when it has said nothing.</summary>
    public BatchState StateOf(string tag) => _states.GetValueOrDefault(tag);

    /// <summary>Pilots to be ended; asked for until they have ended.</summary>
    public IReadOnlyCollection<string> ToCancel => _toCancel;

    public void Note(string tag, BatchState state)
    {
        // Ended is for ever; a later Unknown does not bring it back.
        if (StateOf(tag) == BatchState.Ended) return;
        _states[tag] = state;
        if (state == BatchState.Ended) _toCancel.Remove(tag);
    }

    public void Cancel(string tag)
    {
        if (tag.Length > 0 && StateOf(tag) != BatchState.Ended) _toCancel.Add(tag);
    }

    public void Forget(string tag)
    {
        _states.Remove(tag);
        _toCancel.Remove(tag);
    }
}
