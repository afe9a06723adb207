namespace HpcGrid.SimBatch;

/// <summary>Every bound of the simulated batch system, with its reason.</summary>
internal static class Limits
{
    /// <summary>How often running jobs are looked at. Short beside anything that a scheduler does, and a look is one read of /proc for each job.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the daemon may take to listen, on a machine that is busy.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(60);

    /// <summary>How long it may take to end: it kills the jobs first.</summary>
    public static readonly TimeSpan Stop = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks whether it has started or ended.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Most words of a command or variables of an environment: beyond the kernel's own bound of 2 MB in all.</summary>
    public const int MostWords = 1_000_000;

    /// <summary>Longest text in a call or an answer: the status of 100,000 jobs in JSON is 200 MB.</summary>
    public const int LongestText = 512 * 1024 * 1024;

    /// <summary>Nodes of a simulated cluster: each is a folder and perhaps a process.</summary>
    public const int MostNodes = 10_000;

    /// <summary>Cores of a simulated node.</summary>
    public const int MostCores = 4096;

    /// <summary>Jobs of others that a fault can make up: what the readers of answers must bear.</summary>
    public const int MostCrowd = 200_000;
}
