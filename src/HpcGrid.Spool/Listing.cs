namespace HpcGrid.Spool;

/// <summary>
/// What one listing showed. Presence counts; absence never does, least of all when Errno is not None: then the listing is incomplete.
/// </summary>
/// <param name="Errno">None when the directory was read to its end.</param>
/// <param name="Items">The names of the kind asked for, in their natural order.</param>
/// <param name="Foreign">Names that the protocol does not know: ignored, and worth an alarm (G1).</param>
public sealed record Listing<T>(Errno Errno, IReadOnlyList<T> Items, IReadOnlyList<string> Foreign)
{
    /// <summary>True when the directory was read to its end.</summary>
    public bool Complete => Errno == Errno.None;
}
