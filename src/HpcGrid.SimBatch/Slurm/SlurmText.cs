using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>How Slurm writes things.</summary>
internal static class SlurmText
{
    private const string Unlimited = "UNLIMITED";
    public const string Partition = "main";

    /// <summary>Like 00:02:00; partitions with a limit of their own, as many sites have them.</summary>
    public static readonly IReadOnlyDictionary<string, TimeSpan?> Partitions = new Dictionary<string,
        TimeSpan?> { [Partition] = null, ["short"] = TimeSpan.FromMinutes(2) };

    /// <summary>The long form of a state.</summary>
    public static string State(Job job) => job.Phase switch
    {
        Phase.Queued or Phase.Held => "PENDING",
        Phase.Running => job.Ending == Ending.None ? "RUNNING" : "COMPLETING",
        Phase.Leaving => "COMPLETING",
        _ => job.Ending switch
        {
            Ending.Cancelled => "CANCELLED",
            Ending.Walltime => "TIMEOUT",
            Ending.NodeFailed => "NODE_FAIL",
            _ => job.ExitCode == 0 ? "COMPLETED" : "FAILED",
        },
    };

    public static string Short(string state) => state switch
    {
        "PENDING" => "PD", "RUNNING" => "R", "COMPLETING" => "CG", "COMPLETED" => "CD", "CANCELLED" => "CA", "TIMEOUT" => "TO", "NODE_FAIL" => "NF",
        "FAILED" => "F", _ => state,
    };

    public static string Reason(Job job) => job switch
    {
        { Phase: Phase.Held } => "JobHeldUser",
        { Phase: Phase.Queued, Request.Never: { Length: > 0 } never } => never,
        { Phase: Phase.Queued, Restarts: > 0 } => "BeginTime",
        { Phase: Phase.Queued } => "Resources",
        { Ending: Ending.Walltime } => "TimeLimit",
        { Phase: Phase.Ended, Ending: Ending.None, ExitCode: not 0 } => "NonZeroExitCode",
        _ => "None",
    };

    /// <summary>"3:0" or "0:9": the code and the signal.</summary>
    public static string ExitCode(Job job) => job.ExitCode > 128 ? $"0:{job.ExitCode - 128}" : $"{job.ExitCode}:0";

    /// <summary>"node[1-3,5]".</summary>
    public static string NodeList(IReadOnlyList<string> nodes)
    {
        if (nodes.Count < 2) return nodes.Count == 0 ? "" : nodes[0];
        var numbers = nodes.Select(node => int.Parse(node.AsSpan("node".Length), CultureInfo.InvariantCulture)).Order().ToList();
        var ranges = new List<(int From, int To)>();
        foreach (var number in numbers)
            if (ranges.Count > 0 && ranges[^1].To == number - 1) ranges[^1] = (ranges[^1].From, number);
            else ranges.Add((number, number));
        return $"node[{string.Join(',', ranges.Select(range => range.From == range.To ? $"{range.From}" : $"{range.From}-{range.To}"))}]";
    }

    /// <summary>The nodes of "node[1-3,5],node7".</summary>
    public static IReadOnlyList<string> Nodes(string list)
    {
        var nodes = new List<string>();
        foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(list, @"([^,\[]+)(?:\[([^\]]*)\])?"))
        {
            if (!match.Groups[2].Success) nodes.Add(match.Groups[1].Value);
            else
                foreach (var part in match.Groups[2].Value.Split(','))
                {
                    var ends = part.Split('-').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
                    nodes.AddRange(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1).Select(number => $"{match.Groups[1].Value}{number}"));
                }
        }
        return nodes;
    }

    /// <summary>"[days-]hours:minutes:seconds".</summary>
    public static string Span(TimeSpan? span) => span is not { } time ? Unlimited
        : time.Days > 0 ? $"{time.Days}-{time.Hours:00}:{time.Minutes:00}:{time.Seconds:00}"
        : time.Hours > 0 ? $"{time.Hours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";

    public static string Moment(DateTimeOffset? moment) => moment?.LocalDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) ?? "N/A";

    public static TimeSpan Elapsed(Simulation simulation, Job job) => job.Started is { } started ? (job.Ended ?? simulation.Now) - started : TimeSpan.Zero;

    /// <summary>minutes, minutes:seconds, hours:minutes:seconds, days-hours[:minutes[:seconds]]. Null for no limit.</summary>
    public static TimeSpan? Limit(string text)
    {
        if (text is "UNLIMITED" or "INFINITE" or "0") return null;
        var days = text.Split('-');
        var parts = days[^1].Split(':');
        var numbers = parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToList();
        if (numbers.Contains(-1) || numbers.Count > 3 || days.Length > 2) throw new Refused(1, $"sbatch: error: Invalid --time specification");
        if (days.Length == 2)
            return new TimeSpan(int.TryParse(days[0], CultureInfo.InvariantCulture, out var count) ? count
                : throw new Refused(1, "sbatch: error: Invalid --time specification"),
                numbers[0], numbers.ElementAtOrDefault(1), numbers.ElementAtOrDefault(2));
        return numbers.Count switch
        {
            1 => TimeSpan.FromMinutes(numbers[0]),
            2 => new TimeSpan(0, numbers[0], numbers[1]),
            _ => new TimeSpan(numbers[0], numbers[1], numbers[2]),
        };
    }

    /// <summary>What scripts and tasks know of their job.</summary>
    public static Dictionary<string, string> JobVariables(Simulation simulation, Job job)
    {
        var (request, id) = (job.Request, Simulation.Text(job.Id));
        var (nodes, list) = (Simulation.Text(request.Nodes), NodeList(job.On));
        var times = request.Nodes > 1 ? $"(x{request.Nodes})" : "";
        var all = new Dictionary<string, string>
        {
            ["SLURM_CLUSTER_NAME"] = "simbatch", ["SLURM_JOB_ID"] = id, ["SLURM_JOBID"] = id, ["SLURM_JOB_NAME"] = request.Name, ["SLURM_JOB_USER"] = job.User,
            ["SLURM_JOB_PARTITION"] = request.Queue, ["SLURM_JOB_NUM_NODES"] = nodes, ["SLURM_NNODES"] = nodes, ["SLURM_JOB_NODELIST"] = list,
            ["SLURM_NODELIST"] = list, ["SLURM_JOB_CPUS_PER_NODE"] = $"{request.Cores}{times}", ["SLURM_TASKS_PER_NODE"] = $"{request.TasksPerNode}{times}",
            ["SLURM_NTASKS"] = Simulation.Text(request.Nodes * request.TasksPerNode), ["SLURM_CPUS_ON_NODE"] = Simulation.Text(request.Cores),
            ["SLURM_JOB_START_TIME"] = Simulation.Text(job.Started!.Value.ToUnixTimeSeconds()),
        };
        if (simulation.EndOf(job) is { } end) all["SLURM_JOB_END_TIME"] = Simulation.Text(end.ToUnixTimeSeconds());
        if (request.Account.Length > 0) all["SLURM_JOB_ACCOUNT"] = request.Account;
        if (request.Qos.Length > 0) all["SLURM_JOB_QOS"] = request.Qos;
        return all;
    }
}
