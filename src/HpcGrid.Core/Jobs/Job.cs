namespace HpcGrid.Core.Jobs;

/// <summary>
/// What the set of a job's events amounts to. Only <see cref="JobMachine"/> makes one from another.
/// </summary>
public sealed record Job
{
    public required long Id { get; init; }

    /// <summary>The state people see.</summary>
    public JobState State => ContactLost && Position.State.IsActive() ? JobState.Zombie : Position.State;

    /// <summary>The furthest point that any event proves.</summary>
    public Position Position { get; init; }

    /// <summary>The current attempt; reports of a lower one change nothing but gaps in history.</summary>
    public int Attempt => Position.Attempt;

    /// <summary>New attempts after failures, as the newest attempt's opening counts them.</summary>
    public Latest<Tries> Tries { get; init; }
    public int ShallowCount => Tries.Value.Shallow;
    public int DeepCount => Tries.Value.Deep;
    /// <summary>Why the attempt ended or was opened.</summary>
    public Latest<string> Reason { get; init; }
    public Latest<string> Bridge { get; init; }
    public Latest<string> Site { get; init; }
    public Latest<string> Node { get; init; }
    public Latest<DateTimeOffset> StartedAt { get; init; }
    public Latest<DateTimeOffset> EndedAt { get; init; }
    public Latest<PayloadResult> Payload { get; init; }
    public Latest<bool> Contact { get; init; }
    /// <summary>Branches of the current attempt in which a payload started; more than one is an inconsistency (R-A65).</summary>
    public IReadOnlyList<int> RunningBranches { get; init; } = [];

    /// <summary>True when central has lost the bridge that holds the current attempt.</summary>
    public bool ContactLost => Contact.Key.Attempt == Attempt && Contact.Value;

    /// <summary>True when two payloads of one attempt were seen to start.</summary>
    public bool IsInconsistent => RunningBranches.Count > 1;

    /// <summary>A job nothing has happened to yet.</summary>
    public static Job Unknown(long id) => new() { Id = id, Position = new Position(0, false, 0, 0, JobState.Inserting) };
}

/// <summary>
/// How far a job has come. Positions are totally ordered and a job keeps the greatest it has seen: that is why the order,
/// number and losses of events cannot change where it ends (R-A62).
/// </summary>
/// <param name="Attempt">A newer attempt outranks all that happened in older ones.</param>
/// <param name="Final">Within an attempt an end outranks everything else, whichever branch reached it.</param>
/// <param name="Branch">Then a newer branch outranks older ones.</param>
/// <param name="Rank">Then progress along the job's path.</param>
/// <param name="State">The state shown there.</param>
public readonly record struct Position(int Attempt, bool Final, int Branch, int Rank, JobState State) : IComparable<Position>
{
    public int CompareTo(Position other)
    {
        if (Attempt != other.Attempt) return Attempt.CompareTo(other.Attempt);
        if (Final != other.Final) return Final.CompareTo(other.Final);
        // Two ends of one attempt are ranked by what they are, not by where they were reached.
        if (!Final && Branch != other.Branch) return Branch.CompareTo(other.Branch);
        if (Rank != other.Rank) return Rank.CompareTo(other.Rank);
        if (Branch != other.Branch) return Branch.CompareTo(other.Branch);
        return ((int)State).CompareTo((int)other.State);
    }

    public static bool operator <(Position left, Position right) => left.CompareTo(right) < 0;
    public static bool operator >(Position left, Position right) => left.CompareTo(right) > 0;
    public static bool operator <=(Position left, Position right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Position left, Position right) => left.CompareTo(right) >= 0;
}

/// <summary>A value together with the key of the event that told it; the greatest key wins, so late news only fills gaps.</summary>
public readonly record struct Latest<T>(EventKey Key, T? Value)
{
    /// <summary>The later of what is known and what an event tells.</summary>
    public Latest<T> Or(EventKey key, T? value) => value is null || key < Key ? this : new(key, value);

    /// <summary>True when some event told it.</summary>
    public bool IsKnown => Key.Attempt > 0;

    /// <summary>True when an event of this attempt told it.</summary>
    public bool IsOf(int attempt) => Key.Attempt == attempt && attempt > 0;
}
