using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch;

/// <summary>One batch system: its commands, its formats, its variables, its signals.</summary>
internal abstract class Dialect
{
    /// <summary>As hpc-templates names it.</summary>
    public abstract string Name { get; }

    /// <summary>The programs it has, launchers that every installation has among them.</summary>
    public abstract IReadOnlyList<string> Commands { get; }

    /// <summary>Runs one of its commands. Throws <see cref="Refused"/> with what the system says then.</summary>
    public abstract Answer Run(Call call, Simulation simulation, Sight sight);

    /// <summary>The variables of a batch script, those aside that all systems here have.</summary>
    public abstract IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job);

    /// <summary>The signals that end a job, and when, in the system's own time.</summary>
    public abstract IReadOnlyList<EndStep> Steps(Job job, Ending why);

    /// <summary>What a command prints when the daemon does not answer, and its exit code.</summary>
    public abstract (int Code, string Error) Unreachable(string command);

    /// <summary>Whether a call is answered only after its standard input was read: a submission whose script is not among its words.</summary>
    public abstract bool ReadsInput(Call call);

    /// <summary>A path with the job's number put in.</summary>
    public abstract string Filled(string path, long job);

    /// <summary>A word for the script with the job's number put in, where a submission can ask for that.</summary>
    public virtual string FilledArgument(string word, long job) => word;

    /// <summary>The folder a script starts in.</summary>
    public virtual string StartFolder(Job job) => job.Request.Folder;

    /// <summary>What a machine's own processes have, whatever was submitted: the daemon's environment, and the system's commands first on the PATH.</summary>
    protected static Dictionary<string, string> OfNode(Simulation simulation)
    {
        var own = System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        own["PATH"] = $"{simulation.Setup.Bin}:{own.GetValueOrDefault("PATH", "/usr/bin:/bin")}";
        return own;
    }

    /// <summary>The same, with the environment of the submission over it.</summary>
    protected static Dictionary<string, string> OfSubmission(Simulation simulation, Job job)
    {
        var own = OfNode(simulation);
        foreach (var (name, value) in job.Request.Environment) own[name] = value;
        if (!own["PATH"].StartsWith(simulation.Setup.Bin + ":", StringComparison.Ordinal)) own["PATH"] = $"{simulation.Setup.Bin}:{own["PATH"]}";
        return own;
    }

    protected static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
