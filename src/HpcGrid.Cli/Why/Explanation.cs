using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Why;

/// <summary>Why a job is as it is, and what its owner can do.</summary>
/// <param name="Job">The job.</param>
/// <param name="Name">What it runs.</param>
/// <param name="State">Its state.</param>
/// <param name="Cause">The rule that explains it: a word for programs.</param>
/// <param name="What">What happened, in a sentence.</param>
/// <param name="ToDo">What to do, the most useful first.</param>
internal sealed record Explanation(long Job, string Name, string State, string Cause, string What, IReadOnlyList<string> ToDo)
{
    public int Attempt { get; init; }
    public string? Site { get; init; }
    public string? Node { get; init; }
    public string? Workdir { get; init; }
    public DateTimeOffset SubmittedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public PayloadResult? Payload { get; init; }
    /// <summary>"stderr" or "stdout": where the last lines come from; null when it wrote nothing.</summary>
    public string? LastLinesOf { get; init; }
    public IReadOnlyList<string> LastLines { get; init; } = [];
    /// <summary>Warnings and remarks of its last attempt.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
    /// <summary>Of a master: its failed subjobs, grouped by what happened.</summary>
    public IReadOnlyList<FailureGroup> Failures { get; init; } = [];
    /// <summary>Of a waiting job: what each site says.</summary>
    public IReadOnlyList<SiteVerdict> Sites { get; init; } = [];
}

/// <summary>Failed subjobs to which the same happened.</summary>
/// <param name="State">Their state.</param>
/// <param name="What">Their reason, numbers and names left out where they differ.</param>
/// <param name="Count">How many.</param>
/// <param name="Examples">Some of them.</param>
/// <param name="Nodes">On how many nodes.</param>
internal sealed record FailureGroup(string State, string What, int Count, IReadOnlyList<long> Examples, int Nodes);
