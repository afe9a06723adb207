using System.Collections.Frozen;

namespace HpcGrid.Core.Jobs;

/// <summary>
/// The states of a job, with AliEn's names and monitoring numbers (the number is what AliEn clients and dashboards know).
/// </summary>
public enum JobState
{
    Inserting = 1,
    Splitting = 2,
    Split = 3,
    Waiting = 5,
    Assigned = 6,
    Started = 7,
    Idle = 9,
    Interactive = 8,
    Running = 10,
    Saving = 11,
    Saved = 12,
    SavedWarn = 22,
    Updating = 23,
    ToStage = 17,
    Staged = 18,
    Staging = 19,
    OverWaiting = 21,
    Zombie = -15,
    ForceMerge = 14,
    Merging = 13,
    Done = 15,
    DoneWarn = 16,
    ErrorA = -1,
    ErrorI = -2,
    ErrorE = -3,
    ErrorIB = -4,
    ErrorM = -5,
    ErrorRE = -17,
    ErrorS = -7,
    ErrorSV = -9,
    ErrorV = -10,
    ErrorVN = -11,
    ErrorVT = -16,
    ErrorEW = -18,
    ErrorW = -19,
    ErrorSplit = -8,
    ErrorVer = -20,
    Faulty = 24,
    Incorrect = 25,
    Expired = -12,
    Failed = -13,
    Killed = -14,
}

/// <summary>Names and sets of <see cref="JobState"/>.</summary>
public static class JobStates
{
    private static readonly FrozenDictionary<JobState, string> Names = new Dictionary<JobState, string>
    {
        [JobState.Inserting] = "INSERTING", [JobState.Splitting] = "SPLITTING", [JobState.Split] = "SPLIT",
        [JobState.Waiting] = "WAITING", [JobState.Assigned] = "ASSIGNED", [JobState.Started] = "STARTED",
        [JobState.Idle] = "IDLE", [JobState.Interactive] = "INTERACTIV", [JobState.Running] = "RUNNING",
        [JobState.Saving] = "SAVING", [JobState.Saved] = "SAVED", [JobState.SavedWarn] = "SAVED_WARN",
        [JobState.Updating] = "UPDATING", [JobState.ToStage] = "TO_STAGE", [JobState.Staged] = "A_STAGED",
        [JobState.Staging] = "STAGING", [JobState.OverWaiting] = "OVER_WAITING", [JobState.Zombie] = "ZOMBIE",
        [JobState.ForceMerge] = "FORCEMERGE", [JobState.Merging] = "MERGING", [JobState.Done] = "DONE",
        [JobState.DoneWarn] = "DONE_WARN", [JobState.ErrorA] = "ERROR_A", [JobState.ErrorI] = "ERROR_I",
        [JobState.ErrorE] = "ERROR_E", [JobState.ErrorIB] = "ERROR_IB", [JobState.ErrorM] = "ERROR_M",
        [JobState.ErrorRE] = "ERROR_RE", [JobState.ErrorS] = "ERROR_S", [JobState.ErrorSV] = "ERROR_SV",
        [JobState.ErrorV] = "ERROR_V", [JobState.ErrorVN] = "ERROR_VN", [JobState.ErrorVT] = "ERROR_VT",
        [JobState.ErrorEW] = "ERROR_EW", [JobState.ErrorW] = "ERROR_W", [JobState.ErrorSplit] = "ERROR_SPLT",
        [JobState.ErrorVer] = "ERROR_VER", [JobState.Faulty] = "FAULTY", [JobState.Incorrect] = "INCORRECT",
        [JobState.Expired] = "EXPIRED", [JobState.Failed] = "FAILED", [JobState.Killed] = "KILLED",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, JobState> ByName =
        Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>AliEn's name: "WAITING", "ERROR_IB".</summary>
    public static string Text(this JobState state) => Names[state];

    /// <summary>Reads AliEn's name in any case; false for an unknown one.</summary>
    public static bool TryParse(string text, out JobState state) => ByName.TryGetValue(text, out state);

    /// <summary>Nothing more will happen to this attempt by itself.</summary>
    public static bool IsFinal(this JobState state) => state is JobState.Done or JobState.DoneWarn || state.IsFailure();

    /// <summary>Final, and the user did not get what they asked for.</summary>
    public static bool IsFailure(this JobState state) => state
        is JobState.ErrorA or JobState.ErrorI or JobState.ErrorE or JobState.ErrorIB or JobState.ErrorM or JobState.ErrorRE
        or JobState.ErrorS or JobState.ErrorSV or JobState.ErrorV or JobState.ErrorVN or JobState.ErrorVT or JobState.ErrorEW
        or JobState.ErrorW or JobState.ErrorSplit or JobState.ErrorVer or JobState.Faulty or JobState.Incorrect
        or JobState.Expired or JobState.Failed or JobState.Killed;

    /// <summary>A bridge holds the job: it was assigned and is not final.</summary>
    public static bool IsActive(this JobState state) => state
        is JobState.Assigned or JobState.Started or JobState.Running or JobState.Saving or JobState.Zombie;
}
