namespace HpcGrid.Agent.Processes;

/// <summary>Signals by which batch systems end or warn whole jobs (R-H12): Slurm sends them to every process of the job, payloads included.</summary>
internal static class EndSignals
{
    private const int HangUp = 1, Interrupt = 2, User1 = 10, User2 = 12, CpuTime = 24;

    /// <summary>True when a process may have ended by one of them: by itself, or as a shell tells of its child.</summary>
    public static bool MayBe(ChildExit exit) =>
        (exit.Signal ?? exit.ExitCode - 128) is HangUp or Interrupt or User1 or User2 or Libc.Terminate or CpuTime;
}
