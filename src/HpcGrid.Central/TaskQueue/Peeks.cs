using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>Looking into running jobs (R-A40): who may, and which bridge to ask.</summary>
public sealed class Peeks(CentralDatabase database, PeekDesk desk)
{
    /// <summary>Throws GridError: NotFound, Invalid, Conflict when the job does not run, Unavailable when its node cannot be asked.</summary>
    public async Task<Peeked> Look(Caller caller, PeekJob request)
    {
        var row = database.Read(session => JobTable.Find(session, request.Job));
        if (row is null || !JobRules.MaySee(caller, row)) throw GridError.NotFound($"there is no job {request.Job}", "See your jobs: hpcgrid ps.");
        if (!Enum.IsDefined(request.Kind)) throw GridError.Invalid($"{request.Kind} is nothing to look at", "Look at File, Files or Processes.");
        if (request.Kind == PeekKind.File && (request.Path.Length is 0 or > Limits.PeekPathCharacters || request.Path.Contains('\0')))
            throw GridError.Invalid("name one file of the sandbox", "Its path is relative to the job's working directory, as 'stdout'.");
        return await desk.Ask(HolderOf(row), new PeekOrder(Guid.NewGuid(), new AttemptId(row.Job, row.Attempt), request.Kind, request.Path, request.Offset));
    }

    /// <summary>The bridge that holds the job.</summary>
    private static string HolderOf(JobRow row)
    {
        if (row.IsMaster) throw GridError.Conflict($"job {row.Job} is a master; its subjobs run", $"Name one of them: hpcgrid ps --master {row.Job}.");
        if (row.State == JobState.Zombie)
            throw GridError.Unavailable($"the bridge that holds job {row.Job} is out of contact", "Try again when it is back: hpcgrid nodes.");
        if (row.State is not (JobState.Started or JobState.Running) || !row.Known.Bridge.IsOf(row.Attempt))
            throw GridError.Conflict($"job {row.Job} does not run now, it is {row.State.Text()}",
                row.State.IsFinal() ? $"See what it left: hpcgrid logs {row.Job}." : $"See what it waits for: hpcgrid trace {row.Job}.");
        return row.Known.Bridge.Value!;
    }
}
