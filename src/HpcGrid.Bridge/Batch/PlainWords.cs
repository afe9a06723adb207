namespace HpcGrid.Bridge.Batch;

/// <summary>Values that stand in directive lines as they are: batch systems have quoting rules of their own there, or none.</summary>
internal static class PlainWords
{
    public const string Rule = "may have letters, digits and . _ @ : % + = , - only: it is written into the submit script as it is";

    public static bool Are(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || ".,_@:%+=-".Contains(c, StringComparison.Ordinal));

    /// <summary>Those of a site, by the names that they have in bridge.yaml.</summary>
    public static IEnumerable<(string Field, string Text)> Of(BatchOptions options) =>
    [
        ("batch.queue", options.Queue), ("batch.account", options.Account), ("batch.qos", options.Qos), ("batch.start", options.Start),
        ("batch.project", options.Project), ("batch.reservation", options.Reservation), ("batch.constraint", options.Constraint),
        ("batch.licences", options.Licences), .. options.Attributes.Select(attribute => ("batch.attributes." + attribute.Key, attribute.Value)),
    ];
}
