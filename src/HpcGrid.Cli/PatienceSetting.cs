using System.Globalization;
using HpcGrid.Core;

namespace HpcGrid.Cli;

/// <summary>
/// $HPCGRID_PATIENCE: how many seconds a command waits for a central that is away or slow to answer. For scripts, which would rather wait
/// than fail, and for login nodes that are busy.
/// </summary>
internal static class PatienceSetting
{
    public const string Name = "HPCGRID_PATIENCE";

    /// <summary>Null when the user does not say.</summary>
    public static TimeSpan? OfThisUser() => Parse(Environment.GetEnvironmentVariable(Name));

    /// <summary>Null for nothing. Throws GridError(Invalid) for what is no number of seconds from 1 to <see cref="Limits.LongestPatience"/>.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= 1 &&
            seconds <= Limits.LongestPatience.TotalSeconds) return TimeSpan.FromSeconds(seconds);
        throw GridError.Invalid($"${Name} is '{text}', not a number of seconds from 1 to {Limits.LongestPatience.TotalSeconds:0}",
            "Set it to how long a command may wait for central (HPCGRID_PATIENCE=120), or unset it.");
    }
}
