using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>What users ask about jobs.</summary>
public sealed class JobRequests(CentralDatabase database, Submission submission, Kills kills, Resubmission resubmission, JobQueries queries)
{
    public Task<Submitted> Submit(Caller caller, SubmitJob request) => submission.Submit(caller, request);
    public JobPlan Plan(Caller caller, PlanJob request) => submission.Plan(caller, request);
    public Task<JobActions> Kill(Caller caller, KillJobs request) => kills.Kill(caller, request);
    public Task<JobActions> Resubmit(Caller caller, ResubmitJobs request) => resubmission.Resubmit(caller, request);
    public JobList List(Caller caller, ListJobs request) => database.Read(session => queries.List(session, caller, request));
    public JobDetail Describe(Caller caller, DescribeJob request) => database.Read(session => queries.Describe(session, caller, request.Job));
    public JobTrace Trace(Caller caller, TraceJob request) => database.Read(session => queries.Trace(session, caller, request.Job));
    public JobLog Log(Caller caller, ReadLog request) => database.Read(session => queries.Log(session, caller, request.Job));
    public EntryList Outputs(Caller caller, ListOutputs request) => database.Read(session => queries.Outputs(session, caller, request));
    public JobProgress Follow(Caller caller, FollowJob request) => database.Read(session => queries.Follow(session, caller, request.Job));
}
