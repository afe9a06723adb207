using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>squeue: what waits and runs, and what ended within MinJobAge.</summary>
internal sealed partial class Squeue(Simulation simulation, Sight sight)
{
    private static readonly TimeSpan MinJobAge = TimeSpan.FromSeconds(300);

    private static readonly OptionReader Options = new(OptionStyle.Gnu,
        "h|noheader t|states= u|user= o|format= j|jobs= p|partition= n|name= me l|long w|nodelist= S|sort= a|all start r|array");

    private static readonly string[] Pending = ["PENDING", "RUNNING", "COMPLETING"];

    public Answer Run(Call call)
    {
        var given = Options.Read(call.Words, word => new Refused(1, $"squeue: unrecognized option '{word}'\nTry \"squeue --help\" for more information"));
        var jobs = sight.Jobs.Where(job => job.Phase != Phase.Ended || simulation.Now - job.Ended < MinJobAge);
        if (given.Last("jobs") is { } list) jobs = Named(list, [.. jobs]);
        if (given.Has("me")) jobs = jobs.Where(job => job.User == Environment.UserName);
        if (given.Last("user") is { } users) jobs = jobs.Where(job => users.Split(',').Contains(job.User));
        if (given.Last("partition") is { } partitions) jobs = jobs.Where(job => partitions.Split(',').Contains(job.Request.Queue));
        if (given.Last("name") is { } names) jobs = jobs.Where(job => names.Split(',').Contains(job.Request.Name));
        var states = given.Last("states")?.ToUpperInvariant().Split(',') ?? Pending;
        if (!states.Contains("ALL")) jobs = jobs.Where(job => states.Contains(SlurmText.State(job)) || states.Contains(SlurmText.Short(SlurmText.State(job))));
        var format = given.Last("format", "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R");
        var text = new StringBuilder();
        if (!given.Has("noheader")) text.Append(Line(format, Header)).Append('\n');
        foreach (var job in jobs) text.Append(Line(format, code => Field(job, code))).Append('\n');
        return new Answer(text.ToString());
    }

    private static IEnumerable<Job> Named(string list, IReadOnlyList<Job> jobs)
    {
        var ids = list.Split(',');
        var found = jobs.Where(job => ids.Contains(Simulation.Text(job.Id))).ToList();
        return found.Count > 0 || ids.Length > 1 ? found : throw new Refused(1, "slurm_load_jobs error: Invalid job id specified");
    }

    /// <summary>"%.18i" is right-justified in 18 columns, "%i" as wide as it is.</summary>
    private static string Line(string format, Func<char, string> field) => Specifier().Replace(format, match =>
    {
        var value = field(match.Groups["code"].Value[0]);
        if (!int.TryParse(match.Groups["width"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var width)) return value;
        var cut = value.Length > width ? value[..width] : value;
        return match.Groups["right"].Success ? cut.PadLeft(width) : cut.PadRight(width);
    });

    private string Field(Job job, char code) => code switch
    {
        'i' or 'A' or 'F' => Simulation.Text(job.Id),
        'j' => job.Request.Name,
        'T' => sight.Word(SlurmText.State(job)),
        't' => sight.Word(SlurmText.Short(SlurmText.State(job))),
        'r' => SlurmText.Reason(job),
        'u' => job.User,
        'P' => job.Request.Queue,
        'a' => job.Request.Account,
        'q' => job.Request.Qos,
        'M' => SlurmText.Span(SlurmText.Elapsed(simulation, job)),
        'l' => SlurmText.Span(job.Request.Walltime),
        'L' => simulation.EndOf(job) is { } end ? SlurmText.Span(end > simulation.Now ? end - simulation.Now : TimeSpan.Zero) : "UNLIMITED",
        'D' => Simulation.Text(job.Request.Nodes),
        'C' => Simulation.Text(job.Request.Nodes * job.Request.Cores),
        'N' => SlurmText.NodeList(job.On),
        'R' => job.On.Count > 0 ? SlurmText.NodeList(job.On) : $"({SlurmText.Reason(job)})",
        'V' => SlurmText.Moment(job.Submitted),
        'S' => SlurmText.Moment(job.Started),
        'e' => SlurmText.Moment(job.Ended ?? simulation.EndOf(job)),
        'Z' => job.Request.Folder,
        _ => "",
    };

    private static string Header(char code) => code switch
    {
        'i' => "JOBID", 'j' => "NAME", 'T' => "STATE", 't' => "ST", 'r' => "REASON", 'u' => "USER", 'P' => "PARTITION", 'a' => "ACCOUNT", 'q' =>
            "QOS", 'M' => "TIME",
        'l' => "TIME_LIMIT", 'L' => "TIME_LEFT", 'D' => "NODES", 'C' => "CPUS", 'N' => "NODELIST", 'R' => "NODELIST(REASON)", 'V' => "SUBMIT_TIME", 'S' =>
            "START_TIME",
        'e' => "END_TIME", 'Z' => "WORK_DIR", _ => "",
    };

    [GeneratedRegex(@"%(?<right>\.)?(?<width>\d+)?(?<code>[A-Za-z])")]
    private static partial Regex Specifier();
}
