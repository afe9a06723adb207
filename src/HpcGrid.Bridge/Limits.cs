namespace HpcGrid.Bridge;

/// <summary>Every bound of the bridge, each with its reason.</summary>
internal static class Limits
{
    // ---- the loop ---------------------------------------------------------------------------------------------------

    /// <summary>Between two ticks while work flows: short jobs must not wait for the bridge, and a listing every tenth of a second is polite.</summary>
    public static readonly TimeSpan BusyDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Between two looks at the spool when nothing has moved for long (PROTOCOL 5 allows 10 s; nodes that end must be noticed sooner).</summary>
    public static readonly TimeSpan IdleDelay = TimeSpan.FromSeconds(2);

    /// <summary>After a tick that failed, growing by two up to the longest.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>Metadata operations a second that a shared filesystem's server is asked for (PROTOCOL 5).</summary>
    public const double SharedOperationsPerSecond = 50;

    /// <summary>And a filesystem of this machine: more than the bridge ever needs, so that only a fault in a loop is held up.</summary>
    public const double LocalOperationsPerSecond = 5000;

    /// <summary>A look that the budget put off is asked for again after this.</summary>
    public static readonly TimeSpan BudgetPause = TimeSpan.FromMilliseconds(100);

    /// <summary>A measured caching bound is believed up to that of an unknown mount (PROTOCOL 6); a longer echo is a paused agent's.</summary>
    public static readonly TimeSpan LargestMeasuredBound = TimeSpan.FromSeconds(65);

    /// <summary>So many rounds of reconciliation (an hour) without a late echo, and a measured caching bound is not believed any more.</summary>
    public const int MeasuredBoundRounds = 60;

    /// <summary>Foreign files moved out of the pool in one round of reconciliation.</summary>
    public const int QuarantinedAtOnce = 32;

    /// <summary>Leases whose echo is waited for: some minutes of them.</summary>
    public const int LeasesRemembered = 16;

    /// <summary>Leases are renewed in so many rounds of their interval: of a thousand agents some are due in each tick, and each tick that writes looks first who rules (E1).</summary>
    public const int LeaseRounds = 15;

    /// <summary>On a spool of very many agents each is looked at after so many T_rec though its heartbeat tells of no change: 1,000 agents cost 3 operations a second.</summary>
    public const int LookAnywayRounds = 10;

    /// <summary>Offers of which nobody knows whether they were published wait so long for an agent's directory that cannot be read.</summary>
    public static readonly TimeSpan SettleAgain = TimeSpan.FromSeconds(10);

    // ---- taking work ------------------------------------------------------------------------------------------------

    /// <summary>Work held for this long ahead of the nodes: covers the way from central into a slot, with a margin.</summary>
    public static readonly TimeSpan StockHorizon = TimeSpan.FromSeconds(4);

    /// <summary>Jobs per core held when nothing is known of their duration: one running, one waiting.</summary>
    public const int StockPerCore = 2;

    /// <summary>So many short jobs are taken before it is known how many really end per second: even on a slow system they are soon done.</summary>
    public const int HarmlessStock = 1024;

    /// <summary>Most jobs held that have not begun: beyond this the ledger grows and another bridge could run them.</summary>
    public const int LargestStock = 20_000;

    /// <summary>A job shorter than this is counted as this long: starting a process takes that much.</summary>
    public const double ShortestJobSeconds = 0.004;

    /// <summary>How much the newest duration weighs in the running mean: a change of production shows after some ten queue files.</summary>
    public const double DurationWeight = 0.2;

    /// <summary>After an answer without jobs, unless central says that work waits; doubled up to the longest.</summary>
    public static readonly TimeSpan FirstEmptyPause = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan LongestEmptyPause = TimeSpan.FromSeconds(10);

    /// <summary>After a request to central failed.</summary>
    public static readonly TimeSpan CentralPause = TimeSpan.FromSeconds(1);

    /// <summary>Least time left of a slot for which work is fetched at all.</summary>
    public const int ShortestTtlSeconds = 10;

    /// <summary>Agents start nothing so long before their end (their own rule); at most a part of a short life.</summary>
    public static readonly TimeSpan DrainMargin = TimeSpan.FromSeconds(600);
    public const double DrainPart = 0.2;

    /// <summary>Between a node's clock and ours, and for the way into a slot.</summary>
    public static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(5);

    // ---- queue files ------------------------------------------------------------------------------------------------

    /// <summary>An input up to this size rides in the queue file, once per file; a larger one is fetched from the cache (DESIGN 4).</summary>
    public const long LargestRider = 64 * 1024;

    /// <summary>Bytes of riding inputs in one queue file: agents read the whole file into memory.</summary>
    public const long LargestFreight = 8 * 1024 * 1024;

    /// <summary>Names of queue files, gangs, pilots, keys and messages that one takeover of a spool may give: each takeover's begin at E times this, so that none is given twice.</summary>
    public const long NumbersPerEpoch = 1_000_000;

    /// <summary>Queue files written in one tick: a tick must stay short, or leases and results wait.</summary>
    public const int MostOffersPerTick = 32;

