using System.Text.Json.Serialization;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Api;

/// <summary>Everything a client can ask central. The list is closed.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(WhoAmI), "whoami")]
[JsonDerivedType(typeof(SubmitJob), "submit")]
[JsonDerivedType(typeof(ListJobs), "listJobs")]
[JsonDerivedType(typeof(DescribeJob), "describeJob")]
[JsonDerivedType(typeof(TraceJob), "traceJob")]
[JsonDerivedType(typeof(ReadLog), "readLog")]
[JsonDerivedType(typeof(KillJobs), "killJobs")]
[JsonDerivedType(typeof(ResubmitJobs), "resubmitJobs")]
[JsonDerivedType(typeof(FollowJob), "followJob")]
[JsonDerivedType(typeof(ListNodes), "listNodes")]
[JsonDerivedType(typeof(ListDirectory), "list")]
[JsonDerivedType(typeof(StatEntry), "stat")]
[JsonDerivedType(typeof(MakeDirectory), "mkdir")]
[JsonDerivedType(typeof(RemoveEntry), "remove")]
[JsonDerivedType(typeof(MoveEntry), "move")]
[JsonDerivedType(typeof(OpenForReading), "openForReading")]
[JsonDerivedType(typeof(OpenManyForReading), "openManyForReading")]
[JsonDerivedType(typeof(OpenForWriting), "openForWriting")]
[JsonDerivedType(typeof(RegisterFile), "registerFile")]
[JsonDerivedType(typeof(BridgeHello), "bridgeHello")]
[JsonDerivedType(typeof(MatchJobs), "matchJobs")]
[JsonDerivedType(typeof(ReportEvents), "reportEvents")]
[JsonDerivedType(typeof(RenewLeases), "renewLeases")]
[JsonDerivedType(typeof(PlanJob), "planJob")]
[JsonDerivedType(typeof(MatchSites), "matchSites")]
[JsonDerivedType(typeof(ReadQuota), "readQuota")]
[JsonDerivedType(typeof(PeekJob), "peekJob")]
[JsonDerivedType(typeof(ReadSamples), "readSamples")]
[JsonDerivedType(typeof(ReportSamples), "reportSamples")]
[JsonDerivedType(typeof(AnswerPeek), "answerPeek")]
[JsonDerivedType(typeof(FindEntries), "findEntries")]
[JsonDerivedType(typeof(CopyEntry), "copyEntry")]
[JsonDerivedType(typeof(ListOutputs), "listOutputs")]
public abstract record Request;

/// <summary>A request together with the type of its answer.</summary>
public abstract record Request<TReply> : Request where TReply : Reply;

// ---- users and jobs -------------------------------------------------------------------------------------------------

/// <summary>Who does central think I am?</summary>
public sealed record WhoAmI : Request<Identity>;

/// <summary>
/// Submit a job description. Checked whole before anything is stored; with a key, repeating it returns the first answer (R-A5).
/// </summary>
/// <param name="Jdl">The JDL text.</param>
/// <param name="Arguments">Values for $1, $2 …</param>
/// <param name="Key">Idempotency key chosen by the client, or null.</param>
public sealed record SubmitJob(string Jdl, IReadOnlyList<string> Arguments, string? Key) : Request<Submitted>;

/// <summary>The caller's jobs (an admin's: everybody's with AllUsers), newest first.</summary>
public sealed record ListJobs : Request<JobList>
{
    /// <summary>AliEn state names; empty for all.</summary>
    public IReadOnlyList<string> States { get; init; } = [];
    /// <summary>Only subjobs of this master; null lists masters and jobs of their own.</summary>
    public long? Master { get; init; }
    /// <summary>Only these jobs; empty for all.</summary>
    public IReadOnlyList<long> Jobs { get; init; } = [];
    public bool AllUsers { get; init; }
    /// <summary>Only this user's jobs; another than the caller is for admins.</summary>
    public string? User { get; init; }
    /// <summary>Subjobs of all masters too; without it and without Master, masters and jobs of their own alone.</summary>
    public bool Subjobs { get; init; }
    /// <summary>Only jobs whose name matches; '*' and '?' stand for any characters and for one, here and in the next three.</summary>
    public string? Name { get; init; }
    /// <summary>Only jobs one of whose JobTags matches.</summary>
    public string? Tag { get; init; }
    /// <summary>Only jobs whose current attempt was given to such a site.</summary>
    public string? Site { get; init; }
    /// <summary>Only jobs whose current attempt was taken by such a node.</summary>
    public string? Node { get; init; }
    /// <summary>Only jobs submitted at this time or later, by central's clock.</summary>
    public DateTimeOffset? Since { get; init; }
    /// <summary>Only jobs with a smaller number than this: the way to the next page.</summary>
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}

/// <summary>One job with its JDL.</summary>
public sealed record DescribeJob(long Job) : Request<JobDetail>;

/// <summary>A job's history in causal order.</summary>
public sealed record TraceJob(long Job) : Request<JobTrace>;

/// <summary>What a job wrote: the saved tails, and where the whole files are if they were saved.</summary>
public sealed record ReadLog(long Job) : Request<JobLog>;

/// <summary>Kill jobs; a master's unfinished subjobs with it.</summary>
public sealed record KillJobs(IReadOnlyList<long> Jobs) : Request<JobActions>;

/// <summary>Open a new attempt of finished jobs; of a master, of its failed subjobs.</summary>
public sealed record ResubmitJobs(IReadOnlyList<long> Jobs) : Request<JobActions>;

/// <summary>How far a job or a master with all its subjobs is: by state, node and time.</summary>
public sealed record FollowJob(long Job) : Request<JobProgress>;

