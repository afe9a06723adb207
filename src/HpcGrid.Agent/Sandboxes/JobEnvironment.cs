using System.Collections;
using System.Globalization;
using HpcGrid.Agent.Jobs;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// The environment of payloads: facts/jalien.md 8.4 without anything secret. Of the agent's own environment only a named list
/// passes; a job may set any variable but those by which its processes are found again. Belongs to the loop's thread.
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

    /// <summary>The same for all jobs: "NAME=value" by name.</summary>
    private readonly Dictionary<string, string> _base = [];

    /// <summary>Of the job at hand: one that grows for each job costs more than all that is put into it.</summary>
    private readonly Dictionary<string, string> _all = [];

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
                Set(_base, name, value);
        if (!_base.ContainsKey("PATH")) Set(_base, "PATH", DefaultPath);
        Set(_base, "ALIEN_SITE", site);
        Set(_base, "HPCGRID_NODE", node);
        Set(_base, Guard.Variable, agent);
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
    public IReadOnlyCollection<string> Of(AttemptId attempt, JobSpec spec, Sandbox sandbox, string? gpus, GangPlace? gang)
    {
        var job = attempt.Job.ToString(CultureInfo.InvariantCulture);
        var all = _all;
        all.Clear();
        foreach (var (name, text) in _base) all[name] = text;
        Set(all, "HOME", sandbox.Path);
        Set(all, "PWD", sandbox.Path);
        foreach (var (name, value) in spec.Environment)
            if (!(IsReserved(name) && _base.ContainsKey(name))) Set(all, name, value);
        Set(all, "TMPDIR", sandbox.Temporary);
        Set(all, "ALIEN_PROC_ID", job);
        Set(all, "ALIEN_MASTERJOB_ID", (spec.Master ?? attempt.Job).ToString(CultureInfo.InvariantCulture));
        Set(all, "ALIEN_JOB_ATTEMPT", attempt.Attempt.ToString(CultureInfo.InvariantCulture));
        Set(all, "ALIEN_JOB_USER", spec.User);
        Set(all, "ALIEN_JOB_TTL", spec.Resources.TtlSeconds.ToString(CultureInfo.InvariantCulture));
        Set(all, "ALIEN_JOB_OUTPUTDIR", spec.OutputDirectory);
        Set(all, "HPCGRID_JOB_ID", job);
        Set(all, "HPCGRID_CORES", spec.Resources.Cores.ToString(CultureInfo.InvariantCulture));
        Set(all, "HPCGRID_ATTEMPT", attempt.ToString());
        if (gpus is not null)
        {
            // A job that asked for no GPU must not compute on another's: then it sees none.
            Set(all, "HPCGRID_GPUS", gpus);
            Set(all, "CUDA_VISIBLE_DEVICES", gpus);
        }
        foreach (var (name, value) in gang?.Variables() ?? []) Set(all, name, value);
        return [.. all.Values];
    }

    private static bool IsReserved(string name) => name.StartsWith("HPCGRID_", StringComparison.Ordinal) || name == "ALIEN_SITE";

    private static void Set(Dictionary<string, string> variables, string name, string value) => variables[name] = $"{name}={value}";
}
