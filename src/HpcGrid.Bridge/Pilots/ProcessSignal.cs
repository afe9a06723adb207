using System.Runtime.InteropServices;

namespace HpcGrid.Bridge.Pilots;

/// <summary>Signals to a running bridge.</summary>
internal static partial class ProcessSignal
{
    /// <summary>SIGUSR1: finish what runs, then end.</summary>
    public const int Drain = 10;

    private const int Terminate = 15;

    /// <summary>False when there is no such process, or it is another user's.</summary>
    public static bool Send(int processId, bool drain) => processId > 1 && Kill(processId, drain ? Drain : Terminate) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
