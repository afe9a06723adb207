namespace HpcGrid.Core.Jdl;

/// <summary>One subjob of a production.</summary>
/// <param name="Number">Its place, from 0.</param>
/// <param name="Counter">What `#alien_counter#` is there: N + Number.</param>
public sealed record JobPart(int Number, long Counter);

/// <summary>Parts of a split job, computed from the description whenever they are needed: a million subjobs cost no storage.</summary>
public static class Splitter
{
    /// <summary>How many subjobs the description makes; 0 when it runs itself.</summary>
    public static int Count(JobDescription description) => description.Split switch
    {
        ProductionSplit production => (int)(production.To - production.From + 1),
        _ => 0,
    };

    /// <summary>Part number <paramref name="number"/>, from 0. Throws GridError(NotFound) when there are not so many.</summary>
    public static JobPart Part(JobDescription description, int number) =>
        description.Split is ProductionSplit production && number >= 0 && number < Count(description)
            ? new JobPart(number, production.From + number)
            : throw GridError.NotFound($"the description has {Count(description)} parts: there is no part {number}");
}