    /// <summary>From an offer to its first start: an agent polls the pool about twice a second while it works.</summary>
    public static readonly TimeSpan ClaimLatency = TimeSpan.FromSeconds(0.3);

    /// <summary>The same while work goes out in bulk, without what the mount adds: bridge and agents look less often then.</summary>
    public static readonly TimeSpan BulkClaimLatency = TimeSpan.FromSeconds(0.8);

    /// <summary>Files of fewer jobs are not worth gathering for: jobs are long, or slots few.</summary>
    public const int LeastBulk = 128;

    /// <summary>Jobs of one shape that are too few for a full file wait for others for so long at most.</summary>
    public static readonly TimeSpan GatherAtMost = TimeSpan.FromSeconds(4);

    /// <summary>Looks at the spool in the time that one file lasts, while work goes out in bulk; and the longest pause between two.</summary>
    public const int LooksPerFile = 8;
    public static readonly TimeSpan LongestBulkPause = TimeSpan.FromSeconds(2);

    /// <summary>What each result adds to the default budget: a file of 512 jobs costs the bridge 25 operations at least (PROTOCOL 5).</summary>
    public const double OperationsPerResult = 0.05;

    /// <summary>A bridge that has nothing to do on its spool looks so often whether it still rules (E1).</summary>
    public static readonly TimeSpan RuleInterval = TimeSpan.FromSeconds(3);

    /// <summary>So often an attempt is offered again after a failure before it is given back to central: a job that takes its node down must not take all of them.</summary>
    public const int MostBranches = 8;

    // ---- results and events -----------------------------------------------------------------------------------------

    /// <summary>Events in one message to central: a transaction there stays short.</summary>
    public const int EventsPerReport = 2000;

    /// <summary>Versions read in one tick: their results fill one transaction.</summary>
    public const int VersionsPerTick = 64;

    /// <summary>Characters of a reason passed on to central.</summary>
    public const int LongestReason = 2000;

    // ---- contact with central ---------------------------------------------------------------------------------------

    /// <summary>Leases are renewed this often at least; kills and hints come with the answer.</summary>
    public static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(3);

    // ---- nodes ------------------------------------------------------------------------------------------------------

    /// <summary>
    /// An unanswered kill or ack message is sent again after so long, plus the mount's caching bound: later than an agent at rest has looked (12.5 s) and its
    /// next heartbeat has told what became of it (10 s).
    /// </summary>
    public static readonly TimeSpan RepeatMessage = TimeSpan.FromSeconds(30);

    /// <summary>Samples of running jobs go to central so often, so many at once, and so many wait while it is away.</summary>
    public static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(2);
    public const int SamplesPerReport = 2000, SamplesWaiting = 20_000;

    /// <summary>Looks into running jobs at a time; central allows as many of all bridges together.</summary>
    public const int OpenPeeks = 1000;

    /// <summary>Central gives a look up after this; an answered one is remembered as long, because a renewal on its way may still name it.</summary>
    public static readonly TimeSpan PeekLife = TimeSpan.FromSeconds(60);

    /// <summary>Messages of one tick: each is a file.</summary>
    public const int MessagesPerTick = 200;

    /// <summary>Work is moved from loaded to idle agents at most this often: a heartbeat must have told of the last move.</summary>
    public static readonly TimeSpan StealInterval = TimeSpan.FromSeconds(5);

    /// <summary>Work that a loaded agent is done with sooner stays: moving it takes a message, a version and an offer.</summary>
    public const double StealWorthSeconds = 10;

    /// <summary>What the freeze rule calls together.</summary>
    public static readonly TimeSpan SilentTogether = TimeSpan.FromSeconds(30);

    /// <summary>Last re-sweep of a fenced directory (F5), then it is removed.</summary>
    public static readonly TimeSpan LastSweep = TimeSpan.FromMinutes(10);

    /// <summary>A failure within so many seconds is one at once: a node that swallows jobs does so quickly, and slowly it does little harm.</summary>
    public const double AtOnceSeconds = 20;

    /// <summary>Ends of jobs are compared over this time (R-A13), and so many at most: enough for a quick site, little memory.</summary>
    public static readonly TimeSpan HealthWindow = TimeSpan.FromMinutes(15);
    public const int MostEndings = 20_000;

    /// <summary>Between two looks for black holes.</summary>
    public static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    /// <summary>A black hole is avoided for so long; then it gets another chance.</summary>
    public static readonly TimeSpan AvoidBlackHole = TimeSpan.FromMinutes(30);

    // ---- pilots -----------------------------------------------------------------------------------------------------

    /// <summary>Between two questions to the batch system; one bulk question each time.</summary>
    public static readonly TimeSpan BatchPoll = TimeSpan.FromMilliseconds(500);

    /// <summary>So long after the first agent of a pilot the last one may come: nodes of one batch job start at the same time, apart from slow prologues.</summary>
    public static readonly TimeSpan AgentsOfPilotCome = TimeSpan.FromMinutes(2);

    /// <summary>How much of a hole in the schedule is gone until a pilot that was made for it runs: a poll, a round of the scheduler, a minute of rounding.</summary>
    public static readonly TimeSpan HoleShrinks = TimeSpan.FromMinutes(2);

