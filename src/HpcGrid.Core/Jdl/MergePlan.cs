namespace HpcGrid.Core.Jdl;

/// <summary>What becomes of the outputs of all subjobs when the last one has ended (jalien.md 3.6).</summary>
/// <param name="Files">Each is merged by a job of its own.</param>
/// <param name="Collections">Lists of outputs, written into the catalogue.</param>
/// <param name="OutputDirectory">Where merged files go, as written; null for "merged" in the master's output directory.</param>
public sealed record MergePlan(IReadOnlyList<MergedFile> Files, IReadOnlyList<MergedCollection> Collections, string? OutputDirectory);

/// <summary>`Merge = "file:jdl:output"`.</summary>
/// <param name="Pattern">Which outputs of the subjobs; '*' and '?' match.</param>
/// <param name="Jdl">The description of the job that merges them, in the catalogue.</param>
/// <param name="Output">What that job is to call its result; passed to it as an argument.</param>
public sealed record MergedFile(string Pattern, string Jdl, string Output);

/// <summary>`MergeCollections = "pattern,pattern:/collection"`.</summary>
public sealed record MergedCollection(IReadOnlyList<string> Patterns, string Path);
