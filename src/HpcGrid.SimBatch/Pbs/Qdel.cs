using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Pbs;

/// <summary>qdel, qsig and their kin: something is done to each job named.</summary>
internal sealed class Qdel(Simulation simulation, Sight sight, bool isTorque)
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, "W= s= h= m= x p");

    public Answer Delete(Call call) => ForEach(call, simulation.Cancel);

    public Answer Signal(Call call)
    {
        var signal = Signals.Read(Read(call).Last("s", "TERM")) ?? throw new Refused(2, "qsig: illegal signal");
        return ForEach(call, job => simulation.Signal(job, signal, Reach.Everything));
    }

    public Answer ForEach(Call call, Action<Job> deed)
    {
        var (errors, code) = (new StringBuilder(), 0);
        foreach (var word in Read(call).Rest)
        {
            if (PbsText.ReadId(word) is not { } id || sight.Find(id) is not { } job)
            {
                errors.Append(call.Command).Append(": Unknown Job Id ").Append(isTorque ? "Error " : "")
                    .Append(word.Contains('.', StringComparison.Ordinal) ? word : $"{word}.{PbsText.Server}").Append('\n');
                code = PbsText.UnknownId;
            }
            else if (job.Phase == Phase.Ended)
            {
                errors.Append(call.Command).Append(isTorque ? $": Request invalid for state of job MSG=invalid state for job - COMPLETE {PbsText.Id(id)}\n"
                    : $": Job has finished {PbsText.Id(id)}\n");
                code = isTorque ? 170 : PbsText.HasFinished;
            }
            else deed(job);
        }
        return new Answer("", code, errors.ToString());
    }

    private static Given Read(Call call) => Options.Read(call.Words, word => new Refused(2, $"{call.Command}: invalid option -- '{word.TrimStart('-')}'"));
}

/// <summary>pbsdsh: a task on each of the job's chunks, with the environment of its node and not of the caller.</summary>
internal static class Pbsdsh
{
    private static readonly OptionReader Options = new(OptionStyle.OneDash, "n= c= h= o s v u");

    public static Answer Run(Call call, Simulation simulation, PbsDialect dialect)
    {
        var given = Options.Read(call.Words, word => new Refused(1, $"usage: pbsdsh [-c copies][-o][-s][-u][-v] program [args]...]"));
        if (given.Rest.Count == 0) throw new Refused(1, "pbsdsh: no program");
        var job = Launching.JobOf(call, simulation, () => new Refused(1, "pbsdsh: PBS_JOBID not in environment"));
        // Torque starts one on each core, unless told to start one on each node.
        var places = Launching.Places(job.On, dialect.IsTorque && !given.Has("u") ? job.Request.Cores : 1, int.MaxValue);
        if (given.Last("n") is { } index) places = [.. places.Where(place => Simulation.Text(place.NodeIndex) == index)];
        var answer = Launching.Start(simulation, job, given.Rest, places, place => new Dictionary<string, string>(dialect.Tasks(simulation, job))
        {
            ["PBS_NODENUM"] = Simulation.Text(place.NodeIndex), ["PBS_TASKNUM"] = Simulation.Text(place.Rank + 2),
                ["PBS_VNODENUM"] = Simulation.Text(place.NodeIndex),
        });
        return answer with { Plan = answer.Plan! with { IsBare = true } };
    }
}
