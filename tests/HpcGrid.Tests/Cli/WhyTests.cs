using HpcGrid.Cli.Why;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class WhyTests
{
    private static readonly object?[][] Cases =
    [
        ["ttl", Fact("ERROR_E", "it ran longer than its TTL of 600 s", signal: 15, cause: PayloadCause.TimeLimit)],
        ["out-of-memory", Fact("ERROR_E", "the payload ended with signal 9", signal: 9, cause: PayloadCause.OutOfMemory)],
        ["memory", Fact("ERROR_E", "it used 3 GiB memory where 2 GiB are allowed (MemorySize)", signal: 15, cause: PayloadCause.MemoryLimit)],
        ["disk", Fact("ERROR_E", "it used 3 GiB disk", signal: 15, cause: PayloadCause.DiskLimit)],
        ["output-size", Fact("ERROR_E", "it used 3 GiB standard output", signal: 15, cause: PayloadCause.OutputLimit)],
        ["processes", Fact("ERROR_E", "it used 3000 processes", signal: 15, cause: PayloadCause.ProcessLimit)],
        ["idle", Fact("ERROR_E", "it used no CPU for 600 s", signal: 15, cause: PayloadCause.IdleLimit)],
        ["walltime", Fact("EXPIRED", "the batch job ends", signal: 15, cause: PayloadCause.Walltime)],
        ["done", Fact("DONE")],
        ["killed", Fact("KILLED", "killed by jdoe")],
        ["input-checksum", Fact("ERROR_IB", "input 'a' (/a) has a wrong checksum: 3 bytes")],
        ["input-missing", Fact("ERROR_IB", "input /a: there is no /a")],
        ["input", Fact("ERROR_IB", "input 'a' cannot be written: no space left")],
        ["validation", Fact("ERROR_V", "the validation ended with exit 1")],
        ["output-missing", Fact("ERROR_SV", "output 'hist.root' is missing")],
        ["output", Fact("ERROR_SV", "outputs cannot be registered: /x exists already")],
        ["not-executable", Fact("ERROR_E", "the payload ended with exit 126", exit: 126)],
        ["program-not-found", Fact("ERROR_E", "the program could not be started: no such file or directory")],
        ["program-not-found", Fact("ERROR_E", "the payload ended with exit 127", exit: 127)],
        ["crash", Fact("ERROR_E", "the payload ended with signal 11", signal: 11)],
        ["crash", Fact("ERROR_E", "the payload ended with exit 134", exit: 134)],
        ["killed-9", Fact("ERROR_E", "the payload ended with signal 9", signal: 9)],
        ["signal", Fact("ERROR_E", "the payload ended with signal 15", signal: 15)],
        ["exit", Fact("ERROR_E", "the payload ended with exit 3", exit: 3)],
        ["waited-too-long", Fact("ERROR_W", "no site took it within 60 s (MaxWaitingTime)")],
        ["grant", Fact("ERROR_VER", "refused: the grant has ended")],
        ["predecessor", Fact("FAILED", "job 7 before it ended ERROR_E")],
        ["split", Fact("ERROR_SPLT", "no input")],
        ["lost", Fact("EXPIRED", "node gone, for the 3th time on this site")],
        ["failed", Fact("FAILED")],
        ["master", Fact("SPLIT") is var master ? master with { Detail = master.Detail with { Line = master.Line with { Children = new Dictionary<string, int>() } } } : null],
        ["held", Fact("WAITING") is var held ? held with { Detail = held.Detail with { WaitsFor = [7, 8] } } : null],
        ["quota", Fact("OVER_WAITING")],
        ["no-bridge", Fact("WAITING") with { Sites = new SiteMatches([]) }],
        ["no-match", Fact("WAITING") with { Sites = new SiteMatches([Site(false, "TTL 90000 is more than 86400")]) }],
        ["queued", Fact("WAITING") with { Sites = new SiteMatches([Site(true, null), Site(false, "no")]) }],
        ["queued", Fact("WAITING")],
        ["lost-contact", Fact("ZOMBIE")],
        ["on-its-way", Fact("ASSIGNED")],
        ["starting", Fact("STARTED")],
        ["running", Fact("RUNNING")],
        ["saving", Fact("SAVING")],
        ["before", Fact("SPLITTING")],
    ];

    [TestCaseSource(nameof(Cases))]
    public void Each_end_has_its_cause_and_something_to_do(string cause, object facts)
    {
        var why = WhyRules.Explain((WhyFacts)facts);
        Assert.That(why.Cause, Is.EqualTo(cause), why.What);
        Assert.That(why.What, Does.EndWith(".").And.Not.Contain(".."));
        Assert.That(why.ToDo, Is.Not.Empty);
        Assert.That(string.Join('\n', why.ToDo), Does.Not.Contain("{J}"));
        Assert.That(string.Join('\n', WhyText.Lines(why, styled: false)), Does.Not.Contain('\e').And.Contain("What to do:"));
    }

    [Test]
    public void Every_cause_has_a_case_and_every_state_is_explained()
    {
        Assert.That(WhyRules.Causes.Except(Cases.Select(test => (string)test[0]!)), Is.Empty);
        foreach (var state in Enum.GetValues<JobState>()) Assert.That(WhyRules.Explain(Fact(state.Text())).What, Is.Not.Empty);
    }

    [Test]
    public void The_last_lines_are_those_of_stderr_or_else_of_stdout_and_cannot_move_the_cursor()
    {
        var facts = Fact("ERROR_E", exit: 1);
        var both = WhyRules.Explain(facts with { Log = facts.Log with { StdoutTail = "out\n", StderrTail = string.Join('\n', Enumerable.Range(1, 100)) + "\n\e[2Jend\n" } });
        Assert.That((both.LastLinesOf, both.LastLines.Count, both.LastLines[^1]), Is.EqualTo(("stderr", 20, "\e[2Jend")));
        Assert.That(string.Join('\n', WhyText.Lines(both, styled: false)), Does.Contain("| �[2Jend"));
        Assert.That(WhyRules.Explain(facts with { Log = facts.Log with { StdoutTail = "out\n" } }).LastLinesOf, Is.EqualTo("stdout"));
        Assert.That(WhyRules.Explain(facts).LastLinesOf, Is.Null);
    }

    [Test]
    public void Only_the_current_attempt_counts()
    {
        var facts = Fact("RUNNING");
        facts = facts with
        {
            Detail = facts.Detail with { Line = facts.Line with { Attempt = 2 } },
            Events = [new JobEvent(5, new EventKey(1, 0, EventSource.Bridge, 3), DateTimeOffset.UnixEpoch, new Ended(JobState.ErrorE) { Reason = "old" })],
        };
        Assert.That(facts.End, Is.Null);
    }

    [Test]
    public void Failures_that_differ_in_numbers_and_names_alone_are_one()
    {
        var groups = new FailureGroups();
        for (var job = 1; job <= 50; job++) groups.Add(Failed(job, "ERROR_E", $"it used {job * 3.5} MiB memory where 100 MiB are allowed"));
        groups.Add(Failed(51, "ERROR_E", "the payload ended with exit 3"));
        groups.Add(Failed(52, "ERROR_E", "the payload ended with exit 4"));
        groups.Add(Failed(53, "ERROR_V", "the payload ended with exit 4"));
        var list = groups.List();
        Assert.That(list.Select(group => (group.Count, group.What)), Is.EqualTo(new[]
        {
            (50, "it used N MiB memory where N MiB are allowed"), (1, "the payload ended with exit 3"), (1, "the payload ended with exit 4"), (1, "the payload ended with exit 4"),
        }));
        Assert.That((list[0].Examples.Count, list[0].Nodes), Is.EqualTo((5, 10)));
    }

    [Test]
    public void Ten_thousand_different_reasons_stay_a_short_list()
    {
        var groups = new FailureGroups();
        for (var job = 1; job <= 10_000; job++) groups.Add(Failed(job, "ERROR_E", new string((char)('a' + job % 26), job % 997 + 1)));
        var list = groups.List();
        Assert.That(list.Sum(group => group.Count), Is.EqualTo(10_000));
        Assert.That(list, Has.Count.LessThanOrEqualTo(201));
    }

    private static JobLine Failed(long job, string state, string reason) =>
        new() { Job = job, User = "jdoe", State = state, Name = "sim", Reason = reason, Node = $"node{job % 10}", Attempt = 1 };

    private static SiteVerdict Site(bool matches, string? reason) => new("CERN", "VO::CERN::CE", matches, null, reason, null);

    private static WhyFacts Fact(string state, string? reason = null, int? exit = null, int? signal = null, PayloadCause cause = PayloadCause.Exited)
    {
        JobStates.TryParse(state, out var known);
        var payload = exit is null && signal is null ? null : new PayloadResult { ExitCode = exit, Signal = signal, Cause = cause, WallSeconds = 3, CpuSeconds = 1, MaxRssKib = 5000 };
        List<JobEvent> events =
        [
            new(5, new EventKey(1, 0, EventSource.Central, 1), DateTimeOffset.UnixEpoch, new Opened("submitted", 0, 0)),
            new(5, new EventKey(1, 0, EventSource.Central, 2), DateTimeOffset.UnixEpoch, new Assigned("titan", "ORNL")),
        ];
        if (known.IsFinal())
            events.Add(new(5, new EventKey(1, 0, EventSource.Bridge, 3), DateTimeOffset.UnixEpoch, new Ended(known) { Reason = reason, Payload = payload }));
        var line = new JobLine { Job = 5, User = "jdoe", State = state, Name = "sim", Attempt = 1, Node = "node1", Payload = payload, Reason = reason };
        return new WhyFacts(new JobDetail(line, "Command = {\"/bin/sim\"}; TTL = 600;", "/out"), events, new JobLog(5, state, "", "", []), null, DateTimeOffset.UnixEpoch.AddMinutes(5));
    }
}
