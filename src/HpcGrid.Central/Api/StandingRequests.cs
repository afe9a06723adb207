using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Api;

/// <summary>Where users and their jobs stand with the broker.</summary>
public sealed class StandingRequests(CentralDatabase database, SiteMatching matching, TimeProvider clock)
{
    public SiteMatches Match(Caller caller, MatchSites request)
    {
        caller.MustBePerson();
        if (request.Job is { } job)
            return database.Read(session => JobTable.Find(session, job) is { } row && JobRules.MaySee(caller, row)
                ? matching.Of(session, row)
                : throw GridError.NotFound($"there is no job {job}", "See your jobs: hpcgrid ps."));
        var text = request.Jdl ?? throw GridError.Invalid("neither a description nor a job was given", "Name one of them.");
        var description = JobDescription.Read(text, request.Arguments);
        return database.Read(session => matching.Of(session, description, caller.Name));
    }

    public QuotaState Quota(Caller caller, ReadQuota request)
    {
        caller.MustBePerson();
        var user = request.User ?? caller.Name;
        if (user != caller.Name && !caller.IsAdmin) throw GridError.Denied($"only an admin sees the quota of {user}", "Leave the name out.");
        return database.Read(session => AccountTable.Find(session, user) is null
            ? throw GridError.NotFound($"there is no account '{user}'")
            : Describe(user, OwnerDesk.Of(session, user, clock.GetUtcNow())));
    }

    private static QuotaState Describe(string user, OwnerStanding standing) => new()
    {
        User = user,
        Priority = standing.Quota.Priority,
        ComputedPriority = (int)QuotaRules.ComputedPriority(standing.Quota, standing.Load.Active),
        NominalParallel = standing.Quota.NominalParallel,
        Active = standing.Load.Active,
        MaxParallel = standing.Quota.MaxParallel,
        Unfinished = standing.Load.Unfinished,
        MaxUnfinished = standing.Quota.MaxUnfinished,
        CpuCost = standing.Usage.CpuCost,
        MaxCpuCost = standing.Quota.MaxCpuCost,
        RunningSeconds = standing.Usage.RunningSeconds,
        MaxRunningSeconds = standing.Quota.MaxRunningSeconds,
        Over = QuotaRules.WhyHeld(standing),
    };
}
