using System.Globalization;
using System.Runtime.InteropServices;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>Signals by name, as options of batch systems write them.</summary>
internal static partial class Signals
{
    public const int Int = 2, Kill = 9, User1 = 10, User2 = 12, Alarm = 14, Term = 15;

    private static readonly Dictionary<string, int> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HUP"] = 1, ["INT"] = Int, ["QUIT"] = 3, ["KILL"] = Kill, ["USR1"] = User1, ["USR2"] = User2, ["ALRM"] = Alarm, ["TERM"] = Term, ["CONT"] = 18,
        ["STOP"] = 19, ["TSTP"] = 20, ["URG"] = 23, ["XCPU"] = 24,
    };

    /// <summary>
    /// A shell that starts a program in the background lets it ignore INT and QUIT, and so would all that it starts. Jobs begin with every signal at its default.
    /// </summary>
    public static void NoneIgnored()
    {
        foreach (var ignored in (int[])[1, Int, 3, Term, User1, User2]) _ = signal(ignored, 0);
    }

    /// <summary>"USR1", "SIGUSR1" or "10"; null for what is none.</summary>
    public static int? Read(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65 ? number
        : Names.TryGetValue(text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text, out var named) ? named : null;

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
