namespace HpcGrid.Spool;

/// <summary>Every bound of the spool, with its reason.</summary>
public static class Limits
{
    /// <summary>Most jobs in one work-queue file: 1024 rows cost as many operations as 64, and one lost file stays cheap (PROTOCOL 5).</summary>
    public const int JobsPerQueue = 1024;

    /// <summary>A staged file that jobs may be about to read is not removed for a bit that turned on its way to one reader (P4; seed 8104591).</summary>
    public const int ReadingsBeforeRemoval = 3;

    /// <summary>Longest work-queue file: it is read into memory in one piece. 1024 jobs with their small files stay far below.</summary>
    public const int WorkQueueBytes = 64 * 1024 * 1024;

    /// <summary>Inputs and outputs up to this size ride in the work-queue file; larger ones are files of their own (DESIGN 4).</summary>
    public const int SmallFileBytes = 64 * 1024;

    /// <summary>Sum of the small files in one version of a work-queue file: publishing must stay a matter of milliseconds.</summary>
    public const int SmallFilesBytes = 16 * 1024 * 1024;

    /// <summary>Rows of the meta table: eleven are in use.</summary>
    public const int MetaRows = 64;

    /// <summary>Remarks in one version: eight for each job; more would be a fault of an agent.</summary>
    public const int NotesPerVersion = 8 * JobsPerQueue;

    /// <summary>Longest card, control message, key file or answer to a look; 256 KiB of a file are 342 KiB there, in base 64.</summary>
    public const int MessageBytes = 1024 * 1024;

    /// <summary>Longest sentinel: one line.</summary>
    public const int SentinelBytes = 1024;

    /// <summary>For so long a bridge takes a spool for mounted whose sentinel it has seen: in a tick it publishes to many agents, and a mount does not come and go within a tick.</summary>
    public static readonly TimeSpan SentinelRemembered = TimeSpan.FromSeconds(1);

    /// <summary>Own versions kept beside the newest: a reader that listed a moment ago still finds one (PROTOCOL 3).</summary>
    public const int VersionsKept = 3;

    /// <summary>An agent picks at random among so many of the oldest offers, near its end of the longest, so that claims spread (A1).</summary>
    public const int OldestOffers = 4;

    /// <summary>How often a reader lists again in one step when what it listed was gone (PROTOCOL 3, readLatest).</summary>
    public const int ListingsPerRead = 5;

    /// <summary>Temporary names tried before a publication gives up: EEXIST of a nonce is a filesystem's lie (X1) or a broken nonce source.</summary>
    public const int TemporaryNames = 3;

    /// <summary>
    /// Temporary files remembered that could not be unlinked: a server that is away fails a publication every few seconds. What is beyond goes with the
    /// directory or with the next generation.
    /// </summary>
    public const int LeftTemporaries = 1000;

    /// <summary>Directories that pool and heartbeats are divided into at most; 16 keep 10,000 of either below 1,000 entries a directory (PROTOCOL 5).</summary>
    public const int Shards = 16;

    /// <summary>Up to so many agents one directory does, and the bridge looks at each of them every time (PROTOCOL 5).</summary>
    public const int AgentsOfOneShard = 200;

    /// <summary>Longest agent name: a component of a path, with room for ".new." in front and a nonce behind.</summary>
    public const int AgentNameLength = 200;

    /// <summary>Longest label in an output's file name; the real name is in the report.</summary>
    public const int OutputLabelLength = 80;

    /// <summary>Bytes copied at once between a large file and the spool: one Lustre stripe.</summary>
    public const int CopyBuffer = 1024 * 1024;

    /// <summary>Epoch files kept behind the highest: enough to see what happened, not one for every restart of a year.</summary>
    public const int EpochsKept = 16;

    /// <summary>More entries of one directory are remarked: 25 ms a listing per 1,500 on Gluster (PROTOCOL 5).</summary>
    public const int EntriesOfADirectory = 1000;

    /// <summary>A bridge of few agents renews leases every 15 s; when none was renewed for so long there is none.</summary>
    public static readonly TimeSpan LeaseIsOld = TimeSpan.FromSeconds(20);

    /// <summary>Rounds of the self-test of a filesystem: enough for a p99, and done within a minute at 50 operations a second.</summary>
    public const int ProbePublications = 100, ProbeEchoes = 40, ProbeClaims = 200, ProbeReads = 20;

    /// <summary>Bytes of each file that the self-test publishes: a queue file of a few hundred jobs.</summary>
    public const int ProbeBytes = 64 * 1024;

    /// <summary>How long one side of the self-test waits for the other's next step: longer than any mount caches.</summary>
    public static readonly TimeSpan ProbePatience = TimeSpan.FromMinutes(3);

    /// <summary>How long the first side waits for the second to be started: a place in a batch queue may take its time.</summary>
    public static readonly TimeSpan ProbeMeeting = TimeSpan.FromHours(1);

    /// <summary>Pause between two looks of the self-test: what is measured is never finer than that.</summary>
    public static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(2);

    /// <summary>A side that waits for the other says so that often.</summary>
    public static readonly TimeSpan ProbeCall = TimeSpan.FromSeconds(1);
}
