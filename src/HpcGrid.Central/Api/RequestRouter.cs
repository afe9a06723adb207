using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>From each request to who answers it. Throws GridError for what is refused.</summary>
public sealed class RequestRouter(JobRequests jobs, LiveRequests live, StandingRequests standing, FileRequests files, BridgeRequests bridges, WhoIsWho who)
{
    public async Task<Reply> Answer(ApiClient client, Request request)
    {
        var caller = client.Caller;
        return request switch
        {
            WhoAmI => who.Tell(caller),
            SubmitJob submit => await jobs.Submit(caller, submit),
            PlanJob plan => jobs.Plan(caller, plan),
            ListJobs list => jobs.List(caller, list),
            DescribeJob describe => jobs.Describe(caller, describe),
            TraceJob trace => jobs.Trace(caller, trace),
            ReadLog log => jobs.Log(caller, log),
            KillJobs kill => await jobs.Kill(caller, kill),
            ResubmitJobs resubmit => await jobs.Resubmit(caller, resubmit),
            FollowJob follow => jobs.Follow(caller, follow),
            PeekJob peek => await live.Peek(caller, peek),
            ReadSamples read => live.Read(caller, read),
            ReportSamples report => await live.Report(caller, report),
            AnswerPeek answer => live.Answer(caller, answer),
            MatchSites match => standing.Match(caller, match),
            ReadQuota quota => standing.Quota(caller, quota),
            ListNodes => bridges.Nodes(caller),
            ListDirectory list => files.List(caller, list),
            StatEntry stat => files.Stat(caller, stat),
            MakeDirectory make => await files.MakeDirectory(caller, make),
            RemoveEntry remove => await files.Remove(caller, remove),
            MoveEntry move => await files.Move(caller, move),
            CopyEntry copy => await files.Copy(caller, copy),
            ListOutputs outputs => jobs.Outputs(caller, outputs),
            FindEntries find => files.Find(caller, find),
            OpenForReading open => files.OpenForReading(caller, open),
            OpenManyForReading open => files.OpenManyForReading(caller, open),
            OpenForWriting open => files.OpenForWriting(caller, open),
            RegisterFile register => await files.Register(caller, register),
            BridgeHello hello => await bridges.Hello(client, hello),
            MatchJobs match => await bridges.Match(caller, match),
            ReportEvents report => await bridges.Report(caller, report),
            RenewLeases renew => await bridges.Renew(caller, renew),
            _ => throw new InvalidOperationException($"nobody answers {request.GetType().Name}"),
        };
    }

    /// <summary>A connection is gone.</summary>
    public void Forget(ApiClient client) => bridges.Forget(client);
}
