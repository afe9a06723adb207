using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Lsf;

/// <summary>bkill and its kin.</summary>
internal sealed class Bkill(Simulation simulation, Sight sight)
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, "s= u= J= q= g= C= r b d p a e H");

    public Answer Kill(Call call)
    {
        var given = Read(call);
        if (given.Last("s") is not { } name || name is "KILL" or "9") return ForEach(call, simulation.Cancel, "being terminated");
        var signal = Signals.Read(name) ?? throw new Refused(255, $"{name}: Illegal signal value");
        return ForEach(call, job => simulation.Signal(job, signal, Reach.Everything), "being signaled");
    }

    public Answer ForEach(Call call, Action<Job> deed, string becomes)
    {
        var (said, errors, code) = (new StringBuilder(), new StringBuilder(), 0);
        foreach (var word in Read(call).Rest)
        {
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || sight.Find(id) is not { } job)
                errors.Append(CultureInfo.InvariantCulture, $"Job <{word}>: No matching job found\n");
            else if (job.Phase == Phase.Ended) errors.Append(CultureInfo.InvariantCulture, $"Job <{word}>: Job has already finished\n");
            else
            {
                deed(job);
                said.Append(CultureInfo.InvariantCulture, $"Job <{word}> is {becomes}\n");
            }
            if (errors.Length > 0) code = 255;
        }
        return new Answer(said.ToString(), code, errors.ToString());
    }

    private static Given Read(Call call) => Options.Read(call.Words, word => new Refused(255, $"{call.Command}: illegal option -- {word.TrimStart('-')}"));
}

/// <summary>blaunch: a task on each host named, or on one.</summary>
internal static class Blaunch
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, "z= u= n no-wait use-login-shell");

    public static Answer Run(Call call, Simulation simulation)
    {
        var given = Options.Read(call.Words, word =>
            new Refused(255, "Usage: blaunch [-n] [-u host_file | -z host_name ... | host_name] command [argument ...]"));
        var job = Launching.JobOf(call, simulation, () => new Refused(255, "blaunch: not in a job"));
        var (hosts, words) = given.Last("z") is { } list ? (list.Split(' ', StringSplitOptions.RemoveEmptyEntries), given.Rest)
            : given.Last("u") is { } file ? (File.ReadAllLines(Path.Combine(call.Folder, file)), given.Rest)
            : given.Rest.Count > 1 ? ([given.Rest[0]], [.. given.Rest.Skip(1)]) : throw new Refused(255, "blaunch: no command");
        if (hosts.Except(job.On).FirstOrDefault() is { } strange) throw new Refused(255, $"{strange}: host not in the allocation");
        return Launching.Start(simulation, job, words, Launching.Places(hosts, 1, int.MaxValue), place => new Dictionary<string, string>
        {
            ["LSF_PM_TASKID"] = Simulation.Text(place.Rank + 1), ["LSF_PM_XHOST"] = place.Node,
        });
    }
}
