using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using Serilog;

namespace HpcGrid.Bridge.Batch;

/// <summary>
/// A batch system behind its commands, as an <see cref="Adapter"/> describes it.
/// Promise: a tag is submitted once, whatever answer is lost: a folder for the tag is there before the command runs, and when one is found without an id the
/// jobs of the batch system are searched for the tag first (R-H4). A command that fails concludes nothing (R-H5). A job that neither status nor history tells of
/// is looked for again and again; only after minutes of whole answers it counts as ended, and then as a guess that a heartbeat outweighs (R-H6).
/// </summary>
/// <param name="adapter">Its commands.</param>
/// <param name="script">Makes submit scripts.</param>
/// <param name="folders">Where script, id and output of each pilot lie.</param>
/// <param name="time">For patience.</param>
public sealed class CommandBatchSystem(Adapter adapter, SubmitScript script, PilotFolders folders, TimeProvider time) : IBatchSystem
{
    private const string IdFile = "id";
    private readonly BatchCommand _command = new(adapter.Place, adapter.Patience, adapter.CallsPerMinute, time);
    private readonly HashSet<string> _gone = [];
    private readonly Dictionary<string, string> _ids = [];
    private readonly Dictionary<string, (int Answers, long Since)> _absent = [];
    private readonly HashSet<string> _ended = [];

    public string Name => adapter.System;

    public bool IsDefinite => true;

    public async Task<string> Submit(PilotRequest request, CancellationToken ct)
    {
        var folder = FolderOf(request.Tag);
        if (IdOf(request.Tag) is { } known) return known;
        if (Directory.Exists(folder)) return await Found(request.Tag, ct) ?? await Ask(request, folder, ct);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return await Ask(request, folder, ct);
    }

    public async Task<IReadOnlyList<BatchStatus>> Status(IReadOnlyList<string> tags, CancellationToken ct)
    {
        var open = tags.Where(tag => !_ended.Contains(tag)).ToList();
        var (listed, whole) = open.Count > 0 ? await List(adapter.Status, open, ct) : ([], true);
        var missing = open.Where(tag => !listed.ContainsKey(tag) && IdOf(tag) is not null).ToList();
        if (adapter.History is { } history && missing.Count > 0)
        {
            try
            {
                var (old, wholeToo) = await List(history, missing, ct);
                whole &= wholeToo;
                foreach (var (tag, job) in old) listed.TryAdd(tag, job);
            }
            catch (GridError e) when (e.IsTransient)
            {
                // What the queue tells is true all the same.
                Log.Debug("the history does not answer: {Message}", e.Message);
                whole = false;
            }
        }
        return [.. tags.Select(tag => StatusOf(tag, listed.GetValueOrDefault(tag), whole))];
    }

    public async Task Cancel(IReadOnlyList<string> tags, CancellationToken ct)
    {
        foreach (var tag in tags.Where(tag => !_ended.Contains(tag)))
        {
            if (IdOf(tag) is not { } id) continue;
            var answer = await _command.Run(Filled(adapter.Cancel, ("{id}", id)), null, ct);
            var gone = answer.ExitCode != 0 && adapter.CancelledAlready?.IsMatch(answer.Error + answer.Output) == true;
            if (gone) _gone.Add(tag);
            else if (answer.ExitCode != 0)
                throw GridError.Unavailable($"{adapter.Cancel[0]} {id} failed: {First(answer.Error)}", "It is tried again.");
        }
    }

    public async Task<IReadOnlyList<BackfillHole>> Holes(CancellationToken ct)
    {
        if (adapter.Backfill is not { } backfill) return [];
        var answer = await _command.Run(Filled(backfill.Words), null, ct);
        return answer.ExitCode == 0 ? AnswerParser.Holes(backfill.Line, answer.Output) : [];
    }

    public string LogOf(string tag) => folders.LogOf(tag);

    public Task Forget(IReadOnlyList<string> tags, CancellationToken ct)
    {
        foreach (var tag in tags)
        {
            _ids.Remove(tag);
            _absent.Remove(tag);
            _ended.Remove(tag);
            _gone.Remove(tag);
            folders.Remove(tag);
        }
        return Task.CompletedTask;
    }

    private async Task<string> Ask(PilotRequest request, string folder, CancellationToken ct)
    {
        var log = folders.LogOf(request.Tag);
        var path = await script.Write(request, log, folder, ct);
        var words = Filled(adapter.Submit, ("{script}", path), ("{folder}", folder), ("{log}", log), ("{tag}", request.Tag));
        var answer = await _command.Run(words, adapter.SubmitReadsInput ? await File.ReadAllTextAsync(path, ct) : null, ct);
        if (answer.ExitCode == 0 && adapter.SubmittedId.Match(answer.Output) is { Success: true } match) return Keep(request.Tag, match.Groups[1].Value);
        var said = answer.Error.Length > 0 ? answer.Error : answer.Output;
        if (answer.ExitCode != 0 && adapter.RefusedForGood?.Match(answer.Error + answer.Output) is { Success: true } refusal)
        {
            Directory.Delete(folder, recursive: true);
            // Front ends over others say first that something went wrong, and further down what.
            var before = (answer.Error + answer.Output)[..refusal.Index];
            throw GridError.Invalid($"{adapter.System} refuses the pilot: {First((answer.Error + answer.Output)[(before.LastIndexOf('\n') + 1)..])}",
                $"Mend `batch` in bridge.yaml; the script was made from {adapter.Template}.");
        }
        throw GridError.Unavailable($"{adapter.Submit[0]} answered with exit code {answer.ExitCode}: {First(said)}",
            $"Its script is {path}. It is tried again.");
    }

