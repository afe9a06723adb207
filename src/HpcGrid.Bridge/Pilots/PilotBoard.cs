namespace HpcGrid.Bridge.Pilots;

/// <summary>What the batch system said last of each pilot, and which ones are to be ended. Memory; asked again after a restart.</summary>
public sealed class PilotBoard
{
    private readonly Dictionary<string, BatchState> _states = [];
    private readonly HashSet<string> _toCancel = [];
    private readonly Dictionary<string, HashSet<string>> _endedNodes = [];

    /// <summary>The batch system's last word; Unknown when it has said nothing.</summary>
    public BatchState StateOf(string tag) => _states.GetValueOrDefault(tag);

    /// <summary>Pilots to be ended; asked for until they have ended.</summary>
    public IReadOnlyCollection<string> ToCancel => _toCancel;

    /// <summary>True when no process of the pilot is left on the node, by the batch system's word.</summary>
    public bool HasEndedOn(string tag, string node) =>
        StateOf(tag) == BatchState.Ended || (_endedNodes.TryGetValue(tag, out var ended) && ended.Contains(node));

    /// <summary>Some nodes of a running pilot have ended; that is for ever.</summary>
    public void NoteEnded(string tag, IReadOnlyList<string> nodes)
    {
        if (nodes.Count == 0) return;
        if (!_endedNodes.TryGetValue(tag, out var ended)) _endedNodes[tag] = ended = [];
        ended.UnionWith(nodes);
    }

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
        _endedNodes.Remove(tag);
        _toCancel.Remove(tag);
    }
}
