using System.Collections.Frozen;

namespace HpcGrid.Core.Jdl;

/// <summary>What becomes of a key that HpcGrid knows.</summary>
internal enum KeyUse
{
    /// <summary>It does what jalien.md 3.2 says.</summary>
    Obeyed,
    /// <summary>It changes no result; kept in the stored text and told as a remark.</summary>
    Kept,
    /// <summary>Set by central at submission whatever the text says.</summary>
    SetByCentral,
}

/// <summary>A known key.</summary>
/// <param name="Name">AliEn's spelling.</param>
/// <param name="Use">What becomes of it.</param>
/// <param name="Note">For kept keys: why it has no effect.</param>
internal sealed record JdlKey(string Name, KeyUse Use, string Note = "");

/// <summary>
/// All keys of jalien.md 3.2 and 3.5, gLite's for many jobs and for retries (grid-services.md F-A9, F-A10), and HpcGrid's own (Command, Priority,
/// Repeatable, NodeCount, TasksPerNode, Launcher, KeepOutput, MaxOutputSize, MaxProcesses, MaxIdleTime). The only list of them.
/// </summary>
internal static class JdlKeys
{

    private static readonly FrozenDictionary<string, JdlKey> ByName = All().ToFrozenDictionary(key => key.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>All keys that a description may have.</summary>
    public static IEnumerable<string> Names => ByName.Values.Select(key => key.Name);

    public static JdlKey? Find(string key) => ByName.GetValueOrDefault(key);

    /// <summary>AliEn's spelling of a known key; an unknown one as it is.</summary>
    public static string Spelling(string key) => ByName.TryGetValue(key, out var known) ? known.Name : key;

    /// <summary>The obeyed key that an unknown one was probably meant to be, or null.</summary>
    public static string? Nearest(string key) =>
        key.Length > Limits.LongestKey ? null : ByName.Values
            .Where(known => known.Use == KeyUse.Obeyed)
            .Select(known => (known.Name, Distance: Distance(known.Name.ToUpperInvariant(), key.ToUpperInvariant())))
            .Where(pair => pair.Distance <= Math.Max(1, pair.Name.Length / 5))
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Name)
            .FirstOrDefault();

    private static IEnumerable<JdlKey> All() =>
    [
        .. Of(KeyUse.Obeyed, "", "Executable", "Command", "Arguments", "InputFile", "InputBox", "InputData", "OutputFile", "OutputArchive", "Output",
            "OutputDir", "Packages", "Requirements", "OrigRequirements", "TTL", "Price", "Priority", "CPUCores",
            "MemorySize", "WorkDirectorySize", "GPUs", "Counters", "WholeNode", "NodeCount", "TasksPerNode", "Launcher",
            "ValidationCommand", "JDLVariables", "JobTag", "Split", "SplitArguments", "Repeatable", "Type", "JDLArguments", "JDLPath", "ProxyTTL"),
        .. Of(KeyUse.Obeyed, "", "OutputErrorE", "KeepOutput", "MaxOutputSize", "MaxProcesses", "MaxIdleTime"),
        .. Of(KeyUse.Obeyed, "", "RetryCount", "ShallowRetryCount", "MaxResubmissionCount", "MasterResubmitThreshold", "ResubmitType", "MaxFailed",
            "MaxInitFailed", "MaxFailFraction", "MaxResubmitFraction", "MaxWaitingTime", "Rank", "Merge", "MergeOutputDir",
            "MergeCollections"),
        .. Of(KeyUse.Obeyed, "", "InputDataCollection", "InputDataList", "InputDataListFormat", "InputDownload", "SplitDefinitions", "SplitMaxInputFileNumber",
            "SplitMaxInputFileSize", "SplitMinInputFileNumber", "SplitMinInputFileSize", "ForceOnlySEInput", "MaxInputMissingThreshold", "OrderLFN",
            "Parameters", "ParameterStart", "ParameterStep", "JobType", "Nodes", "Dependencies", "NodeName"),
        .. Of(KeyUse.SetByCentral, "", "User", "MasterJobId", "ParameterValue"),
        .. Of(KeyUse.Obeyed, "", "Email"),
        .. Of(KeyUse.Kept, "lost jobs get a new attempt in any case", "LegoResubmitZombies"),
        .. Of(KeyUse.Kept, "production bookkeeping, passed through", "LPMActivity", "LPMAnchorRun", "LPMAnchorProduction",
            "LPMAnchorYear", "LPMChainID", "LPMCPassMode", "LPMInteractionType", "LPMJobTypeID", "LPMMetaData", "LPMParentPID", "LPMPassName",
            "LPMProductionTag", "LPMProductionType", "LPMRawPassID", "LPMRunNumber", "RunOnAODs", "FilesToCheck", "GUIDFile",
            "SuccessfullyBookedPFNs", "JobLogOnClusterMonitor", "JDLProcessor"),
    ];

    private static IEnumerable<JdlKey> Of(KeyUse use, string note, params string[] names) => names.Select(name => new JdlKey(name, use, note));

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
            previous = current;
        }
        return previous[^1];
    }
}
