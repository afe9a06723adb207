namespace HpcGrid.Agent;

/// <summary>Every bound of the agent, with its reason.</summary>
internal static class Limits
{
    /// <summary>Last bytes of stdout and stderr in a report: enough for a stack trace, small enough for 512 jobs in one file.</summary>
    public const int TailBytes = 16 * 1024;

    /// <summary>An output up to this size rides in the queue file: below it a file of its own costs the shared filesystem more than the bytes.</summary>
    public const int SmallOutputBytes = 64 * 1024;

    /// <summary>Small outputs in one queue file together; every version carries them again, so more than this goes to files.</summary>
    public const int SmallOutputsBytes = 4 * 1024 * 1024;

    /// <summary>
    /// A version of this many bytes waits one more P_min before the next. Each repeats those before it: of a file with 512 short jobs, whose last version
    /// has 350 KiB, it saves two of three.
    /// </summary>
    public const int BytesPerPublishInterval = 96 * 1024;

    /// <summary>So many P_min at most between two versions: people want to see progress of large ones too.</summary>
    public const int PublishIntervals = 8;

    /// <summary>Inputs or outputs of a job up to this size are copied on the loop's thread: handing them over would cost more.</summary>
    public const int InlineBytes = 256 * 1024;

    /// <summary>Longest file of /proc that is read: a process's environment may have megabytes; ours stands somewhere in it.</summary>
    public const int ProcFileBytes = 4 * 1024 * 1024;

    /// <summary>Looks that wait for their turn; a person asks a few times a second at most.</summary>
    public const int PeeksWaiting = 64;

    /// <summary>Files, processes and characters of paths in one answer to a look: it travels through the spool and one frame.</summary>
    public const int PeekFiles = 2000, PeekProcesses = 500, PeekListCharacters = 64 * 1024, PeekCommandCharacters = 200;

    /// <summary>A job that waits for more room than is free is overtaken by smaller ones for so long at most.</summary>
    public static readonly TimeSpan OvertakenAtMost = TimeSpan.FromSeconds(60);

    /// <summary>Answers to looks that lie in the spool at most, for how long, and how many orders are remembered so that each has one answer.</summary>
    public const int AnswersKept = 32, AnswersRemembered = 1024;

    /// <summary>An answer nobody has read by then has nobody waiting for it.</summary>
    public static readonly TimeSpan AnswerLife = TimeSpan.FromSeconds(60);

    /// <summary>A job is measured for the first time at this age: most short ones never are.</summary>
    public static readonly TimeSpan FirstSample = TimeSpan.FromSeconds(0.25);