    /// <summary>Of the output of a pilot that has ended so much is read from its end: the last words of some hundred agents.</summary>
    public const int PilotOutputRead = 256 * 1024;

    /// <summary>Pilots whose last words status.json shows.</summary>
    public const int PilotSummariesKept = 20;

    /// <summary>A job that a submission with a lost answer made is listed after so long; only then it is submitted again.</summary>
    public static readonly TimeSpan SubmissionShows = TimeSpan.FromSeconds(30);

    /// <summary>A job that so many whole answers over so long tell nothing of has ended: longer than schedulers take to restart.</summary>
    public const int AnswersUntilLost = 10;
    public static readonly TimeSpan AbsentUntilLost = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Most nodes of a pilot whose launcher holds a process for each further node on the first one: with the script itself a host holds ten (R-H13).
    /// </summary>
    public const int NodesByProcesses = 9;

    /// <summary>Commands to a batch system of others in a minute, at most: submissions come in bursts, and many users share its server.</summary>
    public const int BatchCallsPerMinute = 60;

    /// <summary>Between two questions to a batch system of others: it serves many users.</summary>
    public static readonly TimeSpan SharedBatchPoll = TimeSpan.FromSeconds(15);

    /// <summary>A pilot that ends sooner than this without having been asked to died young.</summary>
    public static readonly TimeSpan YoungDeath = TimeSpan.FromSeconds(20);

    /// <summary>After young deaths, doubled with each: a broken installation must not flood the batch system.</summary>
    public static readonly TimeSpan FirstRespawnPause = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan LongestRespawnPause = TimeSpan.FromMinutes(5);

    /// <summary>After pilots that found nothing to do though work waited, doubled with each: the site map promises what the pilots do not have.</summary>
    public static readonly TimeSpan FirstIdlePause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LongestIdlePause = TimeSpan.FromMinutes(30);

    /// <summary>Queued pilots without work for them stay so long: the next production may come, and their place in the queue has been waited for.</summary>
    public static readonly TimeSpan SurplusStays = TimeSpan.FromMinutes(5);

    /// <summary>Pilots started in a minute on a batch system of others, unless told: a thousand at once would look like an accident.</summary>
    public const int PilotsPerMinute = 30;

    /// <summary>After a batch system that does not answer, doubled up to the longest.</summary>
    public static readonly TimeSpan LongestBatchPause = TimeSpan.FromMinutes(5);

    /// <summary>A pilot that young deaths of so many in a row forgive: the first may have been killed by somebody, not by us.</summary>
    public const int ForgivenDeaths = 3;

    /// <summary>Ended pilots of the fork system keep their logs for so long.</summary>
    public static readonly TimeSpan KeepPilotState = TimeSpan.FromHours(24);

    /// <summary>Pilots whose logs are kept at most.</summary>
    public const int MostPilotStates = 200;

    // ---- staging ----------------------------------------------------------------------------------------------------

    /// <summary>Downloads and uploads at a time, each kind: enough to hide latency, few enough for a login node.</summary>
    public const int ParallelTransfers = 8;

    /// <summary>A replica is tried so often before the next; then the file waits.</summary>
    public const int TriesPerReplica = 2;

    /// <summary>So many rounds over all replicas that answer nothing but "not there" or "corrupt" end the job.</summary>
    public const int PermanentRounds = 2;

    /// <summary>First and longest pause before a transfer is tried again.</summary>
    public static readonly TimeSpan FirstTransferPause = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan LongestTransferPause = TimeSpan.FromSeconds(60);

    /// <summary>Jobs looked at for stage-in in one tick.</summary>
    public const int StageInPerTick = 5000;

    /// <summary>Uploads begun in one tick; more wait in the ledger.</summary>
    public const int UploadsAtOnce = 256;

    /// <summary>The local stage area is emptied of unreferenced files above this size.</summary>
    public const long StageAreaSize = 4L * 1024 * 1024 * 1024;

    /// <summary>The spool's cache is emptied of unreferenced files above this size.</summary>
    public const long SpoolCacheSize = 100L * 1024 * 1024 * 1024;

    // ---- room -------------------------------------------------------------------------------------------------------

    /// <summary>With less room for the ledger no more work is taken: what is held must still be finished.</summary>
    public const long LeastLedgerRoom = 64 * 1024 * 1024;

    /// <summary>Garbage is collected this often: directories of ended agents, old caches, old logs.</summary>
    public static readonly TimeSpan GarbageInterval = TimeSpan.FromSeconds(20);

    /// <summary>An agent that enters for longer than this died on the way: what it left goes after twice the time at most.</summary>
    public static readonly TimeSpan EnteringTakes = TimeSpan.FromMinutes(2);

    /// <summary>The spool's cache is listed this often to see whether it is too large: up to 257 listings.</summary>
    public static readonly TimeSpan CacheInterval = TimeSpan.FromMinutes(10);

    /// <summary>The status file is written this often.</summary>
    public static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    /// <summary>Events that wait for central and are kept in memory too, about a kilobyte each; older ones are read from the ledger.</summary>
    public const int EventsInMemory = 12_000;
}
