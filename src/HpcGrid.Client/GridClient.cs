using System.Net;
using System.Net.WebSockets;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Polly;
using Polly.Retry;

namespace HpcGrid.Client;

/// <summary>
/// The conversation with central: one WebSocket, opened at the first call and again whenever it breaks, after pauses that
/// grow and jitter. A call made while there is no connection waits for one, for a bounded time. A call caught in a break is
/// sent again when that is safe (<see cref="RepeatRules"/>); otherwise it fails with GridError(Unavailable) and says that it is
/// not known whether it happened. Thread-safe; any number of calls at once.
/// </summary>
public sealed class GridClient : IAsyncDisposable
{
    private readonly CentralAddress _address;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly ResiliencePipeline<GridConnection> _connecting;
    private TaskCompletionSource<GridConnection> _current = NewGate();
    private Task? _loop;
    private int _failures;
    private volatile GridError? _lastFailure;

    /// <summary>Connects to nothing yet.</summary>
    public GridClient(CentralAddress address)
    {
        _address = address;
        _connecting = new ResiliencePipelineBuilder<GridConnection>().AddRetry(new RetryStrategyOptions<GridConnection>
        {
            ShouldHandle = new PredicateBuilder<GridConnection>().Handle<GridError>(),
            MaxRetryAttempts = int.MaxValue,
            DelayGenerator = _ => ValueTask.FromResult<TimeSpan?>(NextPause()),
            OnRetry = failed => { Refuse((GridError)failed.Outcome.Exception!); return default; },
        }).Build();
    }

    /// <summary>
    /// Runs on every new connection before any other call goes out on it: a bridge introduces itself here. When it throws, the
    /// connection is closed and tried again later.
    /// </summary>
    public Func<GridConnection, CancellationToken, Task>? Greeting { get; init; }

    /// <summary>How long a call waits for a connection before it fails with Unavailable; half a minute unless told.</summary>
    public TimeSpan Patience { get; init; } = Limits.Patience;

    /// <summary>Central's hints, on the receiving thread: return quickly and do not throw.</summary>
    public event Action<Push>? Pushed;

    /// <summary>A connection is open and greeted. On a background thread.</summary>
    public event Action? Connected;

    /// <summary>A connection broke or could not be opened; why. On a background thread. The client goes on trying.</summary>
    public event Action<GridError>? Disconnected;

    /// <summary>True while a connection is open and greeted.</summary>
    public bool IsConnected => _current.Task.IsCompletedSuccessfully;

    /// <summary>Opens the connection ahead of the first call, for whoever only wants pushes. Errors as <see cref="Call"/>.</summary>
    public async Task Connect(CancellationToken ct) => await Connection(ct);

    /// <summary>Asks central. Throws its GridError; Unavailable when it cannot be reached; OperationCanceledException.</summary>
    public async Task<TReply> Call<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply
    {
        for (var repeats = 0; ; repeats++)
        {
            var connection = await Connection(ct);
            try { return await connection.CallOnce(request, ct); }
            catch (ConnectionBroken e)
            {
                await connection.Closed.WaitAsync(ct);
                if (e.Sent && !RepeatRules.IsSafe(request))
                    throw GridError.Unavailable($"the connection to central broke before it answered {request.GetType().Name}: {e.Message}",
                        "It is not known whether it was done. Look first, then repeat it if needed.", e);
                if (repeats >= Limits.MaxRepeats)
                    throw GridError.Unavailable($"the connection to central broke {repeats + 1} times during {request.GetType().Name}: {e.Message}",
                        "Look at central's log.", e);
            }
        }
    }

