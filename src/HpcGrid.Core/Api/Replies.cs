using System.Text.Json.Serialization;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Api;

/// <summary>Every answer of central. The list is closed.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Identity), "identity")]
[JsonDerivedType(typeof(Submitted), "submitted")]
[JsonDerivedType(typeof(JobList), "jobList")]
[JsonDerivedType(typeof(JobDetail), "jobDetail")]
[JsonDerivedType(typeof(JobTrace), "jobTrace")]
[JsonDerivedType(typeof(JobLog), "jobLog")]
[JsonDerivedType(typeof(JobActions), "jobActions")]
[JsonDerivedType(typeof(JobProgress), "jobProgress")]
[JsonDerivedType(typeof(NodeList), "nodeList")]
[JsonDerivedType(typeof(EntryList), "entryList")]
[JsonDerivedType(typeof(EntryDetail), "entryDetail")]
[JsonDerivedType(typeof(ReadTicket), "readTicket")]
[JsonDerivedType(typeof(ReadTickets), "readTickets")]
[JsonDerivedType(typeof(WriteTicket), "writeTicket")]
[JsonDerivedType(typeof(BridgeWelcome), "bridgeWelcome")]
[JsonDerivedType(typeof(Matched), "matched")]
[JsonDerivedType(typeof(Reported), "reported")]
[JsonDerivedType(typeof(Renewed), "renewed")]
[JsonDerivedType(typeof(JobPlan), "jobPlan")]
[JsonDerivedType(typeof(SiteMatches), "siteMatches")]
[JsonDerivedType(typeof(QuotaState), "quotaState")]
[JsonDerivedType(typeof(Peeked), "peeked")]
[JsonDerivedType(typeof(JobSamples), "jobSamples")]
public abstract record Reply;

/// <summary>It is done; there is nothing to tell.</summary>
public sealed record Done : Reply;

/// <summary>Who the caller is.</summary>
/// <param name="User">The name.</param>
/// <param name="Roles">"user", "admin", "bridge".</param>
/// <param name="Vo">The virtual organisation of this central.</param>
/// <param name="Home">Home directory in the catalogue.</param>
/// <param name="CertificateEnds">When the certificate ends.</param>
public sealed record Identity(string User, IReadOnlyList<string> Roles, string Vo, string Home, DateTimeOffset? CertificateEnds) : Reply
{
    /// <summary>Central's clock, to compare one's own with.</summary>
    public DateTimeOffset? Now { get; init; }
    /// <summary>Central's version.</summary>
    public string? Version { get; init; }
}

/// <summary>The job's number, and how many subjobs it was split into (0: it runs itself).</summary>
public sealed record Submitted(long Job, int Subjobs) : Reply
{
    /// <summary>What the submitter should know of the description: keys without effect, with line and column.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Of a collection, a DAG or SplitDefinitions: the names of the nodes, whose numbers are Job+1, Job+2 …; empty for others.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];
}

/// <summary>A line of `ps`.</summary>
public sealed record JobLine
{
    public required long Job { get; init; }
    public required string User { get; init; }
    public required string State { get; init; }
    /// <summary>What it runs, shortened for people.</summary>
    public required string Name { get; init; }
    public long? Master { get; init; }
    /// <summary>Of a master: how many subjobs are in which state. Null for others.</summary>
    public IReadOnlyDictionary<string, int>? Children { get; init; }
    public int Attempt { get; init; }
    public string? Site { get; init; }
    public string? Node { get; init; }
    public DateTimeOffset SubmittedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public PayloadResult? Payload { get; init; }
    public string? Reason { get; init; }
}

/// <summary>A page of jobs. More is true when there may be older ones: a search also ends at a bound of rows looked at, whatever it has found.</summary>
public sealed record JobList(IReadOnlyList<JobLine> Jobs, bool More) : Reply
{
    /// <summary>What to give as Before to go on; null when there is nothing more.</summary>
    public long? Next { get; init; }
}

