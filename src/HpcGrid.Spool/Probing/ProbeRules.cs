using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>What two nodes saw of each other.</summary>
/// <param name="EchoSeconds">Of each new name: until the other's answer was seen.</param>
/// <param name="Raced">Files that both tried to claim.</param>
/// <param name="Doubles">Files that both got.</param>
/// <param name="Lost">Files that neither got.</param>
/// <param name="Read">Files that the other published and that were read here.</param>
/// <param name="Torn">Of those, not whole.</param>
/// <param name="UnlinkSeconds">Until a removed name was no longer listed; null when it was still listed at the end.</param>
public sealed record PeerSight(IReadOnlyList<double> EchoSeconds, int Raced, int Doubles, int Lost, int Read, int Torn, double? UnlinkSeconds);

/// <summary>What measurements mean. Pure.</summary>
public static class ProbeRules
{
    /// <summary>Publications above that bound what one bridge can commit: it publishes and reads a version for every few hundred jobs.</summary>
    public static readonly TimeSpan SlowPublication = TimeSpan.FromMilliseconds(250);

    /// <summary>The value that such a part of all does not exceed; 0 of none.</summary>
    public static double Percentile(IReadOnlyList<double> values, double part) =>
        values.Count == 0 ? 0 : values.Order().ElementAt((int)Math.Min(values.Count - 1, Math.Floor(values.Count * part)));

    /// <summary>What of two nodes' sights a spool depends on.</summary>
    public static IEnumerable<ProbeFinding> Of(PeerSight sight)
    {
        yield return new ProbeFinding("a file that two claim goes to one", sight.Doubles == 0 ? Fitness.Good : Fitness.Unfit,
            sight.Doubles == 0 ? $"{sight.Raced} races, no double" : $"{sight.Doubles} of {sight.Raced} went to both");
        yield return new ProbeFinding("a file that two claim goes to somebody", sight.Lost == 0 ? Fitness.Good : Fitness.Remark,
            sight.Lost == 0 ? "none was lost" : $"{sight.Lost} of {sight.Raced} went to nobody; the bridge offers such jobs again after minutes");
        yield return new ProbeFinding("what the other node published is read whole", sight.Torn == 0 ? Fitness.Good : Fitness.Remark,
            sight.Torn == 0 ? $"{sight.Read} of {sight.Read}"
                : $"{sight.Torn} of {sight.Read} were torn at first; checksums find that, and readers come again");
        yield return new ProbeFinding("new names are seen", Fitness.Good, string.Create(CultureInfo.InvariantCulture,
            $"there and back p50 {Percentile(sight.EchoSeconds, 0.5) * 1000:0.0} ms, slowest {sight.EchoSeconds.DefaultIfEmpty().Max() * 1000:0} ms"));
        yield return new ProbeFinding("removed names go", Fitness.Good, sight.UnlinkSeconds is { } gone
            ? string.Create(CultureInfo.InvariantCulture, $"after {gone * 1000:0} ms") : "still listed after the test; nothing depends on it");
    }

    /// <summary>C as measured: an answer crosses twice, so one crossing takes no longer than the slowest of all.</summary>
    public static double BoundOf(PeerSight sight) => sight.EchoSeconds.DefaultIfEmpty().Max();
}
