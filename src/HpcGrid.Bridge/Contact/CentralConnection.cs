using HpcGrid.Client;
using HpcGrid.Core.Api;
using Serilog;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// The real central, through <see cref="GridClient"/>. The bridge introduces itself on every new connection before anything else
/// goes out; central's welcome and its hints are handed to the loop.
/// </summary>
public sealed class CentralConnection : ICentral, IAsyncDisposable
{
    private readonly GridClient _client;

    /// <param name="address">Where central is, and the bridge's certificate.</param>
    /// <param name="hello">What the bridge says of itself, now; asked on a background thread.</param>
    /// <param name="welcomed">Called with central's answer, on a background thread.</param>
    /// <param name="pushed">Called with central's hints, on a background thread.</param>
    public CentralConnection(CentralAddress address, Func<BridgeHello> hello, Action<BridgeWelcome> welcomed, Action<Push> pushed)
    {
        _client = new GridClient(address)
        {
            Greeting = async (connection, ct) => welcomed(await connection.Call(hello(), ct)),
        };
        _client.Pushed += pushed;
        _client.Connected += () => Log.Information("connected with central");
        _client.Disconnected += error => Log.Warning("no connection with central: {Message}; agents go on", error.Message);
    }

    public bool IsConnected => _client.IsConnected;

    /// <summary>Begins to connect; goes on trying in the background.</summary>
    public void Open(CancellationToken ct) => _ = TryConnect(ct);

    public Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply => _client.Call(request, ct);

    private async Task TryConnect(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _client.Connect(ct);
                return;
            }
            catch (Core.GridError e) { Log.Debug("central is not there yet: {Message}", e.Message); }
            catch (OperationCanceledException) { return; }
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
