namespace HpcGrid.Cli;

/// <summary>Every bound of the command line, each with its reason.</summary>
internal static class Limits
{
    /// <summary>A person waits so long for a central that does not answer before they are told.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>What $HPCGRID_PATIENCE may ask for: a day, the longest that central may be away for maintenance.</summary>
    public static readonly TimeSpan LongestPatience = TimeSpan.FromDays(1);

    /// <summary>A watch outlives a restart of central.</summary>
    public static readonly TimeSpan WatchPatience = TimeSpan.FromMinutes(2);

    /// <summary>Between two looks at a production: quick at its beginning, when a person looks; sparing after that.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    /// <summary>In a pipe or file: no more lines than a reader can follow.</summary>
    public static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);

    /// <summary>The rate shown is that of so much past: shorter jumps, longer lags.</summary>
    public static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(20);

    /// <summary>Nodes shown one by one; more do not fit a screen and are summed up.</summary>
    public const int NodesShown = 16;

    /// <summary>Transfers at once: enough to hide the latency of each, too few to crowd a storage element.</summary>
    public const int ParallelTransfers = 8;

    /// <summary>Tickets asked for in one call while many files are fetched: a round trip less for each, and used long before they end.</summary>
    public const int TicketsPerCall = 200;

    /// <summary>Archives kept on disk while their members are fetched one after the other.</summary>
    public const int ArchivesKept = 32;

    /// <summary>A JDL larger than this is refused by central anyway; a wrong file name must not fill the memory.</summary>
    public const long LargestJdl = 10 * 1024 * 1024;

    /// <summary>Subjobs asked for in one page.</summary>
    public const int PageOfJobs = 1000;

    /// <summary>Jobs named in one request to kill or resubmit: central takes no more.</summary>
    public const int JobsPerRequest = 10_000;

    /// <summary>A shell that completes a job's number waits for central no longer, and shows no more than these.</summary>
    public static readonly TimeSpan CompletionPatience = TimeSpan.FromSeconds(2);
    public const int JobsCompleted = 30;
    public const int PathsCompleted = 500;

    /// <summary>Bytes of each stream that `logs` asks of a running job's node.</summary>
    public const long TailOfRunning = 64 * 1024;

    /// <summary>Why a job failed: last lines, remarks and sites shown, as many as fit a screen together.</summary>
    public const int LastLines = 20;
    public const int RemarksShown = 5;
    public const int SitesShown = 10;

    /// <summary>Failures that the explanation of a master looks at, groups it makes of them (further ones are one group), and examples of each.</summary>
    public const int FailuresLookedAt = 20_000;
    public const int FailureGroups = 200;
    public const int ExamplesOfFailure = 5;
    public const int NodesCounted = 10_000;

    /// <summary>The full screen: between two looks at central, and between two looks at the keyboard.</summary>
    public static readonly TimeSpan LiveLook = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan KeyPause = TimeSpan.FromMilliseconds(30);

    /// <summary>The full screen: jobs one can scroll through, and rates its small picture remembers.</summary>
    public const int JobsWatched = 5000;
    public const int RatesRemembered = 60;

    /// <summary>A report: rows of its tables, nodes of its timeline, jobs up to which each is drawn by itself, and bars above each other on one node.</summary>
    public const int ReportRows = 500;
    public const int SlowestShown = 15;
    public const int ReportFailures = 30;
    public const int ReportNodes = 60;
    public const int ReportSingleJobs = 2000;
    public const int ReportLanes = 64;

    /// <summary>The local grid: how long its parts may take to start and to end.</summary>
    public static readonly TimeSpan LocalStart = TimeSpan.FromSeconds(90);
    public static readonly TimeSpan LocalStop = TimeSpan.FromSeconds(45);
    public static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan LocalPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Failed jobs told one by one; the first few say what is wrong with all.</summary>
    public const int FailuresShown = 10;

    /// <summary>Lines of a daemon's log that explain a failed start.</summary>
    public const int LogTail = 15;

    /// <summary>Simulated nodes of a local grid: each is a process of 40 MB.</summary>
    public const int MostLocalNodes = 256;
}
