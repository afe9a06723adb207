using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Moves jobs that ended long ago out of the way, a master when all of it has ended, its subjobs first. In small steps, each one transaction, so that
/// others get their turn and a crash leaves every job in exactly one place; the next look goes on. Whatever changes such a job takes it back.
/// </summary>
public sealed class Archive(CentralDatabase database, TimeSpan age, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private DateTimeOffset _due;
    private long _after;

    public Task Run(CancellationToken stop) => Periodic.Run("archive", Period, clock, Tick, stop);

    /// <summary>Some steps, unless there was nothing to do a moment ago.</summary>
    public async Task Tick()
    {
        if (clock.GetUtcNow() < _due) return;
        for (var step = 0; step < Limits.ArchiveStepsPerTick; step++)
            if (!await Step()) return;
    }

    /// <summary>Moves what one transaction may. False at the end of all jobs: then it begins at the first again, after a pause.</summary>
    public async Task<bool> Step()
    {
        var units = database.Read(Look);
        if (units.Count > 0) await database.Write(session => Move(session, units));
        if (_after < long.MaxValue) return true;
        _after = 0;
        _due = clock.GetUtcNow() + Limits.ArchivePause;
        return false;
    }

    /// <summary>The next masters and jobs of their own that ended long ago, not more than one step takes.</summary>
    private List<JobRow> Look(Session session)
    {
        var units = new List<JobRow>();
        for (var size = 0; size < Limits.JobsPerArchiveStep;)
        {
            var rows = JobTable.HotFrom(session, _after + 1, long.MaxValue, Limits.JobsPerArchiveLook);
            if (rows.Count == 0)
            {
                _after = long.MaxValue;
                return units;
            }
            foreach (var row in rows.TakeWhile(_ => size < Limits.JobsPerArchiveStep))
            {
                // Subjobs go with their master; alone only those that came back while it stayed.
                if (row.Job <= _after) continue;
                _after = row.Job + row.Subjobs;
                if (!IsDue(row)) continue;
                units.Add(row);
                size += 1 + row.Subjobs;
            }
        }
        return units;
    }

    private bool IsDue(JobRow row) =>
        row.State.IsFinal() && row.Known.EndedAt.IsOf(row.Attempt) && row.Known.EndedAt.Value <= clock.GetUtcNow() - age;

    private void Move(Session session, List<JobRow> units)
    {
        var left = Limits.JobsPerArchiveStep;
        foreach (var unit in units)
        {
            if (JobTable.FindHot(session, unit.Job) is not { } row || !IsDue(row) || IsTied(session, row)) continue;
            var last = row.Job + row.Subjobs;
            var page = JobTable.HotFrom(session, row.Job + 1, last, left);
            if (row.IsMaster && page.Exists(child => !child.State.IsFinal())) continue;
            if (row.IsMaster && page.Count == left)
            {
                ArchiveTable.MoveIn(session, page[0].Job, page[^1].Job);
                // The rest of it comes next.
                _after = row.Job - 1;
                return;
            }
            ArchiveTable.MoveIn(session, row.Job, last);
            left -= page.Count + 1;
            if (left <= 0)
            {
                _after = last;
                return;
            }
        }
    }

    /// <summary>Something is still to be done about it.</summary>
    private static bool IsTied(Session session, JobRow row) =>
        AssignmentTable.IsHeld(session, row.Job, row.Job + row.Subjobs) || KillOrderTable.Find(session, row.Job) is not null;
}
