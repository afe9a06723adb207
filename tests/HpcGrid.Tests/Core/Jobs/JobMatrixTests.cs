using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jobs;

/// <summary>Every (state, happening) pair, decided and written down. The states and the happenings are found by reflection: a new one fails here.</summary>
public sealed class JobMatrixTests
{
    /// <summary>
    /// What an event of the same attempt and branch makes of a job in each state. "." = stays. Ended is an end as ERROR_E, ContactChanged a loss.
    /// A second end moves a job only to a state of greater rank: that is decided by the two states, never by which came first.
    /// </summary>
    private const string Table = """
        state      Assigned ContactChanged Ended   MergeOrdered Noted Opened  Requeued Running Saving Split Started
        INSERTING  ASSIGNED .              ERROR_E MERGING      .     WAITING ASSIGNED RUNNING SAVING SPLIT STARTED
        WAITING    ASSIGNED .              ERROR_E MERGING      .     .       ASSIGNED RUNNING SAVING SPLIT STARTED
        SPLIT      ASSIGNED .              ERROR_E MERGING      .     .       ASSIGNED RUNNING SAVING .     STARTED
        MERGING    .        .              ERROR_E .            .     .       .        RUNNING SAVING .     .
        ASSIGNED   .        ZOMBIE         ERROR_E MERGING      .     .       .        RUNNING SAVING .     STARTED
        STARTED    .        ZOMBIE         ERROR_E MERGING      .     .       .        RUNNING SAVING .     .
        RUNNING    .        ZOMBIE         ERROR_E .            .     .       .        .       SAVING .     .
        SAVING     .        ZOMBIE         ERROR_E .            .     .       .        .       .      .     .
        ZOMBIE     .        .              ERROR_E .            .     .       .        .       .      .     .
        DONE       .        .              .       .            .     .       .        .       .      .     .
        DONE_WARN  .        .              .       .            .     .       .        .       .      .     .
        ERROR_A    .        .              .       .            .     .       .        .       .      .     .
        ERROR_I    .        .              .       .            .     .       .        .       .      .     .
        ERROR_E    .        .              .       .            .     .       .        .       .      .     .
        ERROR_IB   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_M    .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_RE   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_S    .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_SV   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_V    .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_VN   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_VT   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_EW   .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_W    .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_SPLT .        .              ERROR_E .            .     .       .        .       .      .     .
        ERROR_VER  .        .              ERROR_E .            .     .       .        .       .      .     .
        FAULTY     .        .              .       .            .     .       .        .       .      .     .
        INCORRECT  .        .              .       .            .     .       .        .       .      .     .
        EXPIRED    .        .              ERROR_E .            .     .       .        .       .      .     .
        FAILED     .        .              ERROR_E .            .     .       .        .       .      .     .
        KILLED     .        .              .       .            .     .       .        .       .      .     .
        """;

    /// <summary>States of AliEn that no event of HpcGrid leads to; their names are known for clients and for later work.</summary>
    private static readonly JobState[] NotReached =
    [
        JobState.Splitting, JobState.Idle, JobState.Interactive, JobState.Saved, JobState.SavedWarn, JobState.Updating, JobState.ToStage,
        JobState.Staged, JobState.Staging, JobState.OverWaiting, JobState.ForceMerge,
    ];

    private static readonly string[][] Rows = [.. Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    public static IEnumerable<TestCaseData> Pairs() =>
        from row in Rows.Skip(1)
        from column in Enumerable.Range(1, Rows[0].Length - 1)
        let kind = Histories.Kinds.Single(kind => ColumnOf(kind) == Rows[0][column])
        let expected = row[column] == "." ? row[0] : row[column]
        select new TestCaseData(row[0], kind, expected).SetName($"{row[0]} after {kind.Name} is {expected}");

    [TestCaseSource(nameof(Pairs))]
    public void Every_state_and_happening_is_decided(string state, Type kind, string expected)
    {
        var job = JobIn(state);
        var after = JobMachine.Apply(job, Histories.Event(2, 1, EventSource.Bridge, 9, Histories.Sample(kind)));
        Assert.That(after.State.Text(), Is.EqualTo(expected));
        Assert.That(after.Position, Is.GreaterThanOrEqualTo(job.Position));
    }

    [Test]
    public void The_table_has_every_state_and_every_happening()
    {
        Assert.That(Rows[0].Skip(1), Is.EquivalentTo(Histories.Kinds.Select(ColumnOf)));
        var written = Rows.Skip(1).Select(row => JobStates.TryParse(row[0], out var state) ? state : default).ToList();
        Assert.That(written.Concat(NotReached), Is.EquivalentTo(Enum.GetValues<JobState>()));
    }

    [Test]
    public void No_happening_leads_to_a_state_that_is_not_in_the_table(
        [ValueSource(typeof(Histories), nameof(Histories.Kinds))] Type kind, [Values] JobState end)
    {
        var position = JobMachine.Proves(new EventKey(1, 0, EventSource.Central, 1), Histories.Sample(kind, end));
        if (position is { } proven) Assert.That(NotReached, Does.Not.Contain(proven.State));
        else Assert.That(kind, Is.AnyOf(typeof(ContactChanged), typeof(Noted), typeof(Ended)));
    }

    [Test]
    public void An_event_of_an_old_attempt_moves_no_state(
        [ValueSource(typeof(Histories), nameof(Histories.Kinds))] Type kind, [Values] JobState end)
    {
        foreach (var row in Rows.Skip(2))
        {
            var job = JobIn(row[0]);
            var after = JobMachine.Apply(job, Histories.Event(1, 5, EventSource.Agent, 99, Histories.Sample(kind, end)));
            Assert.That((after.State, after.Attempt), Is.EqualTo((job.State, job.Attempt)), row[0]);
        }
    }

    [Test]
    public void An_end_in_a_state_that_is_no_end_says_nothing([Values] JobState state)
    {
        var job = JobIn("RUNNING");
        var after = JobMachine.Apply(job, Histories.Event(2, 1, EventSource.Bridge, 3, new Ended(state) { Reason = "x" }));
        Assert.That(after, state.IsFinal() ? Is.Not.EqualTo(job) : Is.EqualTo(job));
    }

    private static string ColumnOf(Type kind) => kind == typeof(SplitUp) ? "Split" : kind.Name;

    /// <summary>A job in its second attempt, first requeue, brought to the state by events.</summary>
    private static Job JobIn(string name)
    {
        _ = JobStates.TryParse(name, out var state);
        Happening[] path = state switch
        {
            JobState.Inserting => [],
            JobState.Waiting => [new Opened("again", 0, 0)],
            JobState.Split => [new SplitUp(2)],
            JobState.Merging => [new MergeOrdered()],
            JobState.Assigned => [new Assigned("b", "s")],
            JobState.Started => [new Started("n", "a")],
            JobState.Running => [new Running("n", "w")],
            JobState.Saving => [new Saving()],
            JobState.Zombie => [new Saving(), new ContactChanged(true)],
            _ => [new Ended(state)],
        };
        var job = JobMachine.Replay(Histories.Job, path.Select((what, index) => Histories.Event(2, 1, EventSource.Central, index + 1, what)));
        Assert.That(job.State, Is.EqualTo(state));
        return job;
    }
}