    private async Task<GridConnection> Connection(CancellationToken ct)
    {
        Task<GridConnection> gate;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _loop ??= Task.Run(Run, CancellationToken.None);
            ForgetClosed();
            gate = _current.Task;
        }
        try { return await gate.WaitAsync(Patience, ct); }
        catch (TimeoutException) when (_lastFailure is { } error) { throw new GridError(error.Code, error.Message, error.Hint, error); }
        catch (TimeoutException e)
        {
            throw GridError.Unavailable($"no connection to central for {Patience.TotalSeconds:0} s",
                "Check that central runs and that this machine reaches it.", e);
        }
    }

    private async Task Run()
    {
        try
        {
            while (true)
            {
                var connection = await _connecting.ExecuteAsync(Open, _stopping.Token);
                var opened = TimeProvider.System.GetTimestamp();
                _lastFailure = null;
                lock (_lock) _current.TrySetResult(connection);
                Connected?.Invoke();
                await connection.Closed.WaitAsync(_stopping.Token);
                lock (_lock) ForgetClosed();
                Disconnected?.Invoke(GridError.Unavailable($"the connection to central broke: {connection.End?.Message}", null, connection.End));
                await connection.DisposeAsync();
                if (TimeProvider.System.GetElapsedTime(opened) >= Limits.ShortLife) _failures = 0;
                else await Task.Delay(NextPause(), _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            if (_current.Task.IsCompletedSuccessfully) await _current.Task.Result.DisposeAsync();
            else Fail(new ObjectDisposedException(nameof(GridClient)));
        }
        catch (Exception bug)
        {
            // Nobody awaits this loop before the end: those who wait for a connection must hear of it.
            Fail(bug);
            throw;
        }
    }

    private async ValueTask<GridConnection> Open(CancellationToken ct)
    {
        var url = _address.Resolve();
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = Limits.PingInterval;
        socket.Options.KeepAliveTimeout = Limits.PingTimeout;
        socket.Options.CollectHttpResponseDetails = true;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(Limits.ConnectTimeout);
        try
        {
            using var invoker = new HttpMessageInvoker(CentralTls.CreateHandler(_address));
            var endpoint = new UriBuilder(url) { Scheme = Uri.UriSchemeWss, Path = ApiProtocol.Path }.Uri;
            await socket.ConnectAsync(endpoint, invoker, timeout.Token);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or GridError
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw Refused(status, url) ?? CentralTls.Explain(e, url, _address);
        }
        return await Greet(new GridConnection(socket, push => Pushed?.Invoke(push)), ct);
    }

    private async Task<GridConnection> Greet(GridConnection connection, CancellationToken ct)
    {
        if (Greeting is null) return connection;
        try
        {
            await Greeting(connection, ct).WaitAsync(Limits.GreetingTimeout, ct);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (e is TimeoutException) throw GridError.Unavailable("central took too long to answer the greeting", "Look at central's log.", e);
            throw;
        }
    }

    private static GridError? Refused(HttpStatusCode status, Uri url) => status switch
    {
        HttpStatusCode.Unauthorized =>
            new GridError(ErrorCode.Unauthenticated, $"central at {url.Authority} does not know this certificate",
                "Check `certificate` and `key` in client.yaml; an operator makes new ones with `hpcgrid-central user add`."),
        HttpStatusCode.Forbidden =>
            GridError.Denied($"central at {url.Authority} lets this certificate in no more",
                "Ask the grid's operator; the certificate may have ended or been withdrawn."),
        HttpStatusCode.NotFound =>
            GridError.Invalid($"{url.Authority} is no central: it does not know {ApiProtocol.Path}",
                "Check `central` in client.yaml; client and central must be of the same version."),
        _ => null,
    };

    /// <summary>Trouble that waiting cannot mend is told to those who wait now; for the rest they go on waiting.</summary>
    private void Refuse(GridError error)
    {
        _lastFailure = error;
        Disconnected?.Invoke(error);
        if (error.IsTransient) return;
        lock (_lock)
        {
            Fail(error);
            _current = NewGate();
        }
    }

    private void Fail(Exception error)
    {
        lock (_lock)
        {
            // Reading Exception marks it as seen: there may be nobody waiting.
            if (_current.TrySetException(error)) _ = _current.Task.Exception;
        }
    }

    private void ForgetClosed()
    {
        if (_current.Task is { IsCompletedSuccessfully: true, Result.Closed.IsCompleted: true }) _current = NewGate();
    }

    private TimeSpan NextPause()
    {
        var doubled = Limits.FirstPause * Math.Pow(2, Math.Min(_failures++, 20));
        var capped = doubled < Limits.LongestPause ? doubled : Limits.LongestPause;
        return capped * (0.5 + Random.Shared.NextDouble());
    }

    private static TaskCompletionSource<GridConnection> NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested) return;
            _stopping.Cancel();
            loop = _loop;
        }
        if (loop is not null) await loop;
        _stopping.Dispose();
    }
}
