using System.Globalization;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Lsf;

/// <summary>How LSF writes things.</summary>
internal static class LsfText
{
    public const string Queue = "normal";

    public static string State(Job job) => job.Phase switch
    {
        Phase.Queued => "PEND",
        Phase.Held => "PSUSP",
        Phase.Running or Phase.Leaving => job.Ending == Ending.NodeFailed ? "UNKWN" : "RUN",
        _ => job is { ExitCode: 0, Ending: Ending.None } ? "DONE" : "EXIT",
    };

    public static string ExitReason(Job job) => job.Phase != Phase.Ended ? "-" : job.Ending switch
    {
        Ending.Walltime => "TERM_RUNLIMIT: job killed after reaching LSF run time limit",
        Ending.Cancelled => "TERM_OWNER: job killed by owner",
        Ending.NodeFailed => "TERM_UNKNOWN: unknown reason",
        _ => "-",
    };

    public static string Moment(DateTimeOffset? moment) => moment?.LocalDateTime.ToString("MMM dd HH:mm", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>A field of -o by its name in any case. Throws <see cref="Refused"/>.</summary>
    public static string Field(Simulation simulation, Sight sight, Job job, string name) => name.ToLowerInvariant() switch
    {
        "jobid" or "id" => Simulation.Text(job.Id),
        "stat" => sight.Word(State(job)),
        "job_name" or "name" => job.Request.Name,
        "user" => job.User,
        "queue" => job.Request.Queue,
        "project" or "proj_name" => job.Request.Account.Length > 0 ? job.Request.Account : "default",
        "exit_reason" => ExitReason(job),
        "kill_reason" or "job_description" or "description" => "-",
        "exit_code" => job.Phase == Phase.Ended && job.ExitCode != 0 ? Simulation.Text(job.ExitCode) : "-",
        "from_host" => "simbatch",
        "exec_host" => job.On.Count == 0 ? "-" : string.Join(':', job.On.Select(node => job.Request.Cores > 1 ? $"{job.Request.Cores}*{node}" : node)),
        "nexec_host" => Simulation.Text(job.On.Count),
        "nreq_slot" or "slots" => Simulation.Text(job.Request.Nodes * job.Request.Cores),
        "submit_time" => Moment(job.Submitted),
        "start_time" => Moment(job.Started),
        "finish_time" => job.Phase == Phase.Ended ? Moment(job.Ended) : "-",
        "run_time" => $"{(job.Started is { } started ? (long)((job.Ended ?? simulation.Now) - started).TotalSeconds : 0)} second(s)",
        "time_left" => simulation.EndOf(job) is { } end && job.IsActive ? Left(end - simulation.Now) : "-",
        "pend_reason" => job.Phase != Phase.Queued ? "-" : job.Request.Never.Length > 0 ? job.Request.Never : "New job is waiting for scheduling;",
        _ => throw new Refused(255, $"{name}: Illegal field name."),
    };

    /// <summary>Hours and minutes; a minute that has begun counts.</summary>
    private static string Left(TimeSpan left)
    {
        var minutes = Math.Max(0, (int)Math.Ceiling(left.TotalMinutes));
        return $"{minutes / 60}:{minutes % 60} L";
    }
}
