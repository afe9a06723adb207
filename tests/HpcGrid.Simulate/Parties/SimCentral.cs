using HpcGrid.Bridge.Contact;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Simulate.World;

namespace HpcGrid.Simulate.Parties;

/// <summary>A job as central knows it: the truth of a simulation.</summary>
internal sealed class CentralJob(long id, JobPlan plan)
{
    public long Id { get; } = id;
    public JobPlan Plan { get; } = plan;
    public int Attempt { get; set; } = 1;
    /// <summary>Null: not final yet.</summary>
    public JobState? End { get; set; }
    /// <summary>The ledger that holds the attempt; null while it waits.</summary>
    public Guid? Ledger { get; set; }
    /// <summary>Which of that ledger's requests gave it.</summary>
    public long MatchNumber { get; set; }
    /// <summary>Its payload was told to have run.</summary>
    public bool Ran { get; set; }
    /// <summary>It was killed, and its bridge has not said that it is over.</summary>
    public bool ToKill { get; set; }
}

/// <summary>
/// Central as bridges meet it, with the rules of the real one: an answer to a match is the same on every repetition, an event counts once, the first end of
/// an attempt counts, a kill is final at once, what a lost ledger held gets another attempt unless it is strict and had run.
/// </summary>
internal sealed class SimCentral(Grid grid)
{
    private readonly Dictionary<Guid, Matched> _answers = [];
    private readonly HashSet<(long Job, EventKey Key)> _known = [];
    private readonly HashSet<AttemptId> _ended = [];
    private readonly List<PeekOrder> _peeks = [];
    private Guid? _ledger;
    private SpoolEpoch _ruling = SpoolEpoch.None;

    public List<CentralJob> Jobs { get; } = [];

    public bool Up { get; set; } = true;

    public int Waiting => Jobs.Count(job => job.End is null && job.Ledger is null);

    public bool AllFinal => Jobs.TrueForAll(job => job.End is not null && !job.ToKill);

    /// <summary>A ledger was lost in this history, or an old copy came back: what it did not know may run and end beside what is given out again.</summary>
    public bool LostLedger { get; set; }

    public void Kill(long job)
    {
        if (Jobs.Find(found => found.Id == job) is not { End: null } killed) return;
        killed.End = JobState.Killed;
        killed.ToKill = killed.Ledger is not null;
        grid.Note("user", "kill", $"job {job}", "");
    }

    /// <summary>A bridge introduces itself; gives the one that rules.</summary>
    public SpoolEpoch Hello(BridgeHello hello)
    {
        if (hello.Spool.IsBefore(_ruling)) return _ruling;
        _ruling = hello.Spool;
        var (ledger, matches) = (hello.Ledger, hello.Matches);
        if (_ledger is { } old)
            foreach (var job in Jobs.Where(job => job.Ledger == old && (old != ledger || job.MatchNumber > matches)).ToList()) Lose(job);
        _ledger = ledger;
        return _ruling;
    }

    private void Lose(CentralJob job)
    {
        LostLedger = true;
        job.Ledger = null;
        job.ToKill = false;
        if (job.End is not null) return;
        if (job.Plan.Strict && job.Ran) job.End = JobState.Expired;
        else job.Attempt++;
        grid.Note("central", "lose", $"job {job.Id}", job.End is null ? $"attempt {job.Attempt}" : "EXPIRED");
    }

    public Matched Match(MatchJobs match)
    {
        if (_answers.TryGetValue(match.RequestId, out var answer)) return answer;
        if (match.Spool != _ruling) throw GridError.Conflict("another bridge has introduced itself since");
        var taken = new List<Assignment>();
        foreach (var job in Jobs.Where(job => job.End is null && job.Ledger is null).Take(match.Count).ToList())
        {
            (job.Ledger, job.MatchNumber) = (_ledger, match.Number);
            var (spec, grant) = JobSheets.Of(job.Id, job.Attempt, job.Plan);
            taken.Add(new Assignment(job.Id, job.Attempt, spec, grant, [.. SimInputs.Of(job.Id, job.Plan.Inputs).Select(input => input.Source)], $"token-{job.Id}"));
        }
        grid.Note("central", "match", $"{match.Count} wanted", $"{taken.Count} given");
        return _answers[match.RequestId] = new Matched(match.RequestId, taken);
    }

