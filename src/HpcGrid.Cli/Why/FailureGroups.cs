using System.Text.RegularExpressions;
using HpcGrid.Cli.Jobs;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Why;

/// <summary>Groups failed jobs by what happened: reasons that differ in numbers, names and paths alone are one. Bounded whatever reasons there are.</summary>
internal sealed partial class FailureGroups
{
    private readonly Dictionary<(string State, string What), Group> _groups = [];
    private Group? _others;

    public int Count { get; private set; }

    public void Add(JobLine job)
    {
        Count++;
        var key = (job.State, What(job));
        if (!_groups.TryGetValue(key, out var group))
        {
            if (_groups.Count < Limits.FailureGroups) _groups.Add(key, group = new Group());
            else group = _others ??= new Group();
        }
        group.Add(job);
    }

    /// <summary>The largest first.</summary>
    public IReadOnlyList<FailureGroup> List()
    {
        var all = _groups.Select(pair => pair.Value.As(pair.Key.State, pair.Key.What)).OrderByDescending(group => group.Count)
            .ThenBy(group => group.State, StringComparer.Ordinal).ThenBy(group => group.What, StringComparer.Ordinal).ToList();
        if (_others is not null) all.Add(_others.As("…", "other reasons"));
        return all;
    }

    /// <summary>The reason with what is particular to one job taken out.</summary>
    public static string What(JobLine job)
    {
        var text = job.Reason is { Length: > 0 } reason ? reason : JobText.Why(job);
        if (text.Length == 0) return "no reason was told";
        // Exit codes and signals are what tells failures apart; other numbers are not.
        text = Numbers().Replace(text, match => match.Groups["keep"].Success ? match.Value : "N");
        return Sums().Replace(text, "…");
    }

    [GeneratedRegex(@"(?<keep>(?:exit|signal) \d+)|(?<![A-Za-z_])\d+(?:\.\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\b[0-9a-fN]{32,}\b")]
    private static partial Regex Sums();

    private sealed class Group
    {
        private readonly List<long> _examples = [];
        private readonly HashSet<string> _nodes = [];
        private int _count;

        public void Add(JobLine job)
        {
            _count++;
            if (_examples.Count < Limits.ExamplesOfFailure) _examples.Add(job.Job);
            if (job.Node is { } node && _nodes.Count < Limits.NodesCounted) _nodes.Add(node);
        }

        public FailureGroup As(string state, string what) => new(state, what, _count, [.. _examples], _nodes.Count);
    }
}
