namespace HpcGrid.Sqlite;

/// <summary>Moves whenever rows may have changed: what a query answered holds as long as the mark stays. Belongs to one thread at a time.</summary>
public sealed class ChangeMark
{
    /// <summary>Where it stands.</summary>
    public long Number { get; private set; }

    /// <summary>Something was written, or taken back.</summary>
    public void Move() => Number++;
}
