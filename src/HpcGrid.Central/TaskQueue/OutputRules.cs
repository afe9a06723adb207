using HpcGrid.Central.Catalogue;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>Outputs that would be in each other's way, found at submission instead of after the work is done.</summary>
public static class OutputRules
{
    /// <summary>Where outputs whose name is known beforehand will be; patterns are not.</summary>
    public static IEnumerable<Lfn> KnownOutputs(Lfn directory, IReadOnlyList<OutputRule> outputs)
    {
        foreach (var rule in outputs)
            if (rule.Archive is { } archive) yield return OutputRegistrar.PathOf(directory, archive);
            else
                foreach (var name in rule.Patterns.Where(pattern => !NamePattern.IsPattern(pattern))) yield return OutputRegistrar.PathOf(directory, name);
    }

    /// <summary>Takes note of the outputs of one job of many. Throws GridError(Invalid) when another of them has the same.</summary>
    public static void MustDiffer(Dictionary<string, int> seen, int part, IEnumerable<Lfn> outputs)
    {
        foreach (var path in outputs)
            if (!seen.TryAdd(path.Path, part))
                throw GridError.Invalid($"subjobs {seen[path.Path] + 1} and {part + 1} would both save {path}",
                    "Write something into OutputDir or into the names of the outputs that differs: #alien_counter#, #alienfirstfilename#, _PARAM_.");
    }
}
