using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Api;

// ---- before submission ----------------------------------------------------------------------------------------------

/// <summary>What a description would become at submission: checked like one, nothing is stored.</summary>
public sealed record PlanJob(string Jdl, IReadOnlyList<string> Arguments) : Request<JobPlan>
{
    /// <summary>How many of its jobs to show, the first ones.</summary>
    public int Show { get; init; } = 10;
}

/// <summary>What would run.</summary>
/// <param name="Subjobs">How many subjobs it would be split into; 0 when it runs itself.</param>
/// <param name="Jobs">The first of them, resolved.</param>
/// <param name="Remarks">What a submitter should know, as at submission.</param>
public sealed record JobPlan(int Subjobs, IReadOnlyList<PlannedJob> Jobs, IReadOnlyList<string> Remarks) : Reply;

/// <summary>One job of a plan.</summary>
/// <param name="Number">Its place among the subjobs, from 1; 0 for a job that is not split.</param>
/// <param name="Spec">What an agent would get; the job's number in it is not known yet and stands as 0.</param>
/// <param name="Requirements">The condition on sites, as it would be evaluated; null when there is none.</param>
public sealed record PlannedJob(int Number, JobSpec Spec, string? Requirements);

/// <summary>
/// Which sites known to central match, best first, and why the others do not (R-A8). About a description, or about a job that is there.
/// </summary>
/// <param name="Jdl">The description; null when Job is set.</param>
/// <param name="Arguments">Values for $1, $2 …</param>
/// <param name="Job">A job that is there; null when Jdl is set.</param>
public sealed record MatchSites(string? Jdl, IReadOnlyList<string> Arguments, long? Job) : Request<SiteMatches>;

/// <summary>All sites, those that match first, by rank.</summary>
public sealed record SiteMatches(IReadOnlyList<SiteVerdict> Sites) : Reply;

/// <summary>What one computing element says to a job.</summary>
/// <param name="Site">Its site.</param>
/// <param name="Ce">Its name.</param>
/// <param name="Matches">The job could run there now.</param>
/// <param name="Rank">The value of the job's Rank there; null when it has none or it is no number.</param>
/// <param name="Reason">The first condition that was false, in words; null when it matches.</param>
/// <param name="SeenAt">Central's clock when the site last told what it offers.</param>
public sealed record SiteVerdict(string Site, string Ce, bool Matches, double? Rank, string? Reason, DateTimeOffset? SeenAt);

// ---- a running job --------------------------------------------------------------------------------------------------

/// <summary>What to look at on the node of a running job.</summary>
public enum PeekKind
{
    /// <summary>Bytes of one file of the sandbox.</summary>
    File,
    /// <summary>The files of the sandbox.</summary>
    Files,
    /// <summary>The job's processes.</summary>
    Processes,
}

/// <summary>
/// Look into the sandbox of a running job on its node (R-A40, R-G22). Answered when the node has answered: within two poll intervals as a
/// rule. Throws GridError: Conflict when the job does not run, NotFound when there is no such file, Unavailable when the node did not answer.
/// </summary>
/// <param name="Job">The job.</param>
/// <param name="Kind">What to look at.</param>
/// <param name="Path">Of the file, relative to the sandbox: "stdout"; empty for the other kinds.</param>
/// <param name="Offset">The first byte wanted; negative counts from the end.</param>
public sealed record PeekJob(long Job, PeekKind Kind, string Path, long Offset) : Request<Peeked>
{
    /// <summary>Most bytes of one answer: it travels through the spool and one frame.</summary>
    public const int MostBytes = 256 * 1024;
}

/// <summary>What the node saw.</summary>
public sealed record Peeked : Reply
{
    public required long Job { get; init; }
    public required int Attempt { get; init; }
    public string Node { get; init; } = "";
    /// <summary>The node's clock when it looked.</summary>
    public DateTimeOffset At { get; init; }
    /// <summary>The payload had not ended then.</summary>
    public bool Running { get; init; }
    /// <summary>Of a file: its bytes from Offset on.</summary>
    public byte[] Bytes { get; init; } = [];
    /// <summary>Of a file: where Bytes begin.</summary>
    public long Offset { get; init; }
    /// <summary>Of a file: its size when it was read.</summary>
    public long Size { get; init; }
    /// <summary>Of Files: paths relative to the sandbox.</summary>
    public IReadOnlyList<SandboxFile> Files { get; init; } = [];
    /// <summary>Of Processes: the tree, parents first.</summary>
    public IReadOnlyList<SandboxProcess> Processes { get; init; } = [];
}