    public Reported Report(ReportEvents report)
    {
        var fenced = new List<AttemptId>();
        foreach (var @event in report.Events)
            if (!Take(@event)) fenced.Add(@event.AttemptId);
        return new Reported(fenced);
    }

    private bool Take(JobEvent @event)
    {
        var id = @event.AttemptId;
        var job = Jobs.Find(found => found.Id == @event.Job);
        if (job is null) return false;
        var known = !_known.Add((@event.Job, @event.Key));
        grid.Note("central", "told", $"job {id} branch {@event.Key.Branch}", $"{@event.What.GetType().Name}{(known ? " again" : "")}");
        if (known) return true;
        var over = job.Attempt != id.Attempt || job.End is not null || job.Ledger is null;
        if (@event.What is Running && job.Attempt == id.Attempt) job.Ran = true;
        if (@event.What is not Ended ended)
            return !over || _ended.Contains(id);
        grid.Checker.Committed(id, @event, ended, counts: !over);
        _ended.Add(id);
        if (job.Attempt == id.Attempt) job.ToKill = false;
        if (!over) End(job, ended);
        return true;
    }

    /// <summary>
    /// Trying again after an input that could not be had, or what a bridge gave back that ended its work, does nothing twice: the real one does so too, though not
    /// for ever.
    /// </summary>
    private void End(CentralJob job, Ended ended)
    {
        grid.Note("central", "end", $"job {job.Id}.{job.Attempt}", ended.State.Text());
        var isGivenBack = ended.State == JobState.Expired && grid.Scenario.DrainAt is not null && !(job.Plan.Strict && job.Ran);
        if (ended.State != JobState.ErrorIB && !isGivenBack) job.End = ended.State;
        else
        {
            (job.Ledger, job.Ran) = (null, false);
            job.Attempt++;
        }
    }

    public Renewed Renew() => new(
        [.. Jobs.Where(job => job.ToKill && job.Ledger is not null).Select(job => new AttemptId(job.Id, job.Attempt))], Waiting)
    {
        Peeks = [.. _peeks.Where(peek => Jobs.Exists(job => job.Id == peek.Attempt.Job && job.Ledger is not null))],
    };

    /// <summary>Somebody wants to see what a job has written so far (K2).</summary>
    public void Peek(long number)
    {
        if (Jobs.Find(found => found.Id == number) is not { End: null, Ledger: not null } job) return;
        var id = new Guid((int)grid.Dice.Bits(), 2, 2, BitConverter.GetBytes(grid.Dice.Bits()));
        _peeks.Add(new PeekOrder(id, new AttemptId(job.Id, job.Attempt), PeekKind.File, "stdout", 0));
        grid.Note("user", "peek", $"job {job.Id}.{job.Attempt}", id.ToString("N"));
    }

    private Done Answered(AnswerPeek answer)
    {
        if (_peeks.Find(peek => peek.Id == answer.Id) is not { } order) return new Done();
        _peeks.Remove(order);
        grid.Note("central", "peek", $"job {order.Attempt}", answer.Answer is null ? answer.Error?.Message ?? "" : $"{answer.Answer.Bytes.Length} bytes");
        if (answer.Answer is { } seen) grid.Checker.Seen(order.Attempt, seen);
        return new Done();
    }

    /// <summary>How a bridge's incarnation talks with it.</summary>
    public sealed class Link(Grid grid, SimCentral central, Scheduler scheduler, Dice dice) : ICentral
    {
        public bool IsConnected => central.Up;

        public Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
        {
            scheduler.Sleep(TimeSpan.FromSeconds(dice.Between(0.002, 0.03)));
            if (!central.Up) throw GridError.Unavailable("central is away");
            Reply reply = request switch
            {
                MatchJobs match => central.Match(match),
                ReportEvents report => central.Report(report),
                RenewLeases => central.Renew(),
                AnswerPeek answer => central.Answered(answer),
                ReportSamples => new Done(),
                _ => throw new InvalidOperationException($"{request.GetType().Name} is not what a bridge asks"),
            };
            if (dice.Chance(grid.Scenario.LostAnswers) && !grid.Faults.Healed) throw GridError.Unavailable("the answer was lost");
            return Task.FromResult((TReply)reply);
        }
    }
}
