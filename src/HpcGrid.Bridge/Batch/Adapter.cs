using System.Text.RegularExpressions;
using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Bridge.Batch;

/// <summary>How answers of a status command are written.</summary>
public enum AnswerFormat
{
    /// <summary>A line for each job, read by a pattern with the groups id, tag, state and perhaps detail.</summary>
    Lines,
    /// <summary>JSON: an object or a list of jobs, with the names of their fields.</summary>
    Json,
    /// <summary>XML: elements of one name anywhere, with the names of their children.</summary>
    Xml,
}

/// <summary>Where in an answer to find what.</summary>
/// <param name="Format">How it is written.</param>
/// <param name="Line">Of lines: the pattern.</param>
/// <param name="Items">Of JSON: the field that holds the jobs. Of XML: the name of a job's element.</param>
/// <param name="Id">Of JSON and XML: the field with a job's id; empty when the jobs are an object whose keys are the ids.</param>
/// <param name="Tag">Of JSON and XML: the field with a job's name, which is the pilot's tag.</param>
/// <param name="State">Of JSON and XML: the field with its state.</param>
/// <param name="Detail">Of JSON and XML: a field for people; empty for none.</param>
public sealed record AnswerRule(AnswerFormat Format, Regex? Line, string Items, string Id, string Tag, string State, string Detail)
{
    /// <summary>What every job in the answer is, whatever its state says: a history tells of ended ones only. Null: the state says it.</summary>
    public BatchState? Means { get; init; }
}

/// <summary>A command and how its answer is read.</summary>
/// <param name="Words">The program and its arguments, with {id}, {ids} and {user} to be put in; no shell sees them.</param>
/// <param name="Answer">How to read it.</param>
/// <param name="Empty">Error texts that say that there is no such job, in which case the answer is empty; null for none.</param>
public sealed record Question(IReadOnlyList<string> Words, AnswerRule Answer, Regex? Empty)
{
    /// <summary>Exit codes of a good answer.</summary>
    public IReadOnlyList<int> GoodExits { get; init; } = [0];
}

/// <summary>When a job that neither queue nor history tells of counts as ended: after so many whole answers over so long.</summary>
public sealed record LostRule(int Answers, TimeSpan After);

/// <summary>
/// A batch system as data (R-H1): what a site can read and change in adapter.yaml. What a state is not listed as is unknown, which is never an end (W1).
/// </summary>
public sealed record Adapter
{
    /// <summary>For messages.</summary>
    public required string System { get; init; }
    /// <summary>The template of the submit script, an absolute path.</summary>
    public required string Template { get; init; }
    /// <summary>Further templates of the folder that are made beside the script.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
    /// <summary>The part of a script that starts the agents on the nodes.</summary>
    public string Start { get; init; } = "";
    /// <summary>
    /// Most nodes of one pilot, where starting an agent on each of them costs a process on the first: no host holds more than ten (R-H13). 0: any number.
    /// </summary>
    public int NodesAtMost { get; init; }
    /// <summary>
    /// What of this system an mpiexec reaches other nodes by, in its own word, for each `start` that can: at no process for each of them.
    /// </summary>
    public IReadOnlyDictionary<string, string> NativeLauncher { get; init; } = new Dictionary<string, string>();
    /// <summary>What a site may set in batch.attributes.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];
    /// <summary>Where the commands run (R-H16).</summary>
    public CommandPlace Place { get; init; } = CommandPlace.Here;
    /// <summary>Submits {script} or what lies in {folder}, or reads the script from standard input. {log} and {tag} are put in too.</summary>
    public required IReadOnlyList<string> Submit { get; init; }
    /// <summary>The script is given on standard input.</summary>
    public bool SubmitReadsInput { get; init; }
    /// <summary>Finds the id in what the submission prints, as its first group.</summary>
    public required Regex SubmittedId { get; init; }
    /// <summary>Error texts of a submission that will be refused again: everything else is tried again.</summary>
    public Regex? RefusedForGood { get; init; }
    /// <summary>All own jobs in one question (R-H5).</summary>
    public required Question Status { get; init; }
    /// <summary>About jobs that the status no longer tells of; null when the system keeps none.</summary>
    public Question? History { get; init; }
    /// <summary>Ends {id}.</summary>
    public required IReadOnlyList<string> Cancel { get; init; }
    /// <summary>Error texts of a cancellation that say that there is nothing to end: as good as done (R-H8).</summary>
    public Regex? CancelledAlready { get; init; }
    /// <summary>States of jobs that wait, run, and have ended, as the system writes them.</summary>
    public required IReadOnlyDictionary<string, BatchState> States { get; init; }
    /// <summary>Tells how many nodes are idle and for how long; null where the system does not say.</summary>
    public BackfillQuestion? Backfill { get; init; }
    /// <summary>How long a command may take.</summary>
    public TimeSpan Patience { get; init; }
    /// <summary>When a job that nobody tells of has ended.</summary>
    public LostRule Lost { get; init; } = new(Limits.AnswersUntilLost, Limits.AbsentUntilLost);
    /// <summary>Most commands in a minute (R-H5).</summary>
    public int CallsPerMinute { get; init; } = Limits.BatchCallsPerMinute;
}

/// <summary>A command that tells of holes in the schedule, line by line.</summary>
/// <param name="Words">The program and its arguments.</param>
/// <param name="Line">A pattern with the groups nodes (how many are idle) and perhaps time (for how long, "[[D-]H:]M:S" or seconds; without it, for long).</param>
public sealed record BackfillQuestion(IReadOnlyList<string> Words, Regex Line);
