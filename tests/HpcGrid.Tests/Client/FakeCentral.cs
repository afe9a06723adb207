using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace HpcGrid.Tests.Client;

/// <summary>A central that answers as the test says: real Kestrel, real TLS, real WebSockets. Answers in any order.</summary>
internal sealed class FakeCentral : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<WebSocket, SemaphoreSlim> _sockets = new();

    private FakeCentral(WebApplication app) => _app = app;

    /// <summary>The answer to each request; throw GridError to refuse, <see cref="ConnectionDropped"/> to break the connection instead.</summary>
    public Func<Request, Task<Reply>> Answer { get; set; } = _ => Task.FromResult<Reply>(new Done());
    /// <summary>Requests as they came, on any connection.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();
    public ConcurrentQueue<string?> ClientSubjects { get; } = new();
    public int Connections;
    /// <summary>Answers to https requests other than the WebSocket.</summary>
    public RequestDelegate Http { get; set; } = context => { context.Response.StatusCode = 404; return Task.CompletedTask; };
    public Uri Url => new(_app.Urls.Single());
    public int Port => Url.Port;

    public static async Task<FakeCentral> Start(ThrowAwayPki pki, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = pki.Server;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        var app = builder.Build();
        var central = new FakeCentral(app);
        app.UseWebSockets();
        app.Run(central.Serve);
        await app.StartAsync();
        return central;
    }

    public void DropAll() { foreach (var socket in _sockets.Keys) socket.Abort(); }

    public async Task Push(Push push)
    {
        foreach (var (socket, sending) in _sockets) await Send(socket, sending, new ServerFrame { Push = push });
    }

    private async Task Serve(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest) { await Http(context); return; }
        ClientSubjects.Enqueue(context.Connection.ClientCertificate?.Subject);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        Interlocked.Increment(ref Connections);
        var sending = new SemaphoreSlim(1);
        _sockets[socket] = sending;
        var buffer = new byte[1024 * 1024];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await socket.ReceiveAsync(buffer.AsMemory(length), context.RequestAborted);
                    length += read.Count;
                } while (!read.EndOfMessage);
                if (read.MessageType == WebSocketMessageType.Close) return;
                var frame = ApiProtocol.DecodeRequest(buffer.AsSpan(0, length));
                Requests.Enqueue(frame.Request);
                _ = Task.Run(() => Handle(socket, sending, frame));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException) { socket.Abort(); }
        finally { _sockets.TryRemove(socket, out _); }
    }

    private async Task Handle(WebSocket socket, SemaphoreSlim sending, RequestFrame frame)
    {
        try { await Send(socket, sending, new ServerFrame { Id = frame.Id, Reply = await Answer(frame.Request) }); }
        catch (GridError e) { await Send(socket, sending, new ServerFrame { Id = frame.Id, Error = ApiError.From(e) }); }
        catch (ConnectionDropped) { socket.Abort(); }
    }

    private static async Task Send(WebSocket socket, SemaphoreSlim sending, ServerFrame frame)
    {
        await sending.WaitAsync();
        try { await socket.SendAsync(ApiProtocol.Encode(frame).Written, WebSocketMessageType.Text, true, CancellationToken.None); }
        finally { sending.Release(); }
    }

    public async ValueTask DisposeAsync()
    {
        DropAll();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>Thrown by a test's answer to break the connection instead of answering.</summary>
internal sealed class ConnectionDropped : Exception;
