using HpcGrid.Core.Data;

namespace HpcGrid.Bridge.Staging;

/// <summary>Where the inputs of a job are: SHA-256 of each, separated by blanks, once.</summary>
/// <param name="Riders">Those that ride in the queue file.</param>
/// <param name="Cached">Those in the spool's cache.</param>
internal sealed record StagedInputs(string Riders, string Cached)
{
    private static readonly StagedInputs None = new("", "");

    public static StagedInputs Of(IReadOnlyList<SourceFile> sources)
    {
        if (sources.Count == 0) return None;
        var contents = sources.Select(source => source.Content).DistinctBy(content => content.Sha256).ToLookup(Fetcher.IsRider, content => content.Sha256);
        return new StagedInputs(string.Join(' ', contents[true]), string.Join(' ', contents[false]));
    }
}
