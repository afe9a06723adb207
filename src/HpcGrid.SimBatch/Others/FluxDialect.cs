using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Others;

/// <summary>Flux 0.60, as far as people who run pilots use it: one program with words.</summary>
internal sealed class FluxDialect : Dialect
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    private static readonly OptionReader Submitting = new(OptionStyle.Gnu, """
        job-name= N|nodes= n|nslots= c|cores-per-slot= x|exclusive t|time-limit= output= error= signal= q|queue= B|bank= requires= cwd= env= o|setopt=
        S|setattr= wrap
        urgency= dependency= conf= g|gpus-per-slot=
        """.Replace('\n', ' '));

    private static readonly OptionReader Running = new(OptionStyle.Gnu,
        "N|nodes= n|ntasks= x|exclusive tasks-per-node= c|cores-per-task= o|setopt= l|label-io env= g|gpus-per-task= u|unbuffered");

    private static readonly OptionReader Listing = new(OptionStyle.Gnu, "a|all n|no-header c|count= o|format= u|user= f|filter= name= A json q|queue=");

    public override string Name => "flux";

    public override IReadOnlyList<string> Commands => ["flux"];

    public override string Filled(string path, long job) => path.Replace("{{id}}", Id(job), StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => call.Words is ["batch", ..] && call.Words.Skip(1).All(word => word[0] == '-');

    public override (int Code, string Error) Unreachable(string command) =>
        (1, "flux: ERROR: Unable to connect to Flux: ENOENT: No such file or directory (set --uri or FLUX_URI)\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) =>
        why == Ending.NodeFailed ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.Term), new(KillTimeout, Signals.Kill)];

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Words switch
    {
        ["batch", ..] => Submit(call with { Words = [.. call.Words.Skip(1)] }, simulation),
        ["jobs", ..] => List(call with { Words = [.. call.Words.Skip(1)] }, simulation, sight),
        ["cancel", ..] => Cancel(call.Words.Skip(1), simulation, sight),
        ["run", ..] => Launch(call with { Words = [.. call.Words.Skip(1)] }, simulation),
        ["getattr", "jobid"] => new Answer(Id(Launching.JobOf(call, simulation, () =>
            new Refused(1, "flux-getattr: jobid: No such file or directory")).Id) + "\n"),
        ["job", "timeleft"] => TimeLeft(Launching.JobOf(call, simulation, () => new Refused(1, "flux-job: not in a job")), simulation),
        _ => throw new Refused(1, $"flux: `{call.Words.FirstOrDefault()}' is not a flux command.  See 'flux --help'"),
    };

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var all = OfSubmission(simulation, job);
        all["FLUX_URI"] = $"local://{simulation.Setup.Home}/flux-{job.Id}";
        return all;
    }

    private static Answer Submit(Call call, Simulation simulation)
    {
        var command = Submitting.Read(call.Words, Unknown);
        var script = command.Rest.Count == 0 ? call.Input() : File.ReadAllText(Path.Combine(call.Folder, command.Rest[0]));
        var given = Submitting.Read(Directives.Read(script.Replace("\n#flux:", "\n#flux: ", StringComparison.Ordinal), "#flux:"), Unknown).With(command);
        if (given.Last("queue") is { } queue && queue != "batch") throw new Refused(1, $"flux-batch: ERROR: [Errno 22] Invalid queue name \"{queue}\"");
        var nodes = Number(given.Last("nodes", "1"));
        var name = given.Last("job-name", Path.GetFileName(command.Rest.FirstOrDefault() ?? "flux"));
        var job = simulation.Submit(new JobRequest
        {
            Name = name, Queue = given.Last("queue", "batch"), Account = given.Last("bank", ""), Nodes = nodes, Cores = simulation.Setup.Cores,
            Walltime = given.Last("time-limit") is { } limit ? Span(limit) : null, Warning = WarningOf(given.Last("signal")),
            Never = nodes > simulation.Setup.Nodes ? "unsatisfiable request" : "", Folder = given.Last("cwd", call.Folder), Append = true,
            Output = Path.Combine(call.Folder, given.Last("output", "flux-{{id}}.out")), Error = given.Last("error") is { } error
                ? Path.Combine(call.Folder, error) : null,
            Arguments = [.. given.Rest.Skip(1)], Environment = call.Environment, Script = script,
        });
        return job.Request.Never.Length == 0 ? new Answer(Id(job.Id) + "\n") : throw new Refused(1, $"flux-batch: ERROR: [Errno 22] {job.Request.Never}");
    }

    private static Answer List(Call call, Simulation simulation, Sight sight)
    {
        var given = Listing.Read(call.Words, word => new Refused(1, $"flux-jobs: ERROR: unrecognized arguments: {word}"));
        var format = given.Last("format", "{id.f58:>12} {name:<10} {state}");
        var text = new StringBuilder();
        if (!given.Has("no-header")) text.Append("JOBID NAME STATE\n");
        foreach (var job in sight.Jobs.Where(job => given.Has("all") || job.Phase != Phase.Ended).Take(Number(given.Last("count", "1000"))))
        {
            var line = format;
            foreach (var (name, value) in new Dictionary<string, string>
            {
                ["id.dec"] = Simulation.Text(job.Id), ["id.f58"] = Id(job.Id), ["id"] = Id(job.Id), ["name"] = job.Request.Name,
                    ["state"] = sight.Word(State(job)),
                ["result"] = Result(job), ["username"] = job.User, ["nnodes"] = Simulation.Text(job.Request.Nodes), ["nodelist"] = string.Join(',', job.On),
            })
                line = System.Text.RegularExpressions.Regex.Replace(line, $@"\{{{System.Text.RegularExpressions.Regex.Escape(name)}(:[^}}]*)?\}}", _ => value);
            text.Append(line).Append('\n');
        }
        return new Answer(text.ToString());
    }

    private static string State(Job job) => job.Phase switch
    {
        Phase.Queued => "SCHED", Phase.Held => "DEPEND", Phase.Running => job.Ending == Ending.None ? "RUN" : "CLEANUP", Phase.Leaving => "CLEANUP", _ =>
            "INACTIVE",
    };

    private static string Result(Job job) => job.Phase != Phase.Ended ? "" : job.Ending switch
    {
        Ending.Cancelled => "CANCELED", Ending.Walltime => "TIMEOUT", Ending.NodeFailed => "FAILED", _ => job.ExitCode == 0 ? "COMPLETED" : "FAILED",
    };

    private static Answer Cancel(IEnumerable<string> words, Simulation simulation, Sight sight)
    {
        var errors = new StringBuilder();
        foreach (var word in words.Where(word => word[0] != '-'))
            if (ReadId(word) is not { } id || sight.Find(id) is not { } job) errors.Append(CultureInfo.InvariantCulture, $"flux-cancel: {word}: unknown job\n");
            else if (job.Phase == Phase.Ended) errors.Append(CultureInfo.InvariantCulture, $"flux-cancel: {word}: job is inactive\n");
            else simulation.Cancel(job);
        return new Answer("", errors.Length > 0 ? 1 : 0, errors.ToString());
    }

    private static Answer Launch(Call call, Simulation simulation)
    {
        var given = Running.Read(call.Words, word => new Refused(1, $"flux-run: ERROR: unrecognized arguments: {word}"));
        var job = Launching.JobOf(call, simulation, () => new Refused(1, "flux-run: ERROR: not in a job"));
        var nodes = job.On.Take(Number(given.Last("nodes", Simulation.Text(job.On.Count)))).ToList();
        var perNode = given.Last("tasks-per-node") is { } each ? Number(each)
            : (int)Math.Ceiling(Number(given.Last("ntasks", Simulation.Text(nodes.Count))) / (double)nodes.Count);
        return Launching.Start(simulation, job, given.Rest, Launching.Places(nodes, perNode, perNode * nodes.Count), place => new Dictionary<string, string>
        {
            ["FLUX_TASK_RANK"] = Simulation.Text(place.Rank), ["FLUX_TASK_LOCAL_ID"] = Simulation.Text(place.LocalRank),
                ["FLUX_JOB_NNODES"] = Simulation.Text(nodes.Count),
            ["FLUX_JOB_SIZE"] = Simulation.Text(perNode * nodes.Count), ["FLUX_JOB_ID"] = Id(job.Id),
        });
    }

    private static Answer TimeLeft(Job job, Simulation simulation) =>
        new(simulation.EndOf(job) is { } end ? $"{Math.Max(0, (long)(end - simulation.Now).TotalSeconds)}\n" : "infinity\n");

    /// <summary>"ƒ" and the number in base 58; written f where the terminal speaks ASCII.</summary>
    private static string Id(long job)
    {
        var text = "";
        for (var left = job; left > 0; left /= 58) text = Base58[(int)(left % 58)] + text;
        return "f" + text;
    }

    private static long? ReadId(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        if (text.Length < 2 || text[0] is not ('f' or 'ƒ') || text.Skip(1).Any(c => !Base58.Contains(c, StringComparison.Ordinal))) return null;
        return text.Skip(1).Aggregate(0L, (sum, c) => (sum * 58) + Base58.IndexOf(c, StringComparison.Ordinal));
    }

    /// <summary>A number with s, m, h or d behind it.</summary>
    private static TimeSpan Span(string text)
    {
        var digits = text.TrimEnd('s', 'm', 'h', 'd');
        var number = double.TryParse(digits, CultureInfo.InvariantCulture, out var value) ? value
            : throw new Refused(1, $"flux-batch: ERROR: invalid Flux standard duration: {text}");
        return text[^1] switch { 'm' => TimeSpan.FromMinutes(number), 'h' => TimeSpan.FromHours(number), 'd' => TimeSpan.FromDays(number), _ =>
            TimeSpan.FromSeconds(number) };
    }

    private static Warning? WarningOf(string? text) => text?.Split('@') is not [var name, var before] ? null
        : new Warning(Signals.Read(name) ?? throw new Refused(1, $"flux-batch: ERROR: invalid signal {name}"), Span(before), Reach.Everything);

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new Refused(1, $"flux: ERROR: invalid number {text}");

    private static Refused Unknown(string option) => new(1, $"flux-batch: ERROR: unrecognized arguments: {option}");
}
