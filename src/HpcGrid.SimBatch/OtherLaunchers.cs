using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch;

/// <summary>Launchers that belong to a machine more than to its batch system: aprun of Crays, jsrun of Summit, mpiexec of Hydra, Open MPI and PALS.</summary>
internal static class OtherLaunchers
{
    public static readonly IReadOnlyList<string> Names = ["aprun", "jsrun", "mpiexec"];

    private static readonly OptionReader Aprun = new(OptionStyle.OneDash, "n= N= d= cc= j= L= q e= b B S= m= r= ss F= D= t= T");

    private static readonly OptionReader Jsrun = new(OptionStyle.Gnu, """
        n|nrs= r|rs_per_host= a|tasks_per_rs= c|cpu_per_rs= g|gpu_per_rs= p|np= b|bind= d|launch_distribution= E|env= l|latency_priority= h|chdir=
        H|launch_node_task=
        U|erf_input= i|immediate X|exit_on_error= k|stdio_stderr= o|stdio_stdout= t|stdio_input= smpiargs=
        """.Replace('\n', ' '));

    private static readonly OptionReader Mpiexec = new(OptionStyle.OneDash, """
        n|np= ppn= f= hosts= hostfile|machinefile= genv env genvall bootstrap= launcher= iface= -n= -np= -ppn= -hostfile= -hosts= -map-by= npernode= -npernode=
        -oversubscribe -allow-run-as-root -cpu-bind= -bind-to= -mca -depth= -genvall -line-buffer
        """.Replace('\n', ' '));

    /// <summary>Null when the command is none of them.</summary>
    public static Answer? Run(Call call, Simulation simulation)
    {
        if (!Names.Contains(call.Command)) return null;
        var job = Launching.JobOf(call, simulation, () => new Refused(1, $"{call.Command}: not in a batch job"));
        return call.Command switch
        {
            "aprun" => RunAprun(call, simulation, job),
            "jsrun" => RunJsrun(call, simulation, job),
            _ => RunMpiexec(call, simulation, job),
        };
    }

    private static Answer RunAprun(Call call, Simulation simulation, Job job)
    {
        var given = Aprun.Read(call.Words, word => new Refused(1, $"aprun: -{word} is not a valid option"));
        var total = Number(given, "n", 1);
        var perNode = Number(given, "N", Math.Max(1, (int)Math.Ceiling(total / (double)job.On.Count)));
        if (total > perNode * job.On.Count) throw new Refused(1, "apsched: claim exceeds reservation's node-count");
        return Launching.Start(simulation, job, given.Rest, Launching.Places(job.On, perNode, total), place => new Dictionary<string, string>
        {
            ["ALPS_APP_PE"] = Simulation.Text(place.Rank), ["PMI_FORK_RANK"] = Simulation.Text(place.Rank), ["ALPS_APP_DEPTH"] = given.Last("d", "1"),
        });
    }

    private static Answer RunJsrun(Call call, Simulation simulation, Job job)
    {
        var given = Jsrun.Read(call.Words, word => new Refused(1, $"jsrun: unrecognized option '{word}'"));
        var sets = Number(given, "nrs", job.On.Count);
        var perHost = Number(given, "rs_per_host", Math.Max(1, (int)Math.Ceiling(sets / (double)job.On.Count)));
        if (sets > perHost * job.On.Count) throw new Refused(1, "Error: Resources requested are not available in the allocation");
        var tasks = Number(given, "tasks_per_rs", 1);
        return Launching.Start(simulation, job, given.Rest, Launching.Places(job.On, perHost * tasks, sets * tasks), place => new Dictionary<string, string>
        {
            ["JSM_NAMESPACE_RANK"] = Simulation.Text(place.Rank), ["JSM_NAMESPACE_LOCAL_RANK"] = Simulation.Text(place.LocalRank),
            ["JSM_NAMESPACE_SIZE"] = Simulation.Text(sets * tasks), ["PMIX_RANK"] = Simulation.Text(place.Rank),
                ["OMPI_COMM_WORLD_RANK"] = Simulation.Text(place.Rank),
        });
    }

    /// <summary>Whose mpiexec it is, its options tell.</summary>
    private static Answer RunMpiexec(Call call, Simulation simulation, Job job)
    {
        var given = Mpiexec.Read(call.Words, word => new Refused(1, $"mpiexec: unrecognized argument {word}"));
        var file = given.Last("f") ?? given.Last("hostfile") ?? given.Last("-hostfile");
        var hosts = file is not null ? File.ReadAllLines(Path.Combine(call.Folder, file)).Select(line => line.Split(' ', ':')[0])
            .Where(host => host.Length > 0).Distinct().ToList()
            : (given.Last("hosts") ?? given.Last("-hosts"))?.Split(',').ToList() ?? [.. job.On.Distinct()];
        var map = given.Last("-map-by") is { } text && text.Split(':') is ["ppr", var count, ..] ? count : null;
        var isPals = given.Has("-ppn") || given.Has("-cpu-bind");
        var isOpen = map is not null || given.Has("npernode") || given.Has("-npernode");
        var total = Number(given, "np", Number(given, "-n", Number(given, "-np", hosts.Count)));
        var perNode = map is not null ? int.Parse(map, CultureInfo.InvariantCulture)
            : Number(given, "ppn", Number(given, "-ppn", Number(given, "npernode",
                Number(given, "-npernode", (int)Math.Ceiling(total / (double)hosts.Count)))));
        return Launching.Start(simulation, job, given.Rest, Launching.Places(hosts, perNode, total), place => isPals
            ? new() { ["PALS_RANKID"] = Simulation.Text(place.Rank), ["PALS_LOCAL_RANKID"] = Simulation.Text(place.LocalRank) }
            : isOpen ? new() { ["OMPI_COMM_WORLD_RANK"] = Simulation.Text(place.Rank), ["OMPI_COMM_WORLD_LOCAL_RANK"] = Simulation.Text(place.LocalRank) }
            : new() { ["PMI_RANK"] = Simulation.Text(place.Rank), ["PMI_SIZE"] = Simulation.Text(total),
                ["MPI_LOCALRANKID"] = Simulation.Text(place.LocalRank) });
    }

    private static int Number(Given given, string option, int otherwise) => given.Last(option) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new Refused(1, $"'{text}' is no number of tasks");
}
