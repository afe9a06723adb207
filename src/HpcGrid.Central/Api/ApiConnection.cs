using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Serilog;

namespace HpcGrid.Central.Api;

/// <summary>
/// One client's WebSocket. Its requests run side by side, up to a bound; then it is not read any more until one is answered. Answers wait in a bounded
/// queue for their sender; who takes too long to read is cut off. So a slow or broken client holds up nobody but itself.
/// </summary>
public sealed class ApiConnection
{
    /// <summary>How often an open connection's account is looked at again.</summary>
    private static readonly TimeSpan RecheckAfter = TimeSpan.FromSeconds(5);

    private const int ReceivedAtOnce = 16 * 1024;

    private readonly WebSocket _socket;
    private readonly RequestRouter _router;
    private readonly Authenticator _authenticator;
    private readonly ApiClient _client;
    private readonly SemaphoreSlim _places = new(Limits.RequestsPerConnection);
    private readonly Channel<FrameBuffer> _answers =
        Channel.CreateBounded<FrameBuffer>(new BoundedChannelOptions(Limits.AnswersWaiting) { SingleReader = true });
    private long _checkedAt = TimeProvider.System.GetTimestamp();

    public ApiConnection(WebSocket socket, Caller caller, RequestRouter router, Authenticator authenticator)
    {
        (_socket, _router, _authenticator) = (socket, router, authenticator);
        _client = new ApiClient(Guid.NewGuid(), caller, push => _answers.Writer.TryWrite(ApiProtocol.Encode(new ServerFrame { Push = push })));
    }

    /// <summary>Until the client goes, breaks the rules, or central stops.</summary>
    public async Task Run(CancellationToken stop)
    {
        var sending = Send(stop);
        try { await Receive(stop); }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            Log.Debug("connection of {User} ended: {Reason}", _client.Caller.Name, e.Message);
        }
        finally
        {
            _router.Forget(_client);
            _answers.Writer.TryComplete();
            await sending;
        }
    }

    private async Task Receive(CancellationToken stop)
    {
        var frame = new FrameBuffer(ReceivedAtOnce);
        while (true)
        {
            var received = await _socket.ReceiveAsync(frame.GetMemory(ReceivedAtOnce), stop);
            frame.Advance(received.Count);
            if (EndOf(received, frame.Length) is var (status, reason))
            {
                await Close(status, reason);
                return;
            }
            if (!received.EndOfMessage) continue;
            await _places.WaitAsync(stop);
            var whole = frame;
            frame = new FrameBuffer(ReceivedAtOnce);
            _ = Task.Run(() => Serve(whole), CancellationToken.None);
        }
    }

    /// <summary>Why the connection ends here, or null when it goes on.</summary>
    private static (WebSocketCloseStatus Status, string Reason)? EndOf(ValueWebSocketReceiveResult received, int length) =>
        received.MessageType == WebSocketMessageType.Close ? (WebSocketCloseStatus.NormalClosure, "goodbye")
        : received.MessageType != WebSocketMessageType.Text ? (WebSocketCloseStatus.InvalidMessageType, "text frames only")
        : length > ApiProtocol.LongestFrame ? (WebSocketCloseStatus.MessageTooBig, $"frames have at most {ApiProtocol.LongestFrame} bytes")
        : null;

    private async Task Serve(FrameBuffer frame)
    {
        try { await _answers.Writer.WriteAsync(ApiProtocol.Encode(await Answer(frame))); }
        catch (ChannelClosedException e) { Log.Debug("an answer to {User} came after the connection had ended: {Reason}", _client.Caller.Name, e.Message); }
        finally { _places.Release(); }
    }

    private async Task<ServerFrame> Answer(FrameBuffer received)
    {
        long? id = null;
        try
        {
            var frame = Decode(received, out id);
            received.GiveBack();
            var request = RequestRules.Check(frame.Request);
            Recheck();
            return new ServerFrame { Id = id, Reply = await _router.Answer(_client, request) };
        }
        catch (GridError e) { return new ServerFrame { Id = id, Error = ApiError.From(e) }; }
        catch (Exception e)
        {
            var mark = Guid.NewGuid().ToString("N")[..8];
            Log.Error(e, "fault {Fault} while answering {User}", mark, _client.Caller.Name);
            return new ServerFrame { Id = id, Error = new ApiError(ErrorCode.Internal, $"a fault of central, number {mark}",
                "Tell its admin the number; central's log has the details.") };
        }
    }

    /// <summary>Gives the frame's id even when its request is not understood, so that the client knows what the error is about.</summary>
    private static RequestFrame Decode(FrameBuffer received, out long? id)
    {
        id = null;
        try
        {
            var frame = ApiProtocol.DecodeRequest(received);
            id = frame.Id;
            return frame;
        }
        catch (GridError)
        {
            id = IdOf(received);
            throw;
        }
    }

    private static long? IdOf(FrameBuffer received)
    {
        try
        {
            using var frame = JsonDocument.Parse(received.Written);
            return frame.RootElement.ValueKind == JsonValueKind.Object && frame.RootElement.TryGetProperty("id", out var id)
                && id.TryGetInt64(out var number) ? number : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new GridError(ErrorCode.Invalid, "this is no request: " + e.Message, "A frame is {\"id\": 1, \"request\": {\"type\": …}}.", e);
        }
    }

    private void Recheck()
    {
        if (TimeProvider.System.GetElapsedTime(Interlocked.Read(ref _checkedAt)) < RecheckAfter) return;
        _authenticator.StillWelcome(_client.Caller);
        Interlocked.Exchange(ref _checkedAt, TimeProvider.System.GetTimestamp());
    }

    private async Task Send(CancellationToken stop)
    {
        try
        {
            await foreach (var answer in _answers.Reader.ReadAllAsync(stop))
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
                timeout.CancelAfter(Limits.SendTimeout);
                await _socket.SendAsync(answer.Written, WebSocketMessageType.Text, true, timeout.Token);
                answer.GiveBack();
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            Log.Debug("{User} does not take its answers any more: {Reason}", _client.Caller.Name, e.Message);
            _answers.Writer.TryComplete();
            _socket.Abort();
        }
    }

    private async Task Close(WebSocketCloseStatus status, string reason)
    {
        using var timeout = new CancellationTokenSource(Limits.SendTimeout);
        _answers.Writer.TryComplete();
        await _socket.CloseOutputAsync(status, reason, timeout.Token);
    }
}
