using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Others;

/// <summary>Cobalt, as on the machines of ALCF: scripts run on a service node, aprun leads to the others, and nothing is remembered of what has ended.</summary>
internal sealed class CobaltDialect : Dialect
{
    private const string Queue = "default";
    private static readonly TimeSpan BeforeKill = TimeSpan.FromSeconds(30);

    private static readonly OptionReader Submitting = new(OptionStyle.Gnu,
        "n|nodecount= t|time= jobname= o|output= e|error= q|queue= A|project= attrs= O|outputprefix= cwd= env= M|notify= mode= proccount= dependencies= "
            + "h|held debuglog=");

    public override string Name => "cobalt";

    public override IReadOnlyList<string> Commands => ["qsub", "qstat", "qdel"];

    public override string Filled(string path, long job) => path.Replace("$jobid", Text(job), StringComparison.Ordinal);

    public override bool ReadsInput(Call call) => false;

    public override (int Code, string Error) Unreachable(string command) => (1, "Failed to connect to queue manager\n");

    public override IReadOnlyList<EndStep> Steps(Job job, Ending why) =>
        why == Ending.NodeFailed ? [new(TimeSpan.Zero, Signals.Kill)] : [new(TimeSpan.Zero, Signals.Term), new(BeforeKill, Signals.Kill)];

    public override Answer Run(Call call, Simulation simulation, Sight sight) => call.Command switch
    {
        "qsub" => Submit(call, simulation),
        "qstat" => List(sight),
        "qdel" => Delete(call, simulation, sight),
        _ => throw new Refused(127, $"{call.Command}: command not found"),
    };

    public override IReadOnlyDictionary<string, string> Environment(Simulation simulation, Job job)
    {
        var all = OfSubmission(simulation, job);
        all["COBALT_JOBID"] = Text(job.Id);
        all["COBALT_PARTNAME"] = all["COBALT_LOCATION"] = string.Join(',', job.On.Select(node => node["node".Length..]));
        all["COBALT_PARTSIZE"] = all["COBALT_JOBSIZE"] = Text(job.Request.Nodes);
        all["COBALT_STARTTIME"] = Text(job.Started!.Value.ToUnixTimeSeconds());
        if (simulation.EndOf(job) is { } end) all["COBALT_ENDTIME"] = Text(end.ToUnixTimeSeconds());
        return all;
    }

    private static Answer Submit(Call call, Simulation simulation)
    {
        var command = Submitting.Read(call.Words, Unknown);
        if (command.Rest.Count == 0) throw new Refused(1, "No command or script is given");
        var script = File.ReadAllText(Path.Combine(call.Folder, command.Rest[0]));
        var given = Submitting.Read(Directives.Read(script, "#COBALT"), Unknown).With(command);
        if (given.Last("queue", Queue) is var queue && queue != Queue) throw new Refused(1, $"Queue '{queue}' does not exist");
        var minutes = given.Last("time", "5").Split(':').Aggregate(0, (sum, part) => (sum * 60) + int.Parse(part, CultureInfo.InvariantCulture));
        var nodes = int.Parse(given.Last("nodecount", "1"), CultureInfo.InvariantCulture);
        var name = given.Last("jobname", Path.GetFileName(command.Rest[0]));
        var prefix = Path.Combine(call.Folder, given.Last("outputprefix", "$jobid"));
        var output = Path.Combine(call.Folder, given.Last("output", prefix + ".output"));
        var error = Path.Combine(call.Folder, given.Last("error", prefix + ".error"));
        var job = simulation.Submit(new JobRequest
        {
            Name = name, Queue = queue, Account = given.Last("project", ""), Nodes = nodes, Cores = simulation.Setup.Cores,
                Walltime = TimeSpan.FromMinutes(minutes),
            Held = given.Has("held"), Never = nodes > simulation.Setup.Nodes ? "too many nodes" : "", Folder = call.Folder, Output = output,
            Error = error == output ? null : error, Append = true, Arguments = [.. given.Rest.Skip(1)], Environment = call.Environment, Script = script,
        });
        return new Answer($"{job.Id}\n");
    }

    private static string State(Job job) => job.Phase switch
    {
        Phase.Queued => "queued",
        Phase.Held => "user_hold",
        Phase.Running => job.Ending == Ending.None ? "running" : "killing",
        _ => "exiting",
    };

    private static Answer List(Sight sight)
    {
        var text = new StringBuilder();
        foreach (var job in sight.Jobs.Where(job => job.Phase != Phase.Ended))
            text.Append(CultureInfo.InvariantCulture, $"JobID: {job.Id}\n    JobName     : {job.Request.Name}\n    State       : {sight.Word(State(job))}\n\n");
        return new Answer(text.ToString(), text.Length > 0 ? 0 : 1);
    }

    private static Answer Delete(Call call, Simulation simulation, Sight sight)
    {
        var (said, errors) = (new StringBuilder(), new StringBuilder());
        foreach (var word in call.Words)
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || sight.Find(id) is not { Phase: not Phase.Ended } job)
                errors.Append(CultureInfo.InvariantCulture, $"qdel: Error: Job {word} not found\n");
            else
            {
                simulation.Cancel(job);
                said.Append(CultureInfo.InvariantCulture, $"      Deleted Jobs\nJobID  User\n=============\n{id}  {job.User}\n");
            }
        return new Answer(said.ToString(), errors.Length > 0 ? 1 : 0, errors.ToString());
    }

    private static Refused Unknown(string option) => new(2, $"qsub: error: no such option: {option}");
}