/// <summary>A job, its description as stored, and where its outputs go.</summary>
public sealed record JobDetail(JobLine Line, string Jdl, string OutputDirectory) : Reply
{
    /// <summary>Of a node of a DAG: the jobs before it that are not DONE.</summary>
    public IReadOnlyList<long> WaitsFor { get; init; } = [];
}

/// <summary>The history as stored. Stale are the keys of events that came too late to move the job.</summary>
public sealed record JobTrace(long Job, IReadOnlyList<JobEvent> Events) : Reply;

/// <summary>What a job wrote.</summary>
/// <param name="StdoutTail">Last bytes of stdout of the newest attempt that reported any.</param>
/// <param name="StderrTail">Likewise for stderr.</param>
/// <param name="Files">LFNs of the job's saved outputs.</param>
public sealed record JobLog(long Job, string State, string StdoutTail, string StderrTail, IReadOnlyList<string> Files) : Reply
{
    /// <summary>How much it wrote to stdout in all, of which the tail is the end; null when that is not known.</summary>
    public long? StdoutBytes { get; init; }
    /// <summary>Likewise for stderr.</summary>
    public long? StderrBytes { get; init; }
}

/// <summary>What became of each job asked for.</summary>
public sealed record JobActions(IReadOnlyList<JobAction> Jobs) : Reply;

/// <param name="Job">The job.</param>
/// <param name="Ok">False: it was left as it is, for the reason in Message.</param>
/// <param name="Message">In words.</param>
public sealed record JobAction(long Job, bool Ok, string Message);

/// <summary>How far a production is.</summary>
public sealed record JobProgress : Reply
{
    public required long Job { get; init; }
    public required string State { get; init; }
    /// <summary>Jobs by AliEn state name: the subjobs of a master, or the job itself.</summary>
    public required IReadOnlyDictionary<string, int> States { get; init; }
    /// <summary>Where they run or ran, with how many are running and how many have ended there.</summary>
    public IReadOnlyList<NodeProgress> Nodes { get; init; } = [];
    public DateTimeOffset SubmittedAt { get; init; }
    /// <summary>When the last of them ended; null while some have not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Central's clock, to reckon ages with.</summary>
    public DateTimeOffset Now { get; init; }
}

public sealed record NodeProgress(string Node, int Running, int Ended);

/// <summary>The bridges central has ever greeted and not forgotten, by name.</summary>
public sealed record NodeList(IReadOnlyList<BridgeNodes> Bridges) : Reply;

/// <summary>One bridge and the nodes it told of in its last RenewLeases.</summary>
/// <param name="Bridge">The bridge's name.</param>
/// <param name="Site">Its site.</param>
/// <param name="LastSeen">Central's clock at its last request; null when it has sent none since central started.</param>
/// <param name="Nodes">Its nodes.</param>
public sealed record BridgeNodes(string Bridge, string Site, DateTimeOffset? LastSeen, IReadOnlyList<NodeStatus> Nodes)
{
    /// <summary>Why the site gets one job at a time only, because it failed what others do well; null when all is well.</summary>
    public string? Throttled { get; init; }
}

