using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Why;

/// <summary>All that is known of a job, for <see cref="WhyRules"/> to judge by.</summary>
/// <param name="Detail">The job and its description.</param>
/// <param name="Events">Its history in causal order.</param>
/// <param name="Log">What it wrote.</param>
/// <param name="Sites">Which sites match it, when it waits; null when central could not say.</param>
/// <param name="Now">Central's clock.</param>
internal sealed record WhyFacts(JobDetail Detail, IReadOnlyList<JobEvent> Events, JobLog Log, SiteMatches? Sites, DateTimeOffset Now)
{
    public JobLine Line => Detail.Line;

    public JobState State => JobStates.TryParse(Line.State, out var state) ? state : JobState.Inserting;

    /// <summary>The end of the current attempt; null while there is none.</summary>
    public Ended? End => Events.Where(seen => seen.Key.Attempt == Line.Attempt).Select(seen => seen.What).OfType<Ended>().LastOrDefault();

    public PayloadResult? Payload => End?.Payload ?? Line.Payload;

    public string Reason => End?.Reason ?? Line.Reason ?? "";

    /// <summary>The last program that ended decides: the validation when there was one.</summary>
    public int? ExitCode => Payload?.ExitCode;
    public int? Signal => Payload?.Signal ?? (Payload?.ExitCode is > 128 and < 160 and var code ? code - 128 : null);

    /// <summary>The last place it was at in this attempt.</summary>
    public Running? Ran => Events.Where(seen => seen.Key.Attempt == Line.Attempt).Select(seen => seen.What).OfType<Running>().LastOrDefault();

    public Assigned? Assignment => Events.Where(seen => seen.Key.Attempt == Line.Attempt).Select(seen => seen.What).OfType<Assigned>().LastOrDefault();

    /// <summary>Remarks of this attempt, such as warnings near a limit.</summary>
    public IEnumerable<string> Notes => OfThisAttempt.Where(note => note.IsAlarm is not true).Select(note => note.Text);

    /// <summary>What must never happen and was seen of any attempt.</summary>
    public IEnumerable<string> Alarms => Events.Select(seen => seen.What).OfType<Noted>().Where(note => note.IsAlarm is true).Select(note =>
        $"ALARM: {note.Text}. Its results may be doubled: tell an admin.");

    private IEnumerable<Noted> OfThisAttempt => Events.Where(seen => seen.Key.Attempt == Line.Attempt).Select(seen => seen.What).OfType<Noted>();

    /// <summary>Attempts that were lost before the payload started, and after it.</summary>
    public (int Shallow, int Deep) Lost =>
        Events.Select(seen => seen.What).OfType<Opened>().LastOrDefault() is { } opened ? (opened.ShallowCount, opened.DeepCount) : default;

    /// <summary>Since when it is in its state, by the clock of whoever told of it.</summary>
    public DateTimeOffset Since => Events.LastOrDefault(seen => seen.Key.Attempt == Line.Attempt && seen.What is not Noted)?.At ?? Line.SubmittedAt;

    /// <summary>What it asked for; null when the description cannot be read by this version.</summary>
    public JobDescription? Description
    {
        get
        {
            try { return JobDescription.Read(Detail.Jdl, []); }
            catch (Core.GridError) { return null; }
        }
    }

    public bool Says(params string[] words) => words.Any(word => Reason.Contains(word, StringComparison.OrdinalIgnoreCase));
}
