using System.Collections.Concurrent;
using System.Net.WebSockets;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Client;

/// <summary>
/// One WebSocket to central, from its opening to its end; never reopened. Any number of calls share it, answers come in any
/// order. When it breaks every open call fails with <see cref="ConnectionBroken"/>, which says whether the request had left.
/// </summary>
public sealed class GridConnection : IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly Action<Push> _pushed;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Reply>> _open = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _receiving;
    private long _lastId;
    private volatile Exception? _end;

    internal GridConnection(WebSocket socket, Action<Push> pushed)
    {
        (_socket, _pushed) = (socket, pushed);
        _receiving = Task.Run(Receive);
    }

    /// <summary>Completes, without error, when the connection is no more.</summary>
    internal Task Closed => _receiving;

    /// <summary>Why it is no more.</summary>
    internal Exception? End => _end;

    /// <summary>
    /// Sends a request on this very connection and waits for its answer. Throws central's GridError, and
    /// GridError(Unavailable) when the connection ends first.
    /// </summary>
    public async Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
    {
        try { return await CallOnce(request, ct); }
        catch (ConnectionBroken e) { throw GridError.Unavailable($"the connection to central broke: {e.Message}", "Try again.", e); }
    }

    internal async Task<TReply> CallOnce<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
    {
        var id = Interlocked.Increment(ref _lastId);
        var frame = ApiProtocol.Encode(new RequestFrame(id, request));
        if (frame.Length > ApiProtocol.LongestFrame)
            throw new GridError(ErrorCode.TooLarge, $"the request has {frame.Length} bytes; central accepts {ApiProtocol.LongestFrame}",
                "Send less at a time.");
        var answer = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[id] = answer;
        try
        {
            // The receiving side fails all open calls after it has set _end: whoever comes later must see it here.
            if (_end is { } end) throw new ConnectionBroken(end.Message, sent: false, end);
            await Send(frame, ct);
            frame.GiveBack();
            var reply = await answer.Task.WaitAsync(Limits.LongestCall, ct);
            return reply as TReply
                ?? throw new GridError(ErrorCode.Internal, $"central answered {request.GetType().Name} with {reply.GetType().Name}",
                    "Client and central must be of the same version.");
        }
        catch (TimeoutException e)
        {
            throw GridError.Unavailable($"central has not answered {request.GetType().Name} for {Limits.LongestCall.TotalMinutes:0} minutes",
                "Look at central's log; then try again.", e);
        }
        finally { _open.TryRemove(id, out _); }
    }

    private async Task Send(FrameBuffer frame, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            // The caller's token must not cancel a frame half sent: that would end the connection for everybody.
            await _socket.SendAsync(frame.Written, WebSocketMessageType.Text, endOfMessage: true, _ending.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            await _ending.CancelAsync();
            throw new ConnectionBroken((_end ?? e).Message, sent: true, e);
        }
        finally { _sending.Release(); }
    }

    private async Task Receive()
    {
        try
        {
            while (await ReadFrame() is { } frame)
            {
                Dispatch(ApiProtocol.DecodeServer(frame));
                frame.GiveBack();
            }
            _end = new WebSocketException(_socket.CloseStatusDescription is { Length: > 0 } why ? why : "central closed it");
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or GridError)
        {
            _end = e;
        }
        finally
        {
            _end ??= new WebSocketException("the receiving side failed");
            await _ending.CancelAsync();
            foreach (var call in _open.Values) call.TrySetException(new ConnectionBroken(_end.Message, sent: true, _end));
            _socket.Abort();
        }
    }

    /// <summary>Null when central closed the connection.</summary>
    private async Task<FrameBuffer?> ReadFrame()
    {
        var frame = new FrameBuffer(Limits.BufferSize);
        while (true)
        {
            var read = await _socket.ReceiveAsync(frame.GetMemory(Limits.BufferSize), _ending.Token);
            if (read.MessageType == WebSocketMessageType.Close) return null;
            frame.Advance(read.Count);
            if (frame.Length > ApiProtocol.LongestFrame) throw GridError.Corrupt("central sent a frame longer than the protocol allows");
            if (read.EndOfMessage) return frame;
        }
    }

    private void Dispatch(ServerFrame frame)
    {
        if (frame.Push is { } push) _pushed(push);
        // An answer nobody waits for is that of a call its caller has cancelled.
        if (frame.Id is not { } id || !_open.TryGetValue(id, out var call)) return;
        if (frame.Error is { } error) call.TrySetException(error.ToException());
        else if (frame.Reply is { } reply) call.TrySetResult(reply);
        else call.TrySetException(GridError.Corrupt("central's answer is empty"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_end is null && _socket.State == WebSocketState.Open)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            try { await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", patience.Token); }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException or IOException) { _end = e; }
        }
        await _ending.CancelAsync();
        await _receiving;
        _socket.Dispose();
    }
}

/// <summary>The connection ended before the answer came. Sent is false when central cannot have seen the request.</summary>
internal sealed class ConnectionBroken(string message, bool sent, Exception cause) : Exception(message, cause)
{
    public bool Sent { get; } = sent;
}
