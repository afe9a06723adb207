using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Lsf;

/// <summary>bsub: a script on standard input, or a command.</summary>
internal sealed class Bsub(Simulation simulation)
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, """
        J= nnodes= n= W= We= o= e= oo= eo= q= P= G= R= wa= wt= cwd= env= M= m= sp= u= w= a= app= core_isolation= alloc_flags= U= jobd= Jd= L= b= t= gpu= ul
        rn r x H I Is N B K XF notify= smt= ptile= outdir= stage= cn_cu= csm= hostfile=
        """.Replace('\n', ' '));

    public static bool ReadsInput(IReadOnlyList<string> words)
    {
        try { return Options.Read(words, Unknown) is { Rest.Count: 0 }; }
        catch (Refused) { return false; }
    }

    public Answer Run(Call call)
    {
        var command = Options.Read(call.Words, Unknown);
        var isProgram = command.Rest.Count > 0;
        var script = isProgram ? $"#!/bin/sh\n{string.Join(' ', command.Rest)}\n" : call.Input();
        var given = isProgram ? command : Options.Read(Directives.Read(script, "#BSUB"), Unknown).With(command);
        var queue = given.Last("q", LsfText.Queue);
        if (queue is not (LsfText.Queue or "batch" or "long")) throw new Refused(255, $"{queue}: No such queue. Job not submitted.");
        var job = simulation.Submit(Request(given, script, call, queue));
        return new Answer($"Job <{job.Id}> is submitted to {(given.Has("q") ? "" : "default ")}queue <{queue}>.\n");
    }

    private JobRequest Request(Given given, string script, Call call, string queue)
    {
        var perNode = Spread(given.All("R")) ?? 0;
        var slots = Number(given.Last("n", "1").Split(',')[0], "-n");
        var nodes = given.Last("nnodes") is { } count ? Number(count, "-nnodes") : perNode > 0 ? (int)Math.Ceiling(slots / (double)perNode) : 1;
        // Nodes that are asked for as such are whole ones.
        var cores = given.Has("nnodes") || given.Has("x") ? simulation.Setup.Cores : perNode > 0 ? perNode : slots;
        var (output, append) = given.Last("oo") is { } over ? (over, false) : (given.Last("o", "/dev/null"), true);
        return new JobRequest
        {
            Name = given.Last("J", isNamed(script)), Queue = queue, Account = given.Last("P", ""), Nodes = nodes, Cores = cores,
            Walltime = given.Last("W") is { } limit ? Limit(limit) : null, Warning = WarningOf(given), Requeue = given.Has("r") && !given.Has("rn"),
                Held = given.Has("H"),
            Never = nodes > simulation.Setup.Nodes || cores > simulation.Setup.Cores ? "Not enough processors to meet the job's spanning requirement;" : "",
            Folder = given.Last("cwd", call.Folder), Output = Path.Combine(call.Folder, output), Append = append, Delivered = true,
            Error = (given.Last("eo") ?? given.Last("e")) is { } error ? Path.Combine(call.Folder, error) : null, Environment = Handed(given, call.Environment),
            Script = script.StartsWith("#!", StringComparison.Ordinal) ? script : "#!/bin/sh\n" + script,
        };

        // LSF names a job by its command.
        static string isNamed(string script) => script.Split('\n').FirstOrDefault(line => line.Trim().Length > 0 && line[0] != '#')?.Trim() ?? "NONAME";
    }

    /// <summary>span[ptile=4], span[hosts=1].</summary>
    private static int? Spread(IEnumerable<string> requirements)
    {
        foreach (var text in requirements)
            if (System.Text.RegularExpressions.Regex.Match(text, @"ptile=(\d+)") is { Success: true } match) return int.Parse(match.Groups[1].Value,
                CultureInfo.InvariantCulture);
        return null;
    }

    private static Warning? WarningOf(Given given) => given.Last("wa") is not { } action ? null
        : new Warning(Signals.Read(action) ?? throw new Refused(255, $"{action}: Bad warning action. Job not submitted."), Limit(given.Last("wt", "2")),
            Reach.Everything);

    /// <summary>[hours:]minutes[/host]; with seconds where LSF has ABS_RUNLIMIT in seconds it is not told apart.</summary>
    private static TimeSpan Limit(string text)
    {
        var minutes = 0;
        foreach (var part in text.Split('/')[0].Split(':')) minutes = (minutes * 60) + Number(part, "-W");
        return TimeSpan.FromMinutes(minutes);
    }

    private static Dictionary<string, string> Handed(Given given, IReadOnlyDictionary<string, string> environment)
    {
        if (given.Last("env") is not { } wish) return new Dictionary<string, string>(environment);
        var words = wish.Split(',').Select(word => word.Trim()).ToList();
        var all = words.Contains("all") ? new Dictionary<string, string>(environment) : [];
        foreach (var word in words.Where(word => word is not ("all" or "none")))
            if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) all[word[..at]] = word[(at + 1)..];
            else if (environment.TryGetValue(word, out var value)) all[word] = value;
        return all;
    }

    private static int Number(string text, string option) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new Refused(255, $"{text}: Bad value for option {option}. Job not submitted.");

    private static Refused Unknown(string option) => new(255, $"bsub: illegal option -- {option.TrimStart('-')}\nIllegal option. Job not submitted.");
}
