using System.Text.RegularExpressions;

namespace HpcGrid.Bridge.Batch;

/// <summary>How answers of a status command are written.</summary>
public enum AnswerFormat
{
    /// <summary>A line for each job, read by a pattern with the groups id, tag, state and perhaps detail.</summary>
    Lines,
    /// <summary>JSON: an object or a list of jobs, with the names of their fields.</summary>
    Json,
}

/// <summary>Where in an answer to find what.</summary>
/// <param name="Format">How it is written.</param>
/// <param name="Line">Of lines: the pattern.</param>
/// <param name="Items">Of JSON: the field that holds the jobs.</param>
/// <param name="Id">Of JSON: the field with a job's id; empty when the jobs are an object whose keys are the ids.</param>
/// <param name="Tag">Of JSON: the field with a job's name, which is the pilot's tag.</param>
/// <param name="State">Of JSON: the field with its state.</param>
/// <param name="Detail">Of JSON: a field for people; empty for none.</param>
public sealed record AnswerRule(AnswerFormat Format, Regex? Line, string Items, string Id, string Tag, string State, string Detail);

/// <summary>A command and how its answer is read.</summary>
/// <param name="Words">The program and its arguments, with {script}, {id}, {ids} and {user} to be put in; no shell sees them.</param>
/// <param name="Answer">How to read it.</param>
/// <param name="Empty">Error texts that say that there is no such job, in which case the answer is empty; null for none.</param>
public sealed record Question(IReadOnlyList<string> Words, AnswerRule Answer, Regex? Empty);

/// <summary>
/// A batch system as data (R-H1): what a site can read and change in adapter.yaml. What a state is not listed as is unknown, which is never an end (W1).
/// </summary>
public sealed record Adapter
{
    /// <summary>For messages.</summary>
    public required string System { get; init; }
    /// <summary>The template of the submit script, an absolute path.</summary>
    public required string Template { get; init; }
    /// <summary>Submits {script}, or reads it from standard input.</summary>
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
    /// <summary>States of jobs that wait, run, and have ended, as the system writes them; in any case.</summary>
    public required IReadOnlyDictionary<string, Pilots.BatchState> States { get; init; }
    /// <summary>Seconds that a command may take.</summary>
    public TimeSpan Patience { get; init; }
}
