using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Others;

/// <summary>HTCondor 10, as far as people who run pilots use it: submit files, JSON, a history, and periodic_remove for a walltime.</summary>
internal sealed partial class CondorDialect : Dialect
{
    /// <summary>Starts the script of a parallel job on each of its nodes.</summary>
    private const string Parallel = "condor_parallel_start";

    private static readonly TimeSpan MostVacate = TimeSpan.FromSeconds(60);

    private static readonly OptionReader Asking = new(OptionStyle.OneDash,
        "attributes= constraint= match= limit= name= af= terse json long totals nobatch allusers all");

    public override string Name => "htcondor";

    public override IReadOnlyList<string> Commands => ["condor_submit", "condor_q", "condor_history", "condor_rm", "condor_hold", "condor_release", Parallel];

    public override string Filled(string path, long job) => path.Replace("$(ClusterId)", Text(job), StringComparison.OrdinalIgnoreCase)
        .Replace("$(Cluster)", Text(job), StringComparison.OrdinalIgnoreCase).Replace("$(Process)", "0", StringComparison.OrdinalIgnoreCase);

    public override string FilledArgument(string word, long job) => Filled(word, job);

    public override bool ReadsInput(Call call) => call.Command == "condor_submit" && call.Words.All(word => word[0] == '-');