/// <summary>A file in a sandbox.</summary>
public sealed record SandboxFile(string Path, long Size, DateTimeOffset ChangedAt);

/// <summary>A process of a job.</summary>
public sealed record SandboxProcess(int Pid, int Parent, string State, double CpuSeconds, long RssKib, int Threads, string Command);

/// <summary>What a job used, measured from time to time on its node.</summary>
public sealed record JobSample
{
    public required long Job { get; init; }
    public required int Attempt { get; init; }
    /// <summary>The node's clock.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Processes alive.</summary>
    public int Processes { get; init; }
    /// <summary>User and system seconds of all its processes so far.</summary>
    public double CpuSeconds { get; init; }
    public long RssKib { get; init; }
    /// <summary>Memory with shared pages divided among their users; equal to RssKib where the kernel does not tell.</summary>
    public long PssKib { get; init; }
    public long SwapKib { get; init; }
    /// <summary>Size of the sandbox.</summary>
    public long DiskKib { get; init; }
    /// <summary>Size of its standard output and error together.</summary>
    public long OutputKib { get; init; }
    /// <summary>Open file descriptors of all its processes.</summary>
    public int OpenFiles { get; init; }
    public long ReadKib { get; init; }
    public long WrittenKib { get; init; }
    /// <summary>Share of its GPUs in use, 0 to 1; null where none can be seen.</summary>
    public double? GpuShare { get; init; }
    /// <summary>Memory its processes hold on GPUs; null where none can be seen.</summary>
    public long? GpuMemoryKib { get; init; }
}

/// <summary>What a job used over time, oldest first, of its newest attempt that has any.</summary>
public sealed record ReadSamples(long Job) : Request<JobSamples>;

public sealed record JobSamples(long Job, IReadOnlyList<JobSample> Samples) : Reply;

/// <summary>From a bridge: samples of jobs it holds. Losing some is no harm; repeating them neither.</summary>
public sealed record ReportSamples(IReadOnlyList<JobSample> Samples) : Request<Done>;

/// <summary>An order to look, on its way to a node.</summary>
/// <param name="Id">Chosen by central.</param>
public sealed record PeekOrder(Guid Id, AttemptId Attempt, PeekKind Kind, string Path, long Offset);

/// <summary>From a bridge: what a node saw, or why it saw nothing.</summary>
/// <param name="Id">The order's.</param>
/// <param name="Answer">What was seen; null when nothing was.</param>
/// <param name="Error">Why nothing was seen, for the owner; null when something was.</param>
public sealed record AnswerPeek(Guid Id, Peeked? Answer, ApiError? Error) : Request<Done>;

/// <summary>To the bridge that holds them: look into these attempts. Repeated in <see cref="Renewed"/> until answered.</summary>
public sealed record PeekNow(IReadOnlyList<PeekOrder> Orders) : Push;

// ---- catalogue ------------------------------------------------------------------------------------------------------

/// <summary>
/// Files and directories below a directory whose name matches a pattern with '*' and '?', in the order of a walk: names ordinal, a directory
/// before what is in it.
/// </summary>
public sealed record FindEntries(string Directory, string Pattern) : Request<EntryList>
{
    /// <summary>Only what comes after this path: the way to the next page, <see cref="EntryList.Next"/>.</summary>
    public string? After { get; init; }
    public int Limit { get; init; } = 1000;
}

/// <summary>A second name for a file, owned by the caller; no byte moves. Not for members of archives, which live as long as their archive.</summary>
public sealed record CopyEntry(string From, string To) : Request<Done>;

/// <summary>
/// All that a job or the subjobs of a master have saved: entries of the catalogue by job, as many as one answer holds.
/// </summary>
public sealed record ListOutputs(long Job) : Request<EntryList>
{
    /// <summary><see cref="EntryList.Next"/> of the answer before; null for the first.</summary>
    public string? After { get; init; }
    public int Limit { get; init; } = 1000;
}
