namespace HpcGrid.Central;

/// <summary>Every bound of central, with its reason.</summary>
public static class Limits
{
    /// <summary>Write requests in one commit: one fsync for all of them, and none waits long for the others.</summary>
    public const int WritesPerCommit = 256;

    /// <summary>
    /// Work after which a commit takes no further request: several fsyncs' time, so that many small requests still share one. Without it
    /// the answer to the first of several bridges that match at once, each for some ten milliseconds, would wait for all the others' work.
    /// </summary>
    public static readonly TimeSpan WorkPerCommit = TimeSpan.FromMilliseconds(20);

    /// <summary>Open readers: more than the cores would only queue for the same disk.</summary>
    public const int Readers = 4;

    /// <summary>Write requests that may wait before callers are told to come back (a submission of a million jobs holds them up for seconds).</summary>
    public const int WaitingWrites = 20_000;

    /// <summary>Identifiers in one IN list: SQLite takes 999 parameters in old builds, and a fixed number keeps statements prepared.</summary>
    public const int IdsPerQuery = 100;

    /// <summary>Longest idempotency key.</summary>
    public const int KeyLength = 200;

    /// <summary>Input files of one job, globs expanded: each one is staged in and named in the job token.</summary>
    public const int InputFiles = 10_000;

    /// <summary>Input files of all subjobs of one split together: they are looked up one by one while the submitter waits.</summary>
    public const int SplitInputs = 200_000;

    /// <summary>Longest file that lists input files: 200,000 of them with all that AliEn writes about each.</summary>
    public const long CollectionBytes = 128L * 1024 * 1024;

    /// <summary>Jobs that the answer to a dry run shows at most.</summary>
    public const int PlannedJobs = 1000;

    /// <summary>Predecessors that the reason of a held node names.</summary>
    public const int PredecessorsNamed = 5;

    /// <summary>Rows in one answer to a listing.</summary>
    public const int PageSize = 10_000;

    /// <summary>Rows that one answer to a search may cost, so that a rare state among millions does not hold a reader for long; and rows of one step.</summary>
    public const int RowsPerSearch = 500_000;
    public const int RowsPerStep = 50_000;

    /// <summary>Different descriptions that one search by name or tag looks at: each one not in memory is parsed.</summary>
    public const int DescriptionsPerSearch = 2000;

    /// <summary>Entries of the catalogue that one answer to a search looks at, and that are read at once.</summary>
    public const int EntriesPerSearch = 200_000;
    public const int EntriesPerStep = 1000;

    /// <summary>Jobs named in one kill or resubmit request; a master counts as one.</summary>
    public const int JobsPerRequest = 10_000;

    /// <summary>Subjobs changed in one transaction by kill, resubmit or a lost bridge, so that other writers get their turn.</summary>
    public const int JobsPerTransaction = 5_000;

    /// <summary>
    /// Ended jobs moved to the archive in one transaction, and such steps within two seconds: the writer is held for some ten milliseconds at a time
    /// and spends a tenth of its time on it, which is enough for the jobs of a grid that ends 2,500 a second.
    /// </summary>
    public const int JobsPerArchiveStep = 500, ArchiveStepsPerTick = 10;

    /// <summary>When nothing was left to be archived, it is looked again after this pause.</summary>
    public static readonly TimeSpan ArchivePause = TimeSpan.FromMinutes(1);

    /// <summary>Rows of jobs looked at at once for what is to be archived.</summary>
    public const int JobsPerArchiveLook = 1000;

    /// <summary>Events in one report.</summary>
    public const int EventsPerReport = 20_000;

    /// <summary>Groups of waiting jobs one match looks at, best first.</summary>
    public const int GroupsPerMatch = 20_000;

    /// <summary>
    /// Parsed descriptions kept in memory: as many as one match looks at, each about 5 kB; parsing them again for every match would take seconds.
    /// </summary>
    public const int DescriptionsInMemory = GroupsPerMatch;

    /// <summary>Characters of all of them together: one that names 200,000 files has ten million, and takes about ten bytes for each.</summary>
    public const long DescriptionCharactersInMemory = 32 * 1024 * 1024;

    /// <summary>Active jobs at which an owner's computed priority is 0, unless an admin says otherwise: what a middling site runs at a time.</summary>
    public const int NominalParallel = 1000;

    /// <summary>A job with a Rank is kept for a better site for so long at most; that site asks every ten seconds at the latest.</summary>
    public static readonly TimeSpan RankPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A site that asked for more than it got counts as having free slots for so long (R-A12): a little more than the longest pause between asking.
    /// </summary>
    public static readonly TimeSpan HungerAge = TimeSpan.FromSeconds(15);

    /// <summary>Groups kept for better sites that are remembered; beyond that all are given out.</summary>
    public const int KeptGroups = 10_000;

    /// <summary>A failure within so many seconds is one at once, for finding sites that swallow jobs (R-A13).</summary>
    public const double AtOnceSeconds = 20;

    /// <summary>Ends of jobs are compared over this time, and so many at most.</summary>
    public static readonly TimeSpan HealthWindow = TimeSpan.FromMinutes(15);
    public const int MostEndings = 2000;

    /// <summary>Sites are compared anew when this part of all ends are new failures, so that it costs some twenty looks for each.</summary>
    public const int EndingsPerJudgement = 20;

    /// <summary>What a site said it offers is believed for so long after its last word (R-A12): the length of a lease.</summary>
    public static readonly TimeSpan SiteAge = TimeSpan.FromSeconds(120);

    /// <summary>Estimated bytes of one match answer: half of the longest frame.</summary>
    public const long MatchBytes = 32 * 1024 * 1024;