/// <summary>An entry of the catalogue.</summary>
public sealed record Entry
{
    public required string Path { get; init; }
    /// <summary>"d" directory, "f" file, "m" member of an archive.</summary>
    public required string Type { get; init; }
    public required string Owner { get; init; }
    public required string Group { get; init; }
    /// <summary>Three octal digits.</summary>
    public required string Permissions { get; init; }
    public long Size { get; init; }
    public string? Sha256 { get; init; }
    public Guid? Guid { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>The job that made it, if one did.</summary>
    public long? Job { get; init; }
}

/// <summary>Entries of the catalogue. More is true when there may be others.</summary>
public sealed record EntryList(IReadOnlyList<Entry> Entries, bool More) : Reply
{
    /// <summary>Of a search: what to give as After to go on; null when there is nothing more.</summary>
    public string? Next { get; init; }
}

public sealed record EntryDetail(Entry Entry, IReadOnlyList<Replica> Replicas, string? ArchivePath) : Reply;

/// <summary>How to fetch a file: source, checksum and a bearer token for the storage element.</summary>
public sealed record ReadTicket(SourceFile Source, string Token) : Reply;

/// <summary>Of many files, in the order asked for.</summary>
public sealed record ReadTickets(IReadOnlyList<ReadTicket> Tickets) : Reply;

/// <summary>How to put a file: PUT the bytes to Url with the bearer token; the answer is a <see cref="StoredUpload"/>.</summary>
public sealed record WriteTicket(Guid Guid, string Se, string Pfn, string Url, string Token) : Reply;

/// <summary>What a storage element answers to PUT: what has really been stored and synced, by its own reckoning.</summary>
/// <param name="Pfn">Its name there.</param>
/// <param name="Content">Size and checksum.</param>
/// <param name="Se">The storage element that has the first copy; empty when it is the one that was asked.</param>
public sealed record StoredUpload(string Pfn, Content Content, string Se = "");

/// <summary>What a bridge needs to know at the start.</summary>
/// <param name="Vo">The VO; issuer of grants.</param>
/// <param name="Keys">PEM public keys that grants are signed with, for ROOT/keys of the spool.</param>
/// <param name="LeaseSeconds">Without a renewal for so long, central gives the jobs up.</param>
/// <param name="Storage">The storage elements outputs may go to, nearest first.</param>
public sealed record BridgeWelcome(string Vo, IReadOnlyList<string> Keys, int LeaseSeconds, IReadOnlyList<StorageTarget> Storage) : Reply
{
    /// <summary>The bridge whose jobs these are. When the one that said hello is before it, it was not let in and must stop.</summary>
    public SpoolEpoch Spool { get; init; } = SpoolEpoch.None;
}

/// <summary>A storage element that takes outputs: PUT Url/pfn.</summary>
public sealed record StorageTarget(string Se, string Url);

/// <summary>The jobs of one match request; the same on every repetition.</summary>
public sealed record Matched(Guid RequestId, IReadOnlyList<Assignment> Assignments) : Reply;

/// <summary>One attempt handed to a bridge, with all it takes to run it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Spec">The specification, exactly the bytes (UTF-8) that the grant covers: a JSON <see cref="JobSpec"/>.</param>
/// <param name="Grant">The signed permission, for the agent.</param>
/// <param name="Sources">Where the inputs are, one for each of the specification's Inputs, in their order.</param>
/// <param name="Token">The job token, for the bridge alone.</param>
[JsonConverter(typeof(AssignmentJson))]
public sealed record Assignment(long Job, int Attempt, string Spec, string Grant, IReadOnlyList<SourceFile> Sources, string Token)
{
    [JsonIgnore] public AttemptId AttemptId => new(Job, Attempt);
}

/// <summary>All events are stored. Fenced are attempts that are over for central: drop them, their outputs too, and stop them.</summary>
public sealed record Reported(IReadOnlyList<AttemptId> Fenced) : Reply;

/// <summary>Leases are extended.</summary>
/// <param name="Kill">Attempts this bridge holds that must end: killed by their owner or replaced. Repeated until reported ended.</param>
/// <param name="Waiting">How many jobs wait that this bridge's site could run, as a hint for pilots.</param>
public sealed record Renewed(IReadOnlyList<AttemptId> Kill, int Waiting) : Reply
{
    /// <summary>What owners want to see of running attempts; repeated until answered.</summary>
    public IReadOnlyList<PeekOrder> Peeks { get; init; } = [];
}

/// <summary>Central's unasked messages: hints only. Whoever misses one sees the same at the next poll.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(WorkWaiting), "workWaiting")]
[JsonDerivedType(typeof(KillNow), "killNow")]
[JsonDerivedType(typeof(PeekNow), "peekNow")]
public abstract record Push;

/// <summary>To bridges: jobs were submitted; ask now rather than at the next poll.</summary>
public sealed record WorkWaiting(int Waiting) : Push;

/// <summary>To the bridge that holds them: end these attempts.</summary>
public sealed record KillNow(IReadOnlyList<AttemptId> Attempts) : Push;
