using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Api;

/// <summary>What bridges ask, and what people ask about them.</summary>
public sealed class BridgeRequests(CentralDatabase database, Matcher matcher, EventIntake intake, Leases leases, BridgeNews news,
    PeekDesk desk)
{
    public async Task<BridgeWelcome> Hello(ApiClient client, BridgeHello request)
    {
        var ruling = await leases.Hello(client.Caller, request);
        return news.Greet(client.Connection, client.Caller.Name, client.Send) with { Spool = ruling };
    }

    public Task<Matched> Match(Caller caller, MatchJobs request) => matcher.Match(caller, request);
    public Task<Reported> Report(Caller caller, ReportEvents request) => intake.Report(caller, request);

    public async Task<Renewed> Renew(Caller caller, RenewLeases request) => await leases.Renew(caller, request) with { Peeks = desk.Of(caller.Name) };

    public NodeList Nodes(Caller caller)
    {
        caller.MustBePerson();
        return database.Read(news.Nodes);
    }

    /// <summary>A connection is gone.</summary>
    public void Forget(ApiClient client) => news.Forget(client.Connection);
}
