using System.IO.Abstractions;
using System.Net;
using HpcGrid.Central.Api;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HpcGrid.Central;

/// <summary>
/// A running central: the one place where rooms are put together. Starting takes the home's lock, so that there is never a second one; stopping
/// lets requests finish. A kill leaves nothing that the next start does not settle.
/// </summary>
public sealed class CentralHost : IAsyncDisposable
{
    private readonly CentralHome _home;
    private readonly CentralOptions _options;
    private readonly FileSystem _files = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Stack<IDisposable> _owned = new();
    private readonly WebApplication _app;
    private readonly Leases _leases;
    private readonly Kills _kills;
    private readonly Func<CancellationToken, Task>[] _loops;
    private Task _running = Task.CompletedTask;

    private CentralHost(CentralHome home, CentralOptions options, TimeProvider clock)
    {
        (_home, _options) = (home, options);
        Own(TakeLock(home));
        Database = Own(CentralDatabase.Open(home.Database));
        var tokens = Own(TokenDesk.Open(_files, home, options.Vo, clock));
        var authenticator = new Authenticator(Own(CertificateAuthority.OpenOrMake(_files, home, options.Vo, clock.GetUtcNow())), Database, clock);
        Elements = Own(new StorageElements(_files, home.Path, options.Elements, Database));
        var uploads = new UploadDesk(Elements, Database, clock);

        var tree = new CatalogueTree(clock);
        var reads = new CatalogueReads(tree, Elements);
        var changes = new CatalogueChanges(tree, clock);
        var files = new FileRequests(Database, reads, changes, new CatalogueSearch(tree),
            new FileTickets(tree, reads, Elements, uploads, tokens, clock));

        var times = new LeaseTimes(TimeSpan.FromSeconds(options.LeaseSeconds), TimeSpan.FromSeconds(options.GiveUpSeconds));
        var roster = new BridgeRoster(clock);
        var desk = new PeekDesk(roster, Limits.PeekWait, clock);
        var descriptions = new Descriptions();
        var builder = new AssignmentBuilder(tokens);
        var sites = new Sites(roster, new SiteHealth(clock));
        var inputs = new InputResolver(reads, new CollectionReader(Elements), options.Vo);
        var flow = new JobFlow(descriptions, roster, new NodeInputs(inputs, descriptions, options.Vo), sites.Health);
        _leases = new Leases(Database, flow, new WaitingHint(descriptions, sites, clock), roster, times, clock);
        var intake = new EventIntake(Database, descriptions, builder, new OutputRegistrar(tree, uploads, clock), flow, clock);
        var bridges = new BridgeRequests(Database, new Matcher(Database, descriptions, builder, sites, flow, clock), intake, _leases,
            new BridgeNews(roster, tokens, Elements, times, sites.Health), desk);

        _kills = new Kills(Database, flow, clock);
        Waiting = new WaitingLimits(Database, flow, clock);
        Delays = new Delays(Database, flow, clock);
        var submission = new Submission(Database, new SubmissionDrafts(inputs, tree, new KnownSites(roster), Elements, options), flow, clock, options.Vo);
        var jobs = new JobRequests(Database, submission, _kills, new Resubmission(Database, flow, descriptions, changes, clock),
            new JobQueries(descriptions, builder, new CatalogueOutputs(), clock));
        var outlet = new CatalogueOutlet(Database, tree, changes, Elements, uploads, clock);
        Merges = new Merges(Database, descriptions, flow, submission, new MergeFiles(Database, descriptions, reads, outlet, options.Vo), clock);
        var live = new LiveRequests(new Peeks(Database, desk), desk, new Samples(Database, clock));

        var standing = new StandingRequests(Database, new SiteMatching(descriptions, sites, clock), clock);

        var gate = new IdentityGate(authenticator);
        Mails = new Mails(Database, descriptions, builder, options.MailCommand, clock);
        Archive = new Archive(Database, TimeSpan.FromHours(options.ArchiveAfterHours), clock);
        StorageCleaning = new StorageLoop(Elements, uploads, Database, clock);
        _loops = [new LeaseLoop(_leases, clock).Run, new KillLoop(_kills, clock).Run, new WaitingLoop(Waiting, clock).Run,
            new DelayLoop(Delays, clock).Run, new MergeLoop(Merges, clock).Run,
            StorageCleaning.Run, Mails.Run, Archive.Run];
        _app = WebServer.Build(home, options.EndPoint);
        WebServer.Use(_app, gate);
        new ApiEndpoint(new RequestRouter(jobs, live, standing, files, bridges, new WhoIsWho(options.Vo, clock)), authenticator, gate).Map(_app,
            _stopping.Token);
        new StorageEndpoint(Elements, uploads, new StorageAccess(reads, descriptions), roster, Database, tokens).Map(_app);
    }

    /// <summary>Where it listens, https://host:port.</summary>
    public Uri Url { get; private set; } = new("https://localhost");

    internal CentralDatabase Database { get; }
    internal StorageElements Elements { get; }
    internal StorageElement Element => Elements.First;
    internal StorageLoop StorageCleaning { get; }
    internal Leases Leases => _leases;
    internal Kills Kills => _kills;
    internal WaitingLimits Waiting { get; }
    internal Delays Delays { get; }
    internal Merges Merges { get; }
    internal Mails Mails { get; }
    internal Archive Archive { get; }

    /// <summary>Ends when somebody asks the process to stop (SIGTERM, Ctrl-C).</summary>
    public Task WaitForShutdown() => _app.WaitForShutdownAsync();

    /// <summary>Starts everything. Throws GridError: Conflict when another central runs in this home, Unavailable when the port is taken.</summary>
    public static async Task<CentralHost> Start(CentralHome home, CentralOptions options, TimeProvider clock)
    {
        var host = new CentralHost(home, options, clock);
        try { await host.Start(); }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_home.Url);
        await _stopping.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _running;
        while (_owned.TryPop(out var owned)) owned.Dispose();
        _stopping.Dispose();
    }

    private async Task Start()
    {
        await Elements.Settle();
        await _leases.Forgive();
        await _kills.GoOn();
        try { await _app.StartAsync(); }
        catch (IOException e)
        {
            throw GridError.Unavailable($"cannot listen on {_options.Listen}: {e.Message}", "Is another central running? Change `listen` in central.yaml.", e);
        }
        var address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        var any = _options.EndPoint.Address.Equals(IPAddress.Any) || _options.EndPoint.Address.Equals(IPAddress.IPv6Any);
        Url = new UriBuilder("https", any ? Dns.GetHostName() : address.Host, address.Port).Uri;
        _running = Task.WhenAll(_loops.Select(loop => loop(_stopping.Token)));
        CentralHome.WriteWhole(_files, _home.Url, Url.ToString().TrimEnd('/') + "\n", secret: false);
    }

    private T Own<T>(T owned) where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    private static FileStream TakeLock(CentralHome home)
    {
        try { return new FileStream(home.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) { throw new GridError(ErrorCode.Conflict, $"another central runs in {home.Path}: {e.Message}", "Stop it first.", e); }
    }
}
