using HpcGrid.Central.Catalogue;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>Outputs that would be in each other's way, found at submission instead of after the work is done.</summary>
public static class OutputRules
{
    /// <summary>Where outputs whose name is known beforehand will be; patterns are not.</summary>
    public static IEnumerable<Lfn> KnownOutputs(JobSpec spec)
    {
        var directory = Lfn.Parse(spec.OutputDirectory);
        foreach (var rule in spec.Outputs)
            if (rule.Archive is { } archive) yield return OutputRegistrar.PathOf(directory, archive);
            else
                foreach (var name in rule.Patterns.Where(pattern => !NamePattern.IsPattern(pattern))) yield return OutputRegistrar.PathOf(directory, name);
    }
}