    /// <summary>The job of an earlier submission whose answer was lost; null when there surely is none.</summary>
    private async Task<string?> Found(string tag, CancellationToken ct)
    {
        var (listed, whole) = await List(adapter.Status, [tag], ct);
        if (listed.TryGetValue(tag, out var job)) return Keep(tag, job.Id);
        if (!whole) throw GridError.Unavailable($"whether {adapter.System} has the pilot {tag} already cannot be seen", "It is looked at again.");
        // A job may be accepted and listed a moment later.
        return Waited(tag) ? null : throw GridError.Unavailable($"whether {adapter.System} has the pilot {tag} already is not sure yet",
            "It is looked at again.");
    }

    private bool Waited(string tag)
    {
        var (answers, since) = _absent.GetValueOrDefault(tag, (0, time.GetTimestamp()));
        _absent[tag] = (answers + 1, since);
        if (time.GetElapsedTime(since) < Limits.SubmissionShows) return false;
        _absent.Remove(tag);
        return true;
    }

    private async Task<(Dictionary<string, ListedJob> Jobs, bool Whole)> List(Question question, IReadOnlyList<string> tags, CancellationToken ct)
    {
        var ids = tags.Select(IdOf).OfType<string>().ToList();
        var answer = await _command.Run(Filled(question.Words, ids), null, ct);
        var good = question.GoodExits.Contains(answer.ExitCode);
        var none = !good && question.Empty?.IsMatch(answer.Error + answer.Output) == true;
        if (!good && !none) throw GridError.Unavailable($"{question.Words[0]} failed: {First(answer.Error)}", "Nothing is concluded from that.");
        var (jobs, whole) = AnswerParser.Read(question.Answer, answer.Output, adapter.States);
        if (!whole) Log.Warning("the answer of {Command} is cut short; what is missing in it is unknown", question.Words[0]);
        var found = new Dictionary<string, ListedJob>();
        // A system that starts a lost job again under its id lists it once; the later line counts.
        foreach (var job in jobs.Where(job => tags.Contains(job.Tag))) found[job.Tag] = job;
        foreach (var tag in tags.Where(tag => !found.ContainsKey(tag)))
            if (IdOf(tag) is { } id && jobs.FirstOrDefault(job => job.Id == id) is { } byId) found[tag] = byId;
        return (found, whole);
    }

    private BatchStatus StatusOf(string tag, ListedJob? job, bool whole)
    {
        var id = job?.Id ?? IdOf(tag) ?? "";
        if (_ended.Contains(tag)) return new BatchStatus(tag, id, BatchState.Ended, "it has ended");
        if (job is not null)
        {
            _absent.Remove(tag);
            Keep(tag, job.Id);
            if (job.State == BatchState.Ended) _ended.Add(tag);
            return new BatchStatus(tag, id, job.State, job.Detail);
        }
        if (!whole || id.Length == 0) return new BatchStatus(tag, id, BatchState.Unknown, "nothing is told of it");
        // Neither listed nor there to be cancelled: the scheduler has said it twice.
        if (_gone.Contains(tag))
        {
            _ended.Add(tag);
            return new BatchStatus(tag, id, BatchState.Ended, "it was cancelled");
        }
        var (answers, since) = _absent.GetValueOrDefault(tag, (0, time.GetTimestamp()));
        _absent[tag] = (answers + 1, since);
        var lost = answers + 1 >= adapter.Lost.Answers && time.GetElapsedTime(since) >= adapter.Lost.After;
        return new BatchStatus(tag, id, lost ? BatchState.Ended : BatchState.Unknown, "neither queue nor history knows it") { IsGuess = lost };
    }

    private string? IdOf(string tag)
    {
        if (_ids.TryGetValue(tag, out var id)) return id;
        var path = Path.Combine(FolderOf(tag), IdFile);
        if (!File.Exists(path) || File.ReadAllText(path).Trim() is not { Length: > 0 } read) return null;
        return _ids[tag] = read;
    }

    private string Keep(string tag, string id)
    {
        if (_ids.GetValueOrDefault(tag) == id) return id;
        Directory.CreateDirectory(FolderOf(tag));
        var path = Path.Combine(FolderOf(tag), IdFile);
        File.WriteAllText(path + ".new", id + "\n");
        File.Move(path + ".new", path, overwrite: true);
        return _ids[tag] = id;
    }

    private string FolderOf(string tag) => folders.Of(tag);

    private static IReadOnlyList<string> Filled(IReadOnlyList<string> words, params (string Name, string Value)[] values) =>
        [.. words.Select(word => Common(values.Aggregate(word, (filled, value) => filled.Replace(value.Name, value.Value, StringComparison.Ordinal))))];

    /// <summary>A word "{ids}" becomes a word for each id; within a word they are joined with commas.</summary>
    private static IReadOnlyList<string> Filled(IReadOnlyList<string> words, List<string> ids) =>
        [.. words.SelectMany(word => word == "{ids}" ? ids : [Common(word.Replace("{ids}", string.Join(',', ids), StringComparison.Ordinal))])];

    private static string Common(string word) => word.Replace("{user}", Environment.UserName, StringComparison.Ordinal);

    private static string First(string text)
    {
        var line = text.Trim().Split('\n')[0];
        return line.Length > Limits.LongestReason ? line[..Limits.LongestReason] : line.Length == 0 ? "it says nothing" : line;
    }
}
