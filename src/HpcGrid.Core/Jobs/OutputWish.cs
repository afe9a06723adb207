using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jobs;

/// <summary>Where a job wants copies of one of its outputs: the storage options of the rule that the output was saved by.</summary>
public static class OutputWish
{
    /// <summary>The wish, as <see cref="StorageWish"/> reads it; null when nothing was said.</summary>
    /// <param name="rules">What the job saves.</param>
    /// <param name="name">The output: an archive's name, or a file's below the output directory.</param>
    public static string? Of(IReadOnlyList<OutputRule> rules, string name)
    {
        var rule = rules.FirstOrDefault(rule => rule.Archive == name)
            ?? rules.FirstOrDefault(rule => rule.Archive is null && rule.Patterns.Any(pattern => Matches(pattern, name)));
        return rule is null ? null : TextOf(rule);
    }

    /// <summary>All that the rules of a job want, each once.</summary>
    public static IEnumerable<StorageWish> All(IEnumerable<OutputRule> rules) => rules.Select(TextOf).OfType<string>().Distinct().Select(StorageWish.Parse);

    private static string? TextOf(OutputRule rule)
    {
        var options = rule.Options.Where(StorageWish.IsOption).ToList();
        return options.Count == 0 ? null : string.Join(',', options);
    }

    /// <summary>Component by component: no '*' stands for a '/'.</summary>
    private static bool Matches(string pattern, string name)
    {
        var (patterns, names) = (pattern.Split('/'), name.Split('/'));
        return patterns.Length == names.Length && patterns.Zip(names).All(pair => NamePattern.Matches(pair.First, pair.Second));
    }
}