/// <summary>What the bridges and their nodes do, as of each bridge's last RenewLeases.</summary>
public sealed record ListNodes : Request<NodeList>;

// ---- catalogue ------------------------------------------------------------------------------------------------------

/// <summary>Entries of a directory by name; of a file, itself.</summary>
public sealed record ListDirectory(string Path) : Request<EntryList>
{
    /// <summary>Only names after this one: the way to the next page.</summary>
    public string? After { get; init; }
    public int Limit { get; init; } = 1000;
}

public sealed record StatEntry(string Path) : Request<EntryDetail>;

/// <summary>Make a directory; with Parents, those above too, and it may exist.</summary>
public sealed record MakeDirectory(string Path, bool Parents) : Request<Done>;

/// <summary>Remove a file, an empty directory, or with Recursive a whole tree.</summary>
public sealed record RemoveEntry(string Path, bool Recursive) : Request<Done>;

/// <summary>Rename or move; onto an existing directory means into it.</summary>
public sealed record MoveEntry(string From, string To) : Request<Done>;

/// <summary>Where to fetch a file, with a token for it.</summary>
public sealed record OpenForReading(string Path) : Request<ReadTicket>;

/// <summary>Where to fetch many files, with a token for each; all of them or, when one cannot be read, none. At most 500.</summary>
public sealed record OpenManyForReading(IReadOnlyList<string> Paths) : Request<ReadTickets>;

/// <summary>Where to put a file, with a token for it. Nothing is in the catalogue until RegisterFile.</summary>
/// <param name="Path">The new path.</param>
/// <param name="Content">Size and checksum.</param>
/// <param name="Wish">Where copies are wanted ("disk=2,!VO::SITE::SE"); empty for the ordinary place. The same goes with the bytes.</param>
public sealed record OpenForWriting(string Path, Content Content, string Wish = "") : Request<WriteTicket>;

/// <summary>Enter an uploaded file. Central asks the storage element for size and checksum and refuses a difference.</summary>
public sealed record RegisterFile(string Path, Guid Guid, Content Content, string Se, string Pfn) : Request<Done>;

// ---- bridges --------------------------------------------------------------------------------------------------------

/// <summary>
/// A bridge introduces itself, first on every connection. One that another bridge of the same spool has followed changes nothing: the answer
/// names its follower. A ledger id other than the last one means that the old ledger is lost:
/// central then takes back what only that ledger knew. The same ledger with fewer matches than it made is an old copy that came back:
/// central takes back what it gave since.
/// </summary>
/// <param name="Bridge">Its name, as in its certificate.</param>
/// <param name="Site">Its site.</param>
/// <param name="Ledger">The ledger's own id, made when it was created.</param>
public sealed record BridgeHello(string Bridge, string Site, Guid Ledger) : Request<BridgeWelcome>
{
    /// <summary>Match requests that the ledger has made so far; the largest number from a bridge that does not count.</summary>
    public long Matches { get; init; } = long.MaxValue;

    /// <summary>The spool that it rules.</summary>
    public SpoolEpoch Spool { get; init; } = SpoolEpoch.None;
}

/// <summary>A spool, and the generation of the bridge that rules it (E1): of two bridges of one spool the higher is the true one.</summary>
/// <param name="Id">The id in its sentinel.</param>
/// <param name="Epoch">From 1; every start of a bridge has a number of its own.</param>
public sealed record SpoolEpoch(Guid Id, long Epoch)
{
    /// <summary>Of a bridge that does not say it.</summary>
    public static SpoolEpoch None { get; } = new(Guid.Empty, 0);

    /// <summary>Another bridge of the same spool came after this one.</summary>
    public bool IsBefore(SpoolEpoch other) => Id == other.Id && Epoch < other.Epoch;
}

/// <summary>
/// Give me jobs for free slots. The bridge stores RequestId before it asks and repeats the request until it has stored the answer;
/// central answers the same id with the same jobs. So no assignment is lost between the two (W27).
/// </summary>
/// <param name="RequestId">Unique per bridge.</param>
/// <param name="SiteMap">What one slot offers.</param>
/// <param name="Count">At most so many jobs; at most <see cref="MaxCount"/>.</param>
public sealed record MatchJobs(Guid RequestId, SiteMap SiteMap, int Count) : Request<Matched>
{
    /// <summary>Most jobs in one answer, so that a frame stays small and a transaction short.</summary>
    public const int MaxCount = 2000;

    /// <summary>Which one of its ledger's requests it is, from 1; 0 from a bridge that does not count.</summary>
    public long Number { get; init; }

    /// <summary>As in the bridge's hello: what another one gets is not its own.</summary>
    public SpoolEpoch Spool { get; init; } = SpoolEpoch.None;
}

/// <summary>Events in the order the bridge's ledger wrote them. Repeating is harmless.</summary>
public sealed record ReportEvents(IReadOnlyList<JobEvent> Events) : Request<Reported>;

/// <summary>I am alive and still hold all that my ledger holds. Extends every lease of this bridge.</summary>
/// <param name="Nodes">What its nodes do, for people.</param>
public sealed record RenewLeases(IReadOnlyList<NodeStatus> Nodes) : Request<Renewed>;

/// <summary>One compute node as its bridge sees it.</summary>
/// <param name="Node">Host name.</param>
/// <param name="Agent">The agent's id.</param>
/// <param name="State">"running", "draining", "suspect", "black hole", "gone".</param>
/// <param name="Slots">Cores it offers.</param>
/// <param name="Busy">Cores in use.</param>
/// <param name="Network">"none" when the node has no interface but a loopback that is down; otherwise their names.</param>
public sealed record NodeStatus(string Node, string Agent, string State, int Slots, int Busy, string Network);
