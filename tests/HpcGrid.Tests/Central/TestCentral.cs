using System.Collections.Concurrent;
using System.IO.Abstractions;
using HpcGrid.Central;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Central;

/// <summary>A real central in this process: its own home, real TLS on a free port, real SQLite; with accounts jdoe, mary, admin and bridge titan.</summary>
internal sealed class TestCentral : IAsyncDisposable
{
    public const string Jdoe = "/hpcgrid/user/j/jdoe";

    private readonly ConcurrentDictionary<string, GridClient> _clients = new();
    private readonly ConcurrentBag<StorageClient> _storages = [];

    private TestCentral(string directory) => Home = new CentralHome(directory);

    public CentralHome Home { get; }
    public MovableClock Clock { get; } = new();
    public CentralHost Host { get; private set; } = null!;
    public CentralDatabase Database => Host.Database;
    /// <summary>What it is started with; a change counts after a restart.</summary>
    public CentralOptions Options { get; set; } = new();
    public Accounts Accounts => new(new FileSystem(), Home, new CentralOptions(), Clock);

    public static async Task<TestCentral> Start()
    {
        var central = new TestCentral(Path.Combine(Path.GetTempPath(), "hpcgrid-test-central-" + Guid.NewGuid().ToString("N")));
        await Accounts.Init(new FileSystem(), central.Home, new CentralOptions(), central.Clock);
        await central.Accounts.Add("jdoe", Role.User);
        await central.Accounts.Add("mary", Role.User);
        await central.Accounts.Add("titan", Role.Bridge);
        await central.Open();
        return central;
    }

    /// <summary>True when the first storage element, or the one named, has the file.</summary>
    public bool Has(string pfn, string? se = null) => Database.Read(session => (se is null ? Host.Element : Host.Elements.Find(se)!).Has(session, pfn));

    /// <summary>One more storage element, as an admin makes it.</summary>
    public async Task<string> AddElement(string name, Func<ElementSetting, ElementSetting>? change = null)
    {
        await new StorageAdministration(Home, new CentralOptions(), Clock).Set(name, old => (change ?? (same => same))(old with { Directory = Path.Combine(Home.Path, "se", name) }));
        Host.Elements.Refresh();
        return name;
    }

    /// <summary>Stops and starts again; clients connect anew.</summary>
    public async Task Restart()
    {
        await Close();
        await Open();
    }

    public CentralAddress AddressOf(string account) => ClientFile.Read(Path.Combine(Home.UserDirectory(account), "client.yaml"));

    /// <summary>The account's connection: the same one until a restart.</summary>
    public GridClient Client(string account) => _clients.GetOrAdd(account, _ => new GridClient(AddressOf(account)) { Patience = TimeSpan.FromSeconds(20) });

    public StorageClient Storage(string account = "jdoe")
    {
        var storage = new StorageClient(AddressOf(account));
        _storages.Add(storage);
        return storage;
    }

    /// <summary>Puts a file into the catalogue the way users do.</summary>
    public async Task<WriteTicket> Put(GridClient client, string path, byte[] bytes, string wish = "")
    {
        var content = Content.Of(bytes);
        var ticket = await client.Call(new OpenForWriting(path, content, wish), default);
        var stored = await Storage().Put(ticket.Url, ticket.Token, content, StorageWish.Parse(wish), new MemoryStream(bytes), default);
        await client.Call(new RegisterFile(path, ticket.Guid, content, stored.Se, ticket.Pfn), default);
        return ticket;
    }

    public async Task<byte[]> Get(GridClient client, string path)
    {
        var ticket = await client.Call(new OpenForReading(path), default);
        using var bytes = new MemoryStream();
        await Storage().Get(ticket.Source.Replicas[0].Url, ticket.Token, bytes, default);
        return bytes.ToArray();
    }

    private async Task Open() => Host = await CentralHost.Start(Home, Options, Clock);

    private async Task Close()
    {
        foreach (var client in _clients.Values) await client.DisposeAsync();
        foreach (var storage in _storages) storage.Dispose();
        _clients.Clear();
        _storages.Clear();
        await Host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        Directory.Delete(Home.Path, recursive: true);
    }
}
