using HpcGrid.Central.Broker;
using HpcGrid.Central.Identity;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>What people ask about jobs while they run, and what bridges answer.</summary>
public sealed class LiveRequests(Peeks peeks, PeekDesk desk, Samples samples)
{
    public Task<Peeked> Peek(Caller caller, PeekJob request)
    {
        caller.MustBePerson();
        return peeks.Look(caller, request);
    }

    public Task<Done> Report(Caller caller, ReportSamples request) => samples.Report(caller, request);
    public JobSamples Read(Caller caller, ReadSamples request) => samples.Read(caller, request.Job);

    public Done Answer(Caller caller, AnswerPeek request)
    {
        caller.MustBeBridge();
        desk.Answer(caller.Name, request);
        return new Done();
    }
}
