using FsCheck;
using FsCheck.Fluent;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jobs;

/// <summary>Events and histories for tests: every happening, several attempts and branches, each key once as in life.</summary>
internal static class Histories
{
    public const long Job = 17;
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>All kinds of happening there are, found by reflection.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
        [.. typeof(Happening).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Happening)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal)];

    public static JobEvent Event(int attempt, int branch, EventSource source, long counter, Happening what) =>
        new(Job, new EventKey(attempt, branch, source, counter), Noon.AddSeconds(counter), what);

    /// <summary>One happening of each kind; an end with the state given.</summary>
    public static Happening Sample(Type kind, JobState end = JobState.ErrorE) => kind.Name switch
    {
        nameof(Opened) => new Opened("submitted", 1, 2),
        nameof(SplitUp) => new SplitUp(3),
        nameof(MergeOrdered) => new MergeOrdered(),
        nameof(Assigned) => new Assigned("titan", "ORNL"),
        nameof(Requeued) => new Requeued("node n7 is gone"),
        nameof(Started) => new Started("n7", "agent-1"),
        nameof(Running) => new Running("n7", "/work/17"),
        nameof(Saving) => new Saving(),
        nameof(Ended) => new Ended(end) { Reason = "because", Payload = new PayloadResult { ExitCode = 3, Node = "n7" } },
        nameof(ContactChanged) => new ContactChanged(true),
        nameof(Noted) => new Noted("a remark"),
        _ => throw new InvalidOperationException($"{kind.Name} is new: give a sample of it here, and its column in JobMatrixTests"),
    };

    /// <summary>Random histories of up to 40 events.</summary>
    public static Arbitrary<JobEvent[]> Any() => Arb.From(
        from size in Gen.Choose(0, 40)
        from events in Gen.ArrayOf(AnyEvent, size)
        select events.DistinctBy(e => e.Key).ToArray());

    private static readonly JobState[] Ends = [.. Enum.GetValues<JobState>().Where(state => state.IsFinal())];

    private static Gen<JobEvent> AnyEvent =>
        from attempt in Gen.Choose(1, 3)
        from branch in Gen.Choose(0, 2)
        from source in Gen.Elements(Enum.GetValues<EventSource>())
        from counter in Gen.Choose(1, 12)
        from skew in Gen.Choose(-86_400, 86_400)
        from what in AnyHappening(counter)
        select new JobEvent(Job, new EventKey(attempt, branch, source, counter), Noon.AddSeconds(skew), what);

    private static Gen<Happening> AnyHappening(int counter) =>
        from kind in Gen.Elements(Kinds.ToArray())
        from end in Gen.Elements(Ends)
        from flag in Gen.Elements(true, false)
        from text in Gen.Elements("a", "b", "c")
        select Varied(Sample(kind, end), flag, text, counter);

    private static Happening Varied(Happening what, bool flag, string text, int number) => what switch
    {
        Opened => new Opened(text, number % 3, number % 4),
        Assigned => new Assigned(text, text + text),
        Requeued => new Requeued(text),
        Started => new Started(text, text),
        Running => new Running(text, text),
        Ended ended => ended with { Reason = flag ? text : null, Payload = flag ? new PayloadResult { ExitCode = number } : null },
        ContactChanged => new ContactChanged(flag),
        var other => other,
    };
}
