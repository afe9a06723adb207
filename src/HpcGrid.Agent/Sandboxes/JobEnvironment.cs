using System.Collections;
using System.Globalization;
using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// The environment of payloads: facts/jalien.md 8.4 without anything secret. Of the agent's own environment only a named list
/// passes; a job may set any variable but those by which its processes are found again.
/// </summary>
internal sealed class JobEnvironment
{
    /// <summary>What passes from the agent's environment: paths that modules set up, language, the account's name, the batch system's ids.</summary>
    private static readonly string[] Passed =
    [
        "PATH", "LD_LIBRARY_PATH", "MODULEPATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL",
        "SLURM_JOB_ID", "SLURM_JOBID", "SLURM_CLUSTER_NAME", "PBS_JOBID", "LSB_JOBID", "COBALT_JOBID", "FLUX_JOB_ID", "JOB_ID",
        // What launchers of jobs over several nodes go by.
        "SLURM_CONF", "SLURM_JOB_NODELIST", "SLURM_JOB_NUM_NODES", "PBS_NODEFILE", "PBS_HOME", "LSB_DJOB_HOSTFILE", "LSF_BINDIR", "LSF_ENVDIR", "PE_HOSTFILE",
    ];

    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    private readonly List<KeyValuePair<string, string>> _base = [];

    /// <summary>The site's launcher of jobs over several nodes; null where there is none.</summary>
    public string? Launcher { get; init; }

    /// <param name="own">The agent's own environment.</param>
    /// <param name="agent">Agent id.</param>
    /// <param name="node">Node name.</param>
    /// <param name="site">Site name.</param>
    public JobEnvironment(IDictionary own, string agent, string node, string site)
    {
        foreach (DictionaryEntry entry in own)
            if (entry is { Key: string name, Value: string value } && (Passed.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal)))
                Add(_base, name, value);
        if (!_base.Exists(entry => entry.Key == "PATH")) Add(_base, "PATH", DefaultPath);
        Add(_base, "ALIEN_SITE", site);
        Add(_base, "HPCGRID_NODE", node);
        Add(_base, Guard.Variable, agent);
    }

    /// <summary>"HPCGRID_ATTEMPT=17.2": by this a payload's processes are found again.</summary>
    public static string Mark(AttemptId attempt) => $"HPCGRID_ATTEMPT={attempt}";

    /// <summary>Why the job's own variables cannot be set; null when they can.</summary>
    public static string? Fault(JobSpec spec)
    {
        foreach (var name in spec.Environment.Keys)
            if (name.Length == 0 || name.Contains('=')) return $"'{name}' cannot be the name of an environment variable";
        return null;
    }

    /// <summary>"NAME=value", each name once.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="spec">What runs.</param>
    /// <param name="sandbox">Where.</param>
    /// <param name="gpus">Its devices; null on a node without any.</param>
    /// <param name="gang">Its nodes; null for a job on one.</param>
    public IReadOnlyList<string> Of(AttemptId attempt, JobSpec spec, Sandbox sandbox, string? gpus, GangPlace? gang)
    {
        var job = attempt.Job.ToString(CultureInfo.InvariantCulture);
        var all = new Dictionary<string, string>(_base)
        {
            ["HOME"] = sandbox.Path,
            ["PWD"] = sandbox.Path,
        };
        foreach (var (name, value) in spec.Environment) all[name] = value;
        foreach (var (name, value) in _base)
            if (IsReserved(name)) all[name] = value;
        all["TMPDIR"] = sandbox.Temporary;
        all["ALIEN_PROC_ID"] = job;
        all["ALIEN_MASTERJOB_ID"] = (spec.Master ?? attempt.Job).ToString(CultureInfo.InvariantCulture);
        all["ALIEN_JOB_ATTEMPT"] = attempt.Attempt.ToString(CultureInfo.InvariantCulture);
        all["ALIEN_JOB_USER"] = spec.User;
        all["ALIEN_JOB_TTL"] = spec.Resources.TtlSeconds.ToString(CultureInfo.InvariantCulture);
        all["ALIEN_JOB_OUTPUTDIR"] = spec.OutputDirectory;
        all["HPCGRID_JOB_ID"] = job;
        all["HPCGRID_CORES"] = spec.Resources.Cores.ToString(CultureInfo.InvariantCulture);
        all["HPCGRID_ATTEMPT"] = attempt.ToString();
        // A job that asked for no GPU must not compute on another's: then it sees none.
        if (gpus is not null) all["CUDA_VISIBLE_DEVICES"] = all["HPCGRID_GPUS"] = gpus;
        foreach (var (name, value) in gang?.Variables() ?? []) all[name] = value;
        var result = new List<string>(all.Count);
        foreach (var (name, value) in all) result.Add($"{name}={value}");
        return result;
    }

    private static bool IsReserved(string name) => name.StartsWith("HPCGRID_", StringComparison.Ordinal) || name == "ALIEN_SITE";

    private static void Add(List<KeyValuePair<string, string>> variables, string name, string value) => variables.Add(new(name, value));
}