    /// <summary>Between two looks at running jobs when no limit is near; and at least so many times what a look costs, which is half a percent of a core.</summary>
    public static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);
    public const int CostFactor = 200;

    /// <summary>When a use grows towards its limit, looks come sooner, but not more often than this, nor for more than five percent of a core.</summary>
    public static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(100);
    public const int HurriedCostFactor = 20;

    /// <summary>nvidia-smi is asked so often, takes a second on a large node, is killed after so long, and not asked again after so many failures in a row.</summary>
    public static readonly TimeSpan GpuInterval = TimeSpan.FromSeconds(30), GpuPatience = TimeSpan.FromSeconds(20);
    public const int GpuFailures = 3;

    /// <summary>Exact memory, open files and traffic are read so often: the kernel walks page tables for the first.</summary>
    public static readonly TimeSpan DetailInterval = TimeSpan.FromSeconds(10);

    /// <summary>The sandbox is walked through so often.</summary>
    public static readonly TimeSpan DiskInterval = TimeSpan.FromSeconds(3);

    /// <summary>Entries of a sandbox that are counted; the walk through more would cost more than the answer is worth.</summary>
    public const int DiskEntries = 200_000;

    /// <summary>Processes of one job whose open files and traffic are counted.</summary>
    public const int DetailedProcesses = 256;

    /// <summary>From this part of the memory limit on, shared pages are divided among their users at each look.</summary>
    public const double ExactMemoryShare = 0.8;

    /// <summary>At this part of a limit the job's trace gets a warning; so far beyond it the job is killed without grace.</summary>
    public const double WarningShare = 0.9, HardShare = 1.25;

    /// <summary>The kernel's bound on processes counts threads: no program is expected to have more than these in each process on average.</summary>
    public const int ThreadsPerProcess = 64;

    /// <summary>Rounds in which a group is removed, or made again after somebody removed it: killed processes are gone after milliseconds.</summary>
    public const int GroupRemovals = 50;

    /// <summary>A payload that uses less CPU than this, in all or as part of the time, does nothing but wait.</summary>
    public const double IdleCpuSeconds = 0.1, IdleCpuShare = 0.01;

    /// <summary>P_max on a filesystem of one machine: samples of running jobs are published so often there.</summary>
    public static readonly TimeSpan LocalPublishMax = TimeSpan.FromSeconds(5);

    /// <summary>Stack of the threads that take the loop's turns; only what is used of it is memory.</summary>
    public const int LoopStackBytes = 4 * 1024 * 1024;

    /// <summary>Stack of a payload's thread, which takes turns too; of many cores each has one.</summary>
    public const int PayloadStackBytes = 1024 * 1024;

    /// <summary>Free bytes that the C library keeps; its default, which would grow with the largest block that was ever freed.</summary>
    public const int FreeMallocBytes = 128 * 1024;

    /// <summary>Adopted processes that have died are taken so often: until then each holds a number of the node's.</summary>
    public static readonly TimeSpan TakesDead = TimeSpan.FromSeconds(1);

    /// <summary>Threads for copying large files: two keep a disk busy, more only make it seek.</summary>
    public const int CopyThreads = 2;

    /// <summary>Bytes copied at a time: large enough for a striped filesystem, small enough for the pool of a small agent.</summary>
    public const int CopyBufferBytes = 256 * 1024;

    /// <summary>Files one job may save: a pattern that matches more is a mistake, and the catalogue would pay for it.</summary>
    public const int OutputFiles = 10_000;

    /// <summary>Characters of a reason in a report; it is for people.</summary>
    public const int ReasonCharacters = 1000;

    /// <summary>A claim is begun so long before cores would be idle: to list the pool, to rename, to read, and to take the file apart.</summary>
    public static readonly TimeSpan ClaimTakes = TimeSpan.FromMilliseconds(100);

    /// <summary>Queue files held without the bridge's acknowledgement; with more, the bridge is away and results would pile up.</summary>
    public const int UnackedQueues = 64;

    /// <summary>With so many acknowledgements are looked for soon: a node of short files would come to the bound above while it waits for the next look.</summary>
    public const int ManyUnacked = UnackedQueues / 4;

    /// <summary>Waiting jobs looked at to fill idle cores: enough to pass a wide job by, few enough to cost nothing.</summary>
    public const int PackingLookahead = 64;

    /// <summary>An agent is near its end when less time is left than so many of the longest job on offer take: before, what it claims hardly decides how its slots end.</summary>
    public const int NearTtls = 16;

    /// <summary>
    /// An offer is overtaken by so many times what lies in the pool, then it goes first: enough for a stock of short jobs that lasts from one wave of
    /// pilots' ends to the next.
    /// </summary>
    public const int PoolsOvertaking = 8;

    /// <summary>Offers listed at a time.</summary>
    public const int OffersListed = 64;

    /// <summary>Changes of this long are gathered into one version when the last one is older than P_min: people see progress at once.</summary>
    public static readonly TimeSpan PublishSettles = TimeSpan.FromMilliseconds(50);

    /// <summary>A validation may take what is left of the TTL, and at least this: a job must not fail because it used its time.</summary>
    public static readonly TimeSpan ShortestValidation = TimeSpan.FromSeconds(60);

    /// <summary>Pause between two rounds of killing what is still there; grows fourfold up to the second bound for what cannot die (state D).</summary>
    public static readonly TimeSpan KillAgain = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest pause between two rounds of killing.</summary>
    public static readonly TimeSpan KillAgainAtMost = TimeSpan.FromSeconds(1);

    /// <summary>Of a script, to find its interpreter: the kernel reads as much.</summary>
    public const int FirstLineBytes = 256;

    /// <summary>A program just written may be held open by a child that is about to start (ETXTBSY): tries and pause before giving up.</summary>
    public const int BusyProgramTries = 200;

    /// <summary>Pause between two tries to start a program that is busy.</summary>
    public static readonly TimeSpan BusyProgramPause = TimeSpan.FromMilliseconds(2);

    /// <summary>Back-off after a publish that failed (disk full), doubled up to the second bound.</summary>
    public static readonly TimeSpan PublishRetry = TimeSpan.FromSeconds(1);

    /// <summary>Longest back-off of publishing.</summary>
    public static readonly TimeSpan PublishRetryAtMost = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause before what its bridge has not answered is said again: it may be away for days.</summary>
    public static readonly TimeSpan AskAgainAtMost = TimeSpan.FromHours(1);

    /// <summary>Back-off of outputs that the spool did not take, doubled up to the second bound.</summary>
    public static readonly TimeSpan OutputRetry = TimeSpan.FromSeconds(1);

    /// <summary>Longest back-off of outputs.</summary>
    public static readonly TimeSpan OutputRetryAtMost = TimeSpan.FromSeconds(30);

    /// <summary>Tries to read an input that the shared filesystem does not show (PROTOCOL 3, readLatest).</summary>
    public const int InputTries = 5;

    /// <summary>Pause before the second try; doubled with each.</summary>
    public static readonly TimeSpan InputPause = TimeSpan.FromMilliseconds(200);

    /// <summary>A leaving agent waits so long for acknowledgements; what is not acknowledged stays in the spool and is swept by the bridge.</summary>
    public static readonly TimeSpan AckWait = TimeSpan.FromSeconds(5);

    /// <summary>On a filesystem of one machine: a listing takes microseconds.</summary>
    public static readonly TimeSpan LocalPollMin = TimeSpan.FromSeconds(0.05), LocalPollMax = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// The longest pause between two looks, as a part of that between two looks at the inbox: at rest a look is one listing, of what matters most (PROTOCOL 5).
    /// With 3.7 s an agent at rest stays below half an operation a second.
    /// </summary>
    public const double RestingPart = 0.37;

    /// <summary>Who wants work and holds none lists its inbox with every third look only: no message is in a hurry there.</summary>
    public const int LooksPerInbox = 3;

    /// <summary>An agent whose cores are busy and that wants nothing from the pool waits so much longer there between two looks for messages.</summary>
    public const int BusyPollFactor = 2;

    /// <summary>
    /// A file of so many jobs that take so little time each is in bulk: what went well is told with its final version, or after P_max; nobody waits for one of
    /// them, and a version costs as much as a file.
    /// </summary>
    public const int BulkJobs = 128;
    public const double BulkJobPart = 0.25;

    /// <summary>And so often on a filesystem of one machine.</summary>
    public static readonly TimeSpan LocalBulkPublish = TimeSpan.FromSeconds(20);

    /// <summary>How much the newest job weighs in the running mean of durations.</summary>
    public const double DurationWeight = 0.1;

    /// <summary>P_min on a filesystem of one machine: a publication there takes a millisecond.</summary>
    public static readonly TimeSpan LocalPublishMin = TimeSpan.FromSeconds(0.5);

    /// <summary>Short pilots: the margins take at most these parts of the lifetime.</summary>
    public const double StopPart = 0.1, DrainPart = 0.2;

    /// <summary>So long before the deadline the agent is gone, whatever is not published: what goes into the log must still be written.</summary>
    public static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>Clean sandboxes kept for other jobs: a few for each core that turns jobs over.</summary>
    public const int SpareSandboxes = 256;

    /// <summary>Longer than the steps in which times of files go: a second where an inode has no room for more (ext3, small ext4), else the kernel's tick.</summary>
    public static readonly TimeSpan FileTimeStep = TimeSpan.FromSeconds(2);

    /// <summary>A sandbox tree without a living owner and older than this is removed even if its owner never finished making it.</summary>
    public static readonly TimeSpan UnownedWorkAge = TimeSpan.FromHours(1);

    /// <summary>A job that may use its slot to the end is stopped so long before all jobs are: its end is its own, and it is not offered again.</summary>
    public static readonly TimeSpan SlotEndMargin = TimeSpan.FromSeconds(1);

    /// <summary>How long the signal that ended a payload may come before the agent's own.</summary>
    public static readonly TimeSpan EndSignalSettles = TimeSpan.FromSeconds(1);
}
