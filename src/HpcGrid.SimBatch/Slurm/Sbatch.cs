using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Slurm;

/// <summary>sbatch: options of the script, and of the command line over them.</summary>
internal sealed class Sbatch(Simulation simulation)
{
    private static readonly OptionReader Options = new(OptionStyle.Gnu, """
        J|job-name= N|nodes= n|ntasks= ntasks-per-node= c|cpus-per-task= t|time= o|output= e|error= open-mode= signal= mem= mem-per-cpu= p|partition= A|account=
        q|qos= D|chdir= C|constraint= L|licenses= G|gpus= gres= reservation= w|nodelist= x|exclude= mail-type= mail-user= export= comment= d|dependency=
        wrap= b|begin=
        exclusive? H|hold parsable requeue no-requeue O|overcommit Q|quiet W|wait s|oversubscribe gpus-per-node= tmp= hint= core-spec= S|core-spec= k|no-kill
        """.Replace('\n', ' '));

    /// <summary>The script stands on standard input.</summary>
    public static bool ReadsInput(IReadOnlyList<string> words)
    {
        try { return Options.Read(words, Unknown) is { Rest.Count: 0 } given && !given.Has("wrap"); }
        catch (Refused) { return false; }
    }

    public Answer Run(Call call)
    {
        var command = Options.Read(call.Words, Unknown);
        var script = command.Last("wrap") is { } wrapped ? $"#!/bin/sh\n# This script was created by sbatch --wrap.\n\n{wrapped}\n" : Script(command, call);
        if (!script.StartsWith("#!", StringComparison.Ordinal))
            throw new Refused(1,
                "sbatch: error: This does not look like a batch script.  The first\nsbatch: error: line must start with #! followed by the path to an "
                + "interpreter.\n"
                + "sbatch: error: For instance: #!/bin/sh");
        var given = Options.Read(Directives.Read(script, "#SBATCH"), Unknown).With(command);
        var job = simulation.Submit(Request(given, script, call));
        return new Answer(given.Has("parsable") ? $"{job.Id}\n" : $"Submitted batch job {job.Id}\n");
    }

    private JobRequest Request(Given given, string script, Call call)
    {
        var partition = given.Last("partition", SlurmText.Partition);
        if (!SlurmText.Partitions.TryGetValue(partition, out var most))
            throw Failed($"invalid partition specified: {partition}\nsbatch: error: Batch job submission failed: Invalid partition name specified");
        var perNode = Number(given, "ntasks-per-node", 1);
        var nodes = Number(given, "nodes", Math.Max(1, (int)Math.Ceiling(Number(given, "ntasks", 1) / (double)perNode)));
        var tasks = given.Has("ntasks-per-node") ? perNode : Math.Max(1, (int)Math.Ceiling(Number(given, "ntasks", nodes) / (double)nodes));
        var cores = given.Has("exclusive") ? simulation.Setup.Cores : tasks * Number(given, "cpus-per-task", 1);
        if (nodes > simulation.Setup.Nodes || cores > simulation.Setup.Cores)
            throw Failed("Batch job submission failed: Requested node configuration is not available");
        var limit = given.Last("time") is { } time ? SlurmText.Limit(time) : most;
        var folder = given.Last("chdir", call.Folder);
        var name = given.Last("job-name", Path.GetFileName(given.Rest.FirstOrDefault() ?? "sbatch"));
        return new JobRequest
        {
            Name = name, Queue = partition, Account = given.Last("account", ""), Qos = given.Last("qos", ""), Nodes = nodes, Cores = cores,
                TasksPerNode = tasks,
            MemoryMib = Memory(given.Last("mem", "0")), Walltime = limit, Warning = WarningOf(given.Last("signal")),
            Requeue = given.Options.LastOrDefault(option => option.Name is "requeue" or "no-requeue").Name != "no-requeue", Held = given.Has("hold"),
            Never = limit > most ? "PartitionTimeLimit" : "", Folder = folder, Append = given.Last("open-mode", "truncate").StartsWith('a'),
            Output = Pattern(given.Last("output", "slurm-%j.out"), folder, name), Error = given.Last("error") is { } error
                ? Pattern(error, folder, name) : null,
            Arguments = [.. given.Rest.Skip(1)], Environment = Exported(given.Last("export", "ALL"), call.Environment), Script = script,
        };
    }

    /// <summary>%j is filled in when the number is known.</summary>
    private static string Pattern(string path, string folder, string name) =>
        Path.Combine(folder, path.Replace("%x", name, StringComparison.Ordinal).Replace("%A", "%j", StringComparison.Ordinal));

    private static Dictionary<string, string> Exported(string wish, IReadOnlyDictionary<string, string> environment)
    {
        var words = wish.Split(',');
        var all = new Dictionary<string, string>(words.Contains("ALL") ? environment : environment
            .Where(pair => pair.Key is "HOME" or "USER" or "PATH" or "SHELL"));
        foreach (var word in words.Where(word => word is not ("ALL" or "NONE" or "NIL")))
            if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) all[word[..at]] = word[(at + 1)..];
            else if (environment.TryGetValue(word, out var value)) all[word] = value;
        return all;
    }

    /// <summary>"[B:]SIGNAL[@SECONDS]", a minute before the end unless told.</summary>
    private static Warning? WarningOf(string? text)
    {
        if (text is null) return null;
        var parts = text.Split(':')[^1].Split('@');
        var seconds = parts.Length > 1 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 60;
        return new Warning(Signals.Read(parts[0]) ?? throw Failed($"Invalid --signal specification"), TimeSpan.FromSeconds(seconds),
            text.Contains("B:", StringComparison.Ordinal) ? Reach.Script : Reach.Everything);
    }

    private static long Memory(string text)
    {
        var unit = char.ToUpperInvariant(text[^1]);
        var digits = char.IsDigit(unit) ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Failed("Invalid --mem specification");
        return unit switch { 'K' => number / 1024, 'G' => number * 1024, 'T' => number * 1024 * 1024, _ => number };
    }

    private static int Number(Given given, string option, int otherwise) => given.Last(option) is not { } text ? otherwise
        // A range of nodes asks for its least.
        : int.TryParse(text.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw Failed($"Invalid numeric value \"{text}\" for --{option}.");

    private static string Script(Given command, Call call)
    {
        if (command.Rest.Count == 0) return call.Input();
        var path = Path.Combine(call.Folder, command.Rest[0]);
        return File.Exists(path) ? File.ReadAllText(path) : throw Failed($"Unable to open file {command.Rest[0]}");
    }

    private static Refused Failed(string why) => new(1, $"sbatch: error: {why}");

    private static Refused Unknown(string option) => new(1, $"sbatch: unrecognized option '{option}'\nTry \"sbatch --help\" for more information");
}