    /// <summary>Attempts named in one kill list; the rest comes with the next renewal.</summary>
    public const int KillsPerAnswer = 20_000;

    /// <summary>Groups looked at for the hint how many jobs wait for a site.</summary>
    public const int GroupsPerHint = 1000;

    /// <summary>Looks into running jobs that wait for their nodes at a time, of all jobs and of one: each is a file in a spool.</summary>
    public const int OpenPeeks = 1000, OpenPeeksPerJob = 8;

    /// <summary>Samples in one report of a bridge.</summary>
    public const int SamplesPerReport = 10_000;

    /// <summary>
    /// Samples kept of one job: a curve on a screen has no more points. Beyond it every second one goes, so that a long job's are farther apart.
    /// </summary>
    public const int SamplesPerJob = 120;

    /// <summary>Longest path that is looked for in a sandbox: Linux knows none longer.</summary>
    public const int PeekPathCharacters = 4096;

    /// <summary>A look waits so long for its node: two polls of an agent at rest, the caching bound of NFS, and the bridge's own.</summary>
    public static readonly TimeSpan PeekWait = TimeSpan.FromSeconds(60);

    /// <summary>News of waiting jobs go out together at most so often.</summary>
    public static readonly TimeSpan PushPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Files opened in one call: each costs a signature, and the answer is one frame.</summary>
    public const int TicketsPerCall = 500;

    /// <summary>Directories whose path is remembered by the writer.</summary>
    public const int PathsInMemory = 10_000;

    /// <summary>Directory entries that one recursive removal may take: it is one transaction.</summary>
    public const int EntriesPerRemoval = 1_000_000;

    /// <summary>Requests of one connection that run at the same time; the others wait unread, which slows that client only.</summary>
    public const int RequestsPerConnection = 32;

    /// <summary>Connections at the same time (Kestrel's limit): bridges, users, and their scripts.</summary>
    public const int Connections = 10_000;

    /// <summary>Answers waiting for a client that reads slowly before it is cut off.</summary>
    public const int AnswersWaiting = 256;

    /// <summary>A client that takes longer for one frame is cut off.</summary>
    public static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(60);

    /// <summary>WebSocket pings, so that dead connections are noticed and NAT tables stay warm.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    /// <summary>Life of a grant: the longest a job may wait in queue files plus its own time; a day for the queue is plenty.</summary>
    public static readonly TimeSpan GrantLife = TimeSpan.FromDays(3);

    /// <summary>Life of a job token. It stays with the bridge, and only (job, attempt) that are current can use it.</summary>
    public static readonly TimeSpan JobTokenLife = TimeSpan.FromDays(7);

    /// <summary>Life of a user's ticket for one file: long enough for a slow transfer of a large file.</summary>
    public static readonly TimeSpan TicketLife = TimeSpan.FromHours(6);

    /// <summary>Uploads that nobody registered for so long are removed.</summary>
    public static readonly TimeSpan UploadLife = TimeSpan.FromHours(24);

    /// <summary>Physical deletions and orphans per tick of their loop.</summary>
    public const int DeletionsPerTick = 1000;

    /// <summary>Alarms shown to an admin: more of them tell nothing new.</summary>
    public const int AlarmsShown = 1000;

    /// <summary>Mails sent in one round: the program may take a second for each.</summary>
    public const int MailsPerTick = 20;

    /// <summary>Mails that one owner can cause within an hour: nobody reads more, and addresses are not proven to be theirs.</summary>
    public const int MailsPerHour = 60;

    /// <summary>A mail is tried so often, first after this pause, then after twice as long each time: about a day.</summary>
    public const int MailTries = 11;
    public static readonly TimeSpan MailPause = TimeSpan.FromMinutes(1);

    /// <summary>The mail program is killed after so long.</summary>
    public static readonly TimeSpan MailTime = TimeSpan.FromSeconds(30);

    /// <summary>Longest name of a storage element.</summary>
    public const int ElementName = 200;

    /// <summary>
    /// Files up to this size are kept together in packs: what rides in queue files is what a production has many of. A larger one is a file of its own.
    /// </summary>
    public const int LargestPacked = 64 * 1024;

    /// <summary>A pack that has reached this size is closed: so much is copied at most to get rid of its holes.</summary>
    public const long PackBytes = 64L * 1024 * 1024;

    /// <summary>A pack is copied together when at least half of it, and so many bytes, are dead: below that the copying is not worth it.</summary>
    public const double DeadPackShare = 0.5;
    public const long DeadPackBytes = 64 * 1024;

    /// <summary>Packs copied together in one round, so that other work of the disk gets its turn.</summary>
    public const int PacksPerCompaction = 4;

    /// <summary>Productions whose pack is remembered; of others it is looked up.</summary>
    public const int PacksInMemory = 10_000;

    /// <summary>Storage elements of one central: each is asked for its room.</summary>
    public const int Elements = 100;

    /// <summary>Bytes that stay free on the disk of a storage element, because the database may lie on it too.</summary>
    public const long ReservedBytes = 64L * 1024 * 1024;

    /// <summary>What a storage element has room for is asked anew so often; with a capacity all replicas are counted for it.</summary>
    public static readonly TimeSpan RoomAge = TimeSpan.FromSeconds(60);

    /// <summary>Certificates: the CA's, and the shorter life of those it signs.</summary>
    public static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    public static readonly TimeSpan CertificateLife = TimeSpan.FromDays(365);

    /// <summary>Longest wait for the database when another process (user add) writes.</summary>
    public const int BusySeconds = 30;
}
