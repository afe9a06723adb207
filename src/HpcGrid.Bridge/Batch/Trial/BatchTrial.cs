using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Bridge.Batch.Trial;

/// <summary>
/// Tries an adapter on the real site: submits two small pilots in which a probe stands in the agent's place, asks for them, cancels one and lets the other one's
/// walltime end. What it submitted is cancelled when it is interrupted.
/// </summary>
/// <param name="adapter">What is tried.</param>
/// <param name="options">The site's values: queue, account, cores.</param>
/// <param name="folder">Scripts and notes; compute nodes must see it.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">How long a pilot may wait in the queue, and how long states may take to show.</param>
/// <param name="said">Hears each check as it is made.</param>
internal sealed class BatchTrial(Adapter adapter, BatchOptions options, string folder, TimeProvider time, TimeSpan patience, Action<TrialCheck> said)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Slack = TimeSpan.FromSeconds(90);
    private readonly List<TrialCheck> _checks = [];
    private readonly Probe _probe = new(folder);
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];

    private TimeSpan Walltime => TimeSpan.FromSeconds(options.Walltime);

    /// <summary>All checks. What cannot go on without an earlier one is left out.</summary>
    public async Task<IReadOnlyList<TrialCheck>> Run(CancellationToken ct)
    {
        _probe.Write();
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        var batch = Batch(options);
        var (first, second) = ($"t1-{_name}", $"t2-{_name}");
        try
        {
            if (!await Submitted(batch, first, ct)) return _checks;
            await Repeated(first, ct);
            if (await Until(batch, first, BatchState.Running, patience, ct) is null) return _checks;
            await Started(first, ct);
            await batch.Submit(Request(second), ct);
            await Cancelled(batch, first, ct);
            await WalltimeEnds(batch, second, ct);
            await Refused(ct);
            return _checks;
        }
        finally { await TakeBack(batch, [first, second]); }
    }

    private async Task<bool> Submitted(CommandBatchSystem batch, string tag, CancellationToken ct)
    {
        try
        {
            var id = await batch.Submit(Request(tag), ct);
            Say("submit", Verdict.Good, $"{tag} is job {id}");
            return true;
        }
        catch (GridError e)
        {
            Say("submit", Verdict.Failed, $"{e.Message} {e.Hint}");
            return false;
        }
    }

    /// <summary>As if the answer had been lost: what remembers its id is not asked.</summary>
    private async Task Repeated(string tag, CancellationToken ct)
    {
        var id = Path.Combine(folder, "state", tag, "id");
        var before = await File.ReadAllTextAsync(id, ct);
        File.Delete(id);
        var forgetful = Batch(options);
        var until = time.GetTimestamp();
        while (time.GetElapsedTime(until) < patience)
        {
            try
            {
                var again = await forgetful.Submit(Request(tag), ct);
                // A system may write one id in two ways; a second job would have the name too.
                var one = await forgetful.Status([tag], ct);
                Say("a lost answer", Verdict.Good, again == before.Trim() ? $"job {again} is found again by its name" :
                    $"found by its name as {again}, {one[0].State}");
                return;
            }
            catch (GridError e) when (e.IsTransient) { await Task.Delay(Pause, time, ct); }
        }
        Say("a lost answer", Verdict.Failed, $"the job {before.Trim()} is not found by its name {tag}: does the status command tell whole names?");
    }

    private async Task Started(string tag, CancellationToken ct)
    {
        var until = time.GetTimestamp();
        while (_probe.Read(tag).Count(notes => notes.Value("started") is not null) < options.NodesPerPilot && time.GetElapsedTime(until) < patience)
            await Task.Delay(Pause, time, ct);
        var all = _probe.Read(tag);
        var nodes = all.Select(notes => notes.Value("node")).Distinct().Count();
        Say("one agent on each node", all.Count == options.NodesPerPilot && nodes == all.Count ? Verdict.Good : Verdict.Failed,
            all.Count == 0 ? $"none has started, or {folder} is not what the node sees; the job's output: {Log(tag)}"
            : $"{all.Count} on {string.Join(", ", all.Select(notes => notes.Value("node")))}");
        if (all.Count == 0) return;
        Say("what an agent must know", all.All(notes => notes.Value("pilot") == tag && notes.Value("id") is { Length: > 0 } and not "none") ? Verdict.Good
            : Verdict.Failed, $"pilot {all[0].Value("pilot")}, batch id {all[0].Value("id")}");
        Say("folder for sandboxes", all.All(notes => notes.Value("work") == "good") ? Verdict.Good : Verdict.Failed, "made on the node");
        Deadline(all[0]);
    }

    private void Deadline(ProbeNotes notes)
    {
        var known = long.TryParse(notes.Value("deadline"), System.Globalization.CultureInfo.InvariantCulture, out var deadline);
        var wrong = known ? DateTimeOffset.FromUnixTimeSeconds(deadline) - (notes.Time("started") + Walltime) : null;
        Say("the end of the job is known", wrong is { } off && off.Duration() < Slack ? Verdict.Good : Verdict.Failed,
            wrong is { } by ? $"{by.TotalSeconds:+0;-0;0} s from start and walltime" : $"--deadline is '{notes.Value("deadline")}'");
    }

    private async Task Cancelled(CommandBatchSystem batch, string tag, CancellationToken ct)
    {
        await batch.Cancel([tag], ct);
        if (await Until(batch, tag, BatchState.Ended, patience, ct) is not { } ended) return;
        var notes = _probe.Read(tag);
        var alive = notes.Select(note => note.Time("alive")).Max();
        Say("cancel", ended.IsGuess ? Verdict.Remark : Verdict.Good, ended.IsGuess
            ? "nobody tells of the job any more; that it has ended is a guess" : $"{Signals(notes)}; {ended.Detail}");
        Say("nothing lives on", alive is null || time.GetUtcNow() - alive > TimeSpan.FromSeconds(-1) && await IsDead(tag, ct) ? Verdict.Good : Verdict.Failed,
            "no process of the pilot writes any more");
        try
        {
            await Batch(options).Cancel([tag], ct);
            Say("cancel again", Verdict.Good, "harmless");
        }
        catch (GridError e) { Say("cancel again", Verdict.Failed, $"{e.Message}: add its words to cancel.gone"); }
    }

    private async Task<bool> IsDead(string tag, CancellationToken ct)
    {
        for (var tries = 0; tries < 10; tries++)
        {
            var before = _probe.Read(tag).Select(notes => notes.Time("alive")).Max();
            await Task.Delay(Pause * 3, time, ct);
            if (_probe.Read(tag).Select(notes => notes.Time("alive")).Max() == before) return true;
        }
        return false;
    }

    private async Task WalltimeEnds(CommandBatchSystem batch, string tag, CancellationToken ct)
    {
        if (await Until(batch, tag, BatchState.Running, patience, ct) is null) return;
        if (await Until(batch, tag, BatchState.Ended, Walltime + Slack + patience, ct) is not { } ended) return;
        var notes = _probe.Read(tag);
        if (notes.Count == 0)
        {
            Say("walltime", Verdict.Failed, $"the probe has not started; the job's output: {Log(tag)}");
            return;
        }
        var lived = notes.Select(note => note.Time("alive")).Max() - notes[0].Time("started");
        Say("walltime", lived < Walltime + Slack ? Verdict.Good : Verdict.Failed, $"asked for {Walltime.TotalSeconds:0} s, lived {lived?.TotalSeconds:0} s; "
            + $"{Signals(notes)}; {ended.Detail}");
        Say("told of the end", ended.IsGuess ? Verdict.Remark : Verdict.Good, ended.IsGuess
            ? "neither queue nor history tells of jobs that have ended: it takes minutes to be sure. Is there an accounting that the bridge may ask?"
            : "by queue or history");
    }

    /// <summary>A queue that there is not: refused for good, or tried again for ever?</summary>
    private async Task Refused(CancellationToken ct)
    {
        var tag = $"t3-{_name}";
        try
        {
            await Batch(options with { Queue = "no-such-queue" }).Submit(Request(tag), ct);
            Say("a wrong queue", Verdict.Remark, "is accepted; the job waits for ever or goes elsewhere");
        }
        catch (GridError e)
        {
            Say("a wrong queue", e.IsTransient ? Verdict.Remark : Verdict.Good, e.IsTransient
                ? $"its refusal is not recognised and would be tried again; add to submit.refused: {e.Message}" : e.Message);
        }
        finally { await TakeBack(Batch(options), [tag]); }
    }

    private async Task<BatchStatus?> Until(CommandBatchSystem batch, string tag, BatchState wanted, TimeSpan within, CancellationToken ct)
    {
        var since = time.GetTimestamp();
        BatchStatus? last = null;
        string trouble = "";
        while (time.GetElapsedTime(since) < within)
        {
            try { last = (await batch.Status([tag], ct))[0]; }
            catch (GridError e) when (e.IsTransient) { trouble = e.Message; }
            if (last?.State == wanted || last?.State == BatchState.Ended)
            {
                Say($"{tag[..2]} is seen {wanted}".ToLowerInvariant(), last.State == wanted ? Verdict.Good : Verdict.Failed,
                    $"after {time.GetElapsedTime(since).TotalSeconds:0} s: {last.Detail}{(last.State == wanted ? "" : $"; its output: {Log(tag)}")}");
                return last.State == wanted ? last : null;
            }
            await Task.Delay(Pause, time, ct);
        }
        Say($"{tag[..2]} is seen {wanted}".ToLowerInvariant(), Verdict.Failed,
            $"not within {within.TotalSeconds:0} s; the last word was {last?.State.ToString() ?? "none"} ({last?.Detail}) {trouble}");
        return null;
    }

    private static string Signals(IReadOnlyList<ProbeNotes> notes)
    {
        var last = notes.Select(note => note.Time("alive")).Max();
        var signals = notes.SelectMany(note => note.Lines).Where(line => line.Word == "signal")
            .Select(line => $"{line.Value} {(last - line.At)?.TotalSeconds:0} s before the end").Distinct().ToList();
        return signals.Count == 0 ? "without any signal that a script could see" : string.Join(", ", signals);
    }

    private string Log(string tag) => Path.Combine(folder, tag + ".log");

    private PilotRequest Request(string tag) => new(tag, options.NodesPerPilot, options.CoresPerNode, Walltime, time.GetUtcNow() + Walltime);

    private CommandBatchSystem Batch(BatchOptions values) =>
        new(adapter, new SubmitScript(adapter, values, _probe.Words), new PilotFolders(Path.Combine(folder, "state"), folder), time);

    private async Task TakeBack(CommandBatchSystem batch, IReadOnlyList<string> tags)
    {
        try { await batch.Cancel(tags, CancellationToken.None); }
        catch (GridError e) { Say("clean up", Verdict.Remark, e.Message); }
    }

    private void Say(string name, Verdict verdict, string detail)
    {
        var check = new TrialCheck(name, verdict, detail.Trim());
        _checks.Add(check);
        said(check);
    }
}
