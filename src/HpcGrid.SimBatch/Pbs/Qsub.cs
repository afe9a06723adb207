using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Pbs;

/// <summary>qsub.</summary>
internal sealed class Qsub(Simulation simulation, bool isTorque)
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, "N= l= q= A= P= j= o= e= r= v= S= W= p= m= M= k= a= C= u= w= d= V h I z X f");

    private static readonly string[] Resources =
        ["walltime", "select", "place", "nodes", "ncpus", "mem", "vmem", "pmem", "nodect", "cput", "file", "software", "feature", "gres", "procs",
            "naccesspolicy", "host", "mpiprocs",
            "ppn", "size", "partition", "ngpus"];

    /// <summary>The script stands on standard input.</summary>
    public static bool ReadsInput(IReadOnlyList<string> words)
    {
        try { return Options.Read(words, Unknown) is { Rest.Count: 0 }; }
        catch (Refused) { return false; }
    }

    public Answer Run(Call call)
    {
        var command = Options.Read(call.Words, Unknown);
        var isProgram = call.Words.Contains("--") && command.Rest.Count > 0;
        var script = isProgram ? "" : command.Rest.Count == 0 ? call.Input() : Script(command.Rest[0], call.Folder);
        var given = Options.Read(Directives.Read(script, "#PBS"), Unknown).With(command);
        if (isTorque && script.Length > 0 && !script.StartsWith("#!", StringComparison.Ordinal)) script = "#!/bin/sh\n" + script;
        var job = simulation.Submit(Request(given, script.StartsWith("#!", StringComparison.Ordinal) ? script : "#!/bin/sh\n" + script, call, isProgram));
        return new Answer(PbsText.Id(job.Id) + "\n");
    }

    private JobRequest Request(Given given, string script, Call call, bool isProgram)
    {
        var resources = Listed(given);
        var queue = given.Last("q", PbsText.Queue);
        if (queue is not (PbsText.Queue or "long" or "batch")) throw new Refused(PbsText.UnknownQueue, isTorque
            ? "qsub: submit error (Unknown queue MSG=cannot locate queue)" : "qsub: Unknown queue");
        var name = given.Last("N", isProgram ? Path.GetFileName(given.Rest[0]) : given.Rest.Count > 0 ? Path.GetFileName(given.Rest[0]) : "STDIN");
        if (name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) throw new Refused(2, "qsub: illegal -N value");
        var (nodes, cores, memory) = Shape(resources);
        var joined = given.Last("j") is "oe" or "eo";
        var place = resources.GetValueOrDefault("place", isTorque || resources.ContainsKey("nodes") ? "scatter" : "free");
        return new JobRequest
        {
            Name = name, Queue = queue, Account = given.Last("A", ""), Nodes = nodes, Cores = cores, MemoryMib = memory, Walltime = Walltime(resources),
            IsPacked = !place.Contains("scatter", StringComparison.Ordinal), Requeue = given.Last("r", "y") == "y", Held = given.Has("h"),
            Never = cores > simulation.Setup.Cores || nodes > simulation.Setup.Nodes * Math.Max(1, simulation.Setup.Cores / cores)
                ? "Can Never Run: Insufficient amount of resource: ncpus" : "",
            Folder = call.Folder, Delivered = true, Output = Output(given.Last("o"), call.Folder, $"{name}.o%J"),
            Error = joined ? null : Output(given.Last("e"), call.Folder, $"{name}.e%J"), Arguments = isProgram ? given.Rest : [.. given.Rest.Skip(1)],
            IsProgram = isProgram, Environment = Handed(given, call.Environment), Script = script,
        };
    }

    private Dictionary<string, string> Listed(Given given)
    {
        var all = new Dictionary<string, string>();
        foreach (var word in given.All("l").SelectMany(list => list.Split(',')))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var (resource, value) = at < 0 ? (word, "") : (word[..at], word[(at + 1)..]);
            if (!Resources.Contains(resource)) throw new Refused(173, isTorque
                ? $"qsub: submit error (Unknown resource type  Resource_List.{resource})" : $"qsub: Unknown resource: {resource}");
            all[resource] = value;
        }
        return all;
    }

    /// <summary>select=2:ncpus=4:mem=100mb, or nodes=2:ppn=4.</summary>
    private static (int Nodes, int Cores, long Memory) Shape(Dictionary<string, string> resources)
    {
        var words = (resources.GetValueOrDefault("select") ?? resources.GetValueOrDefault("nodes") ?? "1").Split(':');
        var parts = words.Where(word => word.Contains('=', StringComparison.Ordinal)).Select(word => word.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        var nodes = int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1;
        var cores = Number(parts.GetValueOrDefault("ncpus") ?? parts.GetValueOrDefault("ppn") ?? resources.GetValueOrDefault("ncpus") ?? "1");
        return nodes > 0 && cores > 0 ? (nodes, (int)cores, Memory(parts.GetValueOrDefault("mem") ?? "0"))
            : throw new Refused(168, "qsub: Illegal attribute or resource value");
    }

    private static TimeSpan? Walltime(Dictionary<string, string> resources)
    {
        if (!resources.TryGetValue("walltime", out var text)) return null;
        var seconds = 0L;
        foreach (var part in text.Split(':')) seconds = (seconds * 60) + Number(part);
        return TimeSpan.FromSeconds(seconds);
    }

    private static long Memory(string text)
    {
        var digits = text.TrimEnd('b', 'B', 'w', 'k', 'm', 'g', 't', 'K', 'M', 'G', 'T');
        return text[digits.Length..].ToLowerInvariant() switch
        {
            "gb" or "g" => Number(digits) * 1024, "tb" => Number(digits) * 1024 * 1024, "kb" => Number(digits) / 1024, "mb" or "m" => Number(digits), _ =>
                Number(digits) / 1024 / 1024,
        };
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new Refused(168, "qsub: Illegal attribute or resource value");

    /// <summary>"[host:]path"; a folder gets a file with the usual name.</summary>
    private static string Output(string? wish, string folder, string usual)
    {
        var path = Path.Combine(folder, wish is null ? usual : wish.Contains(':', StringComparison.Ordinal)
            ? wish[(wish.IndexOf(':', StringComparison.Ordinal) + 1)..] : wish);
        return Directory.Exists(path) ? Path.Combine(path, usual) : path;
    }

    private static Dictionary<string, string> Handed(Given given, IReadOnlyDictionary<string, string> environment)
    {
        var all = given.Has("V") ? new Dictionary<string, string>(environment) : [];
        foreach (var word in given.All("v").SelectMany(list => list.Split(',')))
            if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) all[word[..at]] = word[(at + 1)..];
            else if (environment.TryGetValue(word, out var value)) all[word] = value;
        return all;
    }

    private static string Script(string name, string folder) => File.Exists(Path.Combine(folder, name)) ? File.ReadAllText(Path.Combine(folder, name))
        : throw new Refused(1, $"qsub: script file {name} cannot be loaded - No such file or directory");

    private static Refused Unknown(string option) =>
        new(2, $"qsub: invalid option -- '{option.TrimStart('-')}'\nusage: qsub [-a date_time] [-A account_string] [-l resource_list] [script | -- "
        + $"executable]");
}
