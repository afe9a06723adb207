using HpcGrid.Core.Data;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jobs;

/// <summary>
/// One job as an agent runs it: everything resolved, nothing to look up, no shell text anywhere. Travels in the work-queue
/// file as JSON and is covered by the grant's digest.
/// </summary>
public sealed record JobSpec
{
    /// <summary>The owner.</summary>
    public required string User { get; init; }
    /// <summary>The program and its arguments. A first word without '/' is a file in the sandbox; an absolute path is on the node.</summary>
    public required IReadOnlyList<string> Argv { get; init; }
    /// <summary>The validation program and its arguments, by the same rule; empty when there is none.</summary>
    public IReadOnlyList<string> ValidationArgv { get; init; } = [];
    /// <summary>Files to put into the sandbox before the start.</summary>
    public IReadOnlyList<InputFile> Inputs { get; init; } = [];
    /// <summary>Files that are made in the sandbox before the start: lists of inputs.</summary>
    // Generated reading sets what an earlier version did not write to null.
    public IReadOnlyList<MadeFile> MadeFiles { get; init => field = value ?? []; } = [];
    /// <summary>What to save after success.</summary>
    public IReadOnlyList<OutputRule> Outputs { get; init; } = [];
    /// <summary>What to save after a failed execution (OutputErrorE); empty saves nothing but the tails.</summary>
    public IReadOnlyList<OutputRule> ErrorOutputs { get; init; } = [];
    /// <summary>Added to the payload's environment (ALIEN_JDL_…, packages).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>What the job may use.</summary>
    public required Resources Resources { get; init; }
    /// <summary>It may go on until its slot ends, whatever its TTL.</summary>
    public bool UsesWholeSlot { get; init; }
    /// <summary>How it is started on its nodes; null for a job on one node.</summary>
    public GangLaunch? Launch { get; init; }
    /// <summary>What it may do besides.</summary>
    public JobLimits Limits { get; init => field = value ?? JobLimits.Default; } = JobLimits.Default;
    /// <summary>What of its standard output and error is kept.</summary>
    public KeepOutput KeepOutput { get; init; }
    /// <summary>False: never start again unless the batch system has confirmed that the old process is gone (strict mode).</summary>
    public bool Repeatable { get; init; } = true;
    /// <summary>The master's number; null for a job of its own.</summary>
    public long? Master { get; init; }
    /// <summary>The output directory in the catalogue.</summary>
    public string OutputDirectory { get; init; } = "/";
}

/// <summary>How a job over several nodes is started: once, on the first of them.</summary>
/// <param name="TasksPerNode">Processes wanted on each node.</param>
/// <param name="BySite">True: the site's launcher starts the program on all nodes. False: the program is started on the first node alone, and finds
/// host file and launcher in its environment.</param>
public sealed record GangLaunch(int TasksPerNode, bool BySite);

/// <summary>A file for the sandbox.</summary>
/// <param name="Name">Its name there: one path component.</param>
/// <param name="Content">What its bytes must be.</param>
/// <param name="Executable">Set the execute bit.</param>
/// <param name="Lfn">Where it came from, for messages.</param>
public sealed record InputFile(string Name, Content Content, bool Executable, string Lfn);

/// <summary>A small file whose text central wrote.</summary>
/// <param name="Name">Its name in the sandbox: one path component.</param>
/// <param name="Text">Its content, UTF-8.</param>
public sealed record MadeFile(string Name, string Text);

/// <summary>One entry of the output notation (jalien.md 3.4).</summary>
/// <param name="Archive">The archive's name, or null to save the files one by one.</param>
/// <param name="Patterns">File names relative to the sandbox; '*' and '?' match within a component.</param>
/// <param name="Options">What stands after '@': "disk=2", "ALICE::SITE::SE", "!ALICE::SITE::SE".</param>
public sealed record OutputRule(string? Archive, IReadOnlyList<string> Patterns, IReadOnlyList<string> Options);