    public override (int Code, string Error) Unreachable(string command) =>
        (1, command == "condor_submit" ? "\nERROR: Can't find address of local schedd\n"
            : "-- Failed to fetch ads from: <127.0.0.1:9618?addrs=127.0.0.1-9618> : simbatch\nCEDAR:6001:Failed to connect to <127.0.0.1:9618>\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) =>
        why == Ending.NodeFailed ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.Term), new(MostVacate, Signals.Kill)];

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "condor_submit" => Submit(call, simulation),
        "condor_q" => List(call, sight, job => job.Phase != Phase.Ended),
        "condor_history" => simulation.Setup.History && sight.HasHistory ? List(call, sight, job => job.Phase == Phase.Ended)
            : throw new Refused(1, "Error: No history file is defined"),
        "condor_rm" => ForEach(call, sight, simulation.Cancel, "marked for removal"),
        "condor_hold" => ForEach(call, sight, job => simulation.Hold(job, held: true), "held"),
        "condor_release" => ForEach(call, sight, job => simulation.Hold(job, held: false), "released"),
        Parallel => StartParallel(call, simulation),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var all = OfSubmission(simulation, job);
        all["_CONDOR_SCRATCH_DIR"] = simulation.Setup.TemporaryOf(job.Id, job.On[0]);
        all["_CONDOR_SLOT"] = "slot1";
        return all;
    }

    private Answer Submit(Call call, Simulation simulation)
    {
        var given = Asking.Read(call.Words, word => new Refused(1, $"ERROR: unknown option {word}"));
        var text = given.Rest.Count == 0 ? call.Input() : File.ReadAllText(Path.Combine(call.Folder, given.Rest[0]));
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var queued = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.Split(' ')[0].Equals("queue", StringComparison.OrdinalIgnoreCase)) queued = true;
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) settings[line[..at].Trim()] = line[(at + 1)..].Trim();
            else throw new Refused(1, $"ERROR: Failed to parse command file (line: {line}).");
        }
        if (!queued) throw new Refused(1, "ERROR: No 'queue' commands found in submit file");
        var job = simulation.Submit(Request(settings, call, simulation));
        return new Answer(given.Has("terse") ? $"{job.Id}.0 - {job.Id}.0\n" : $"Submitting job(s).\n1 job(s) submitted to cluster {job.Id}.\n");
    }

    private JobRequest Request(Dictionary<string, string> settings, Call call, Simulation simulation)
    {
        var executable = Path.Combine(call.Folder, settings.GetValueOrDefault("executable")
            ?? throw new Refused(1, "ERROR: No 'executable' parameter was provided"));
        var isParallel = settings.GetValueOrDefault("universe") == "parallel";
        var (nodes, cores) = (Number(settings, "machine_count"), Number(settings, "request_cpus"));
        var walltime = Runtime().Match(settings.GetValueOrDefault("periodic_remove", "")) is { Success: true } match
            ? TimeSpan.FromSeconds(long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)) : (TimeSpan?)null;
        var arguments = settings.GetValueOrDefault("arguments", "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (output, error) = (settings.GetValueOrDefault("output", "/dev/null"), settings.GetValueOrDefault("error", "/dev/null"));
        return new JobRequest
        {
            Name = settings.GetValueOrDefault("batch_name", Path.GetFileName(executable)), Queue = "condor",
                Account = settings.GetValueOrDefault("accounting_group", ""),
            Nodes = nodes, Cores = cores, Walltime = walltime, Never = cores > simulation.Setup.Cores || nodes > simulation.Setup.Nodes
                ? "no machine matches" : "",
            Requeue = !settings.GetValueOrDefault("periodic_remove", "").Contains("NumJobStarts", StringComparison.Ordinal), Folder = call.Folder,
            Output = Path.Combine(call.Folder, output), Error = error == output ? null : Path.Combine(call.Folder, error),
            Arguments = isParallel ? [Path.Combine(simulation.Setup.Bin, Parallel), executable, .. arguments] : arguments, IsProgram = isParallel,
            Environment = settings.GetValueOrDefault("getenv", "false") == "true" ? call.Environment : new Dictionary<string, string>(),
            Script = isParallel ? "" : File.ReadAllText(executable),
        };
    }

    private static int Number(Dictionary<string, string> settings, string name) => !settings.TryGetValue(name, out var text) ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new Refused(1, $"ERROR: Invalid value for {name}");

    private static Answer StartParallel(Call call, Simulation simulation)
    {
        var job = Launching.JobOf(call, simulation, () => new Refused(1, "not in a job"));
        return Launching.Start(simulation, job, call.Words, Launching.Places(job.On, 1, int.MaxValue), place => new Dictionary<string, string>
        {
            ["_CONDOR_PROCNO"] = Text(place.Rank), ["_CONDOR_NPROCS"] = Text(job.On.Count),
                ["_CONDOR_SCRATCH_DIR"] = simulation.Setup.TemporaryOf(job.Id, place.Node),
        });
    }

    private static int Status(Job job) => job.Phase switch
    {
        Phase.Queued => 1,
        Phase.Held => 5,
        Phase.Running or Phase.Leaving => job.Ending is Ending.Cancelled or Ending.Walltime ? 3 : 2,
        _ => job.Ending == Ending.None ? 4 : 3,
    };

    /// <summary>An empty list is printed as nothing at all.</summary>
    private static Answer List(Call call, Sight sight, Func<Job, bool> wanted)
    {
        var given = Asking.Read(Spread(call.Words), word => new Refused(1, $"Error: unknown option {word}"));
        var names = given.Last("attributes", "ClusterId,JobStatus").Split(',');
        var jobs = sight.Jobs.Where(wanted).ToList();
        if (jobs.Count == 0) return new Answer("");
        var texts = jobs.Select(job => "{\n" + string.Join(",\n", names.Order(StringComparer.Ordinal).Select(name => (name, value: Attribute(job, name, sight)))
            .Where(pair => pair.value is not null).Select(pair => $"  \"{pair.name}\": {pair.value}")) + "\n}\n");
        return new Answer($"[\n{string.Join(",\n", texts)}]\n");
    }

    /// <summary>The user's name may stand anywhere.</summary>
    private static List<string> Spread(IReadOnlyList<string> words) =>
        words.Count > 0 && words[0].Length > 0 && words[0][0] != '-' ? [.. words.Skip(1)] : [.. words];

    private static string? Attribute(Job job, string name, Sight sight) => name switch
    {
        "ClusterId" => Text(job.Id),
        "ProcId" => "0",
        // Numbers are the same in every language; a strange one stands for what is not known.
        "JobStatus" => sight.IsForeign ? "99" : Text(Status(job)),
        "JobBatchName" => $"\"{JsonEncodedText.Encode(job.Request.Name)}\"",
        "Owner" => $"\"{job.User}\"",
        "RemoveReason" => job.Phase == Phase.Ended && job.Ending is Ending.Cancelled or Ending.Walltime ? "\"via condor_rm\"" : null,
        _ => null,
    };

    private static Answer ForEach(Call call, Sight sight, Action<Job> deed, string becomes)
    {
        var (said, errors) = (new StringBuilder(), new StringBuilder());
        foreach (var word in call.Words.Where(word => word[0] != '-'))
            if (!long.TryParse(word.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || sight.Find(id) is not { Phase: not Phase.Ended } job)
                errors.Append(CultureInfo.InvariantCulture, $"Couldn't find/remove all jobs in cluster {word}\n");
            else
            {
                deed(job);
                said.Append(CultureInfo.InvariantCulture, $"All jobs in cluster {id} have been {becomes}\n");
            }
        return new Answer(said.ToString(), errors.Length > 0 ? 1 : 0, errors.ToString());
    }

    [GeneratedRegex(@"JobCurrentStartDate\s*\)?\s*>\s*(\d+)")]
    private static partial Regex Runtime();
}
