using System.Globalization;
using HpcGrid.Agent.Processes;
using HpcGrid.Core;
using HpcGrid.Core.Sites;

namespace HpcGrid.Agent;

/// <summary>What the pilot's script tells the agent on its command line.</summary>
internal sealed record AgentOptions
{
    public required string Spool { get; init; }
    public required string Node { get; init; }
    public required string Site { get; init; }
    public required string Work { get; init; }
    public string BatchId { get; init; } = "none";
    public string Pilot { get; init; } = "";
    public int Cores { get; init; } = Environment.ProcessorCount;
    /// <summary>Null: memory is not accounted for.</summary>
    public long? MemoryMib { get; init; }
    /// <summary>Null: disk is not accounted for.</summary>
    public long? DiskMib { get; init; }
    /// <summary>GPUs and whatever else is counted.</summary>
    public Counters Counters { get; init; } = Counters.None;
    /// <summary>The site's program that starts jobs over several nodes; null where there is none.</summary>
    public string? Launcher { get; init; }
    /// <summary>A folder that all nodes see, for the sandboxes of jobs over several; null: they are in <see cref="Work"/>.</summary>
    public string? SharedWork { get; init; }
    public DateTimeOffset? Deadline { get; init; }
    public TimeSpan? IdleExit { get; init; }
    public TimeSpan? DrainMargin { get; init; }
    public TimeSpan? StopMargin { get; init; }
    /// <summary>After SIGTERM running jobs may go on so long.</summary>
    public TimeSpan TermWait { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Between TERM and KILL.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>A control group delegated to the agent, as its folder; "none" to use none; null to look whether its own one is.</summary>
    public string? Cgroup { get; init; }
    /// <summary>Null: log to stderr only.</summary>
    public string? Log { get; init; }
    /// <summary>All intervals of the protocol times this; the bridge must use the same.</summary>
    public double Pace { get; init; } = 1;

    /// <summary>Null: the use of the spool is not written down.</summary>
    public string? Use { get; init; }

    public const string Help = """
        hpcgrid-agent: runs the jobs of work-queue files on one compute node. It opens no socket; it talks through the spool directory alone.

        usage: hpcgrid-agent --spool ROOT --node NAME --site SITE --work DIR [options]

          --spool ROOT          the spool on the shared filesystem
          --node NAME           this node's name
          --site SITE           the site that grants must name
          --work DIR            folder for sandboxes, on the node's own disk
          --cores N             cores to use (default: all)
          --memory MIB          memory to use; without it memory is not accounted for
          --counters LIST       what else is counted here, as "licence=2"; GPUs are found by themselves unless given ("gpu=4")
          --launcher FILE       starts jobs over several nodes: FILE HOSTFILE NODES TASKS-PER-NODE PROGRAM [ARGUMENT...]
          --shared-work DIR     sandboxes of jobs over several nodes, in a folder that all nodes see (default: --work)
          --disk MIB            room for sandboxes; without it disk is not accounted for
          --batch-id ID         the batch system's job id
          --pilot TAG           the bridge's tag of this pilot
          --deadline SECONDS    Unix time at which the batch system ends the job
          --drain-margin SEC    claim nothing more so long before the deadline (600, or a fifth of a short life)
          --stop-margin SEC     stop running jobs so long before the deadline (120, or a tenth of a short life)
          --idle-exit SEC       exit after so long without any work
          --term-wait SEC       after SIGTERM let running jobs go on so long (5)
          --grace SEC           between TERM and KILL (10)
          --pace FACTOR         all intervals of the protocol times this; must be the bridge's
          --cgroup DIR          a control group (version 2) delegated to the agent; "none" for none (default: its own one, if delegated)
          --log FILE            log there too
          --use FILE            keep there, with every heartbeat, what was asked of the shared filesystem (JSON)

        signals: SIGUSR1 drains (unstarted jobs are handed back, running ones go on to the margin); SIGTERM, SIGINT, SIGHUP,
          SIGUSR2, SIGXCPU end soon.
        exit codes: 0 done; 1 fault of the agent; 2 wrong options; 3 spool or work folder not usable; 4 fenced or lost the spool; 5 results could
          not be published and are in the log.

        examples:
          hpcgrid-agent --spool /lustre/grid/spool --node $(hostname -s) --site ORNL --work /tmp/hpcgrid --batch-id $PBS_JOBID --deadline 1767225600
          hpcgrid-agent --spool /tmp/spool --node n1 --site local --work /tmp/work --cores 2 --idle-exit 30
        """;

    /// <summary>Reads the command line. Throws GridError(Invalid).</summary>
    public static AgentOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = ReadPairs(arguments);
        string Required(string name) => values.Remove(name, out var value) ? value : throw Wrong($"--{name} is missing");
        string? Text(string name) => values.Remove(name, out var value) ? value : null;
        double? Number(string name) => Text(name) is { } text ? ReadNumber(name, text) : null;
        TimeSpan? Seconds(string name) => Number(name) is { } number ? TimeSpan.FromSeconds(number) : null;

        var options = new AgentOptions
        {
            Spool = Required("spool"),
            Node = Required("node"),
            Site = Required("site"),
            Work = Required("work"),
            BatchId = Text("batch-id") ?? "none",
            Pilot = Text("pilot") ?? "",
            Cores = (int?)Number("cores") ?? Environment.ProcessorCount,
            MemoryMib = Some((long?)Number("memory")),
            DiskMib = Some((long?)Number("disk")),
            Counters = Counted(Text("counters")),
            Launcher = Text("launcher"),
            SharedWork = Text("shared-work"),
            Deadline = Number("deadline") is { } deadline ? DateTimeOffset.FromUnixTimeMilliseconds((long)(deadline * 1000)) : null,
            IdleExit = Seconds("idle-exit"),
            DrainMargin = Seconds("drain-margin"),
            StopMargin = Seconds("stop-margin"),
            TermWait = Seconds("term-wait") ?? TimeSpan.FromSeconds(5),
            Grace = Seconds("grace") ?? TimeSpan.FromSeconds(10),
            Pace = Number("pace") ?? 1,
            Cgroup = Text("cgroup"),
            Log = Text("log"),
            Use = Text("use"),
        };
        if (values.Count > 0) throw Wrong($"--{values.Keys.First()} is not known");
        return options.Cores >= 1 ? options : throw Wrong("--cores must be at least 1");
    }

    private static GridError Wrong(string message) => GridError.Invalid(message, "See hpcgrid-agent --help.");

    private static Counters Counted(string? text)
    {
        var counters = Counters.Parse(text ?? "");
        return counters.Of(Counters.Gpu) > 0 || Gpus.Count() is not (> 0 and var found)
            ? counters
            : counters.Plus(Counters.From([new(Counters.Gpu, found * Counters.One)]));
    }

    private static long? Some(long? mebibytes) => mebibytes > 0 ? mebibytes : null;

    private static Dictionary<string, string> ReadPairs(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal)) throw Wrong($"'{arguments[i]}' is not an option");
            if (i + 1 == arguments.Count) throw Wrong($"{arguments[i]} needs a value");
            if (!values.TryAdd(arguments[i][2..], arguments[i + 1])) throw Wrong($"{arguments[i]} is given twice");
        }
        return values;
    }

    private static double ReadNumber(string name, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
            ? number
            : throw Wrong($"--{name} {text}: a number is wanted");
}
