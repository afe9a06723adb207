using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Client;

/// <summary>
/// Fetches from and stores to storage elements over https, streaming, with the checksum reckoned on the way. Urls that start with
/// '/' are relative to central. Retries nothing: the caller knows what its stream can repeat. Thread-safe.
/// </summary>
public sealed class StorageClient : IDisposable
{
    private readonly CentralAddress _address;
    private readonly HttpClient _http;

    /// <summary>Throws GridError when the certificate files do not serve.</summary>
    public StorageClient(CentralAddress address) : this(address, CentralTls.CreateHandler(address)) { }

    /// <summary>With a handler of the caller's own, which is disposed with the client.</summary>
    public StorageClient(CentralAddress address, HttpMessageHandler handler)
    {
        _address = address;
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>
    /// Copies a file to a stream and returns what arrived; progress hears the bytes so far. Throws the storage element's GridError, and Unavailable
    /// when the connection fails or stalls: what was written to <paramref name="to"/> by then is worthless.
    /// </summary>
    public Task<Content> Get(string url, string token, Stream to, CancellationToken ct, Action<long>? progress = null) =>
        Guarded(url, ct, async stall =>
    {
        using var request = Request(HttpMethod.Get, url, token);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
        await ThrowIfRefused(response, url, stall.Token);
        await using var body = new HashingStream(await response.Content.ReadAsStreamAsync(stall.Token), bytes => Moved(stall, bytes, progress));
        await body.CopyToAsync(to, Limits.BufferSize, stall.Token);
        return body.Measured;
    });

    /// <summary>Like <see cref="Get(string,string,Stream,CancellationToken,Action{long})"/>, and throws GridError(Corrupt) when what arrived is not
    /// <paramref name="expected"/>.</summary>
    public async Task Get(string url, string token, Content expected, Stream to, CancellationToken ct, Action<long>? progress = null)
    {
        var got = await Get(url, token, to, ct, progress);
        if (got != expected)
            throw GridError.Corrupt($"'{url}' is not what the catalogue says: {Describe(got)} instead of {Describe(expected)}",
                "Try another replica; this copy is damaged.");
    }

    /// <summary>
    /// Stores a stream of known content. Throws GridError(Corrupt) when the stream is something else or the storage element stored something
    /// else, otherwise the storage element's GridError, or Unavailable. Repeating it with the same content is harmless.
    /// </summary>
    public Task<StoredUpload> Put(string url, string token, Content content, Stream from, CancellationToken ct, Action<long>? progress = null) =>
        Put(url, token, content, StorageWish.None, from, ct, progress);

    /// <summary>As above, with copies where they are wanted; the answer names the storage element that has the first.</summary>
    public Task<StoredUpload> Put(string url, string token, Content content, StorageWish wish, Stream from, CancellationToken ct,
        Action<long>? progress = null) => Guarded(url, ct, async stall =>
    {
        await using var body = new HashingStream(from, bytes => Moved(stall, bytes, progress));
        using var request = Request(HttpMethod.Put, url, token);
        request.Headers.Add("X-Content-Sha256", content.Sha256);
        if (!wish.IsNone) request.Headers.Add(StorageWish.Header, Uri.EscapeDataString(wish.ToString()));
        request.Headers.ExpectContinue = content.Size >= Limits.AskBeforeUpload;
        request.Content = new StreamContent(body, Limits.BufferSize);
        request.Content.Headers.ContentLength = content.Size;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        HttpResponseMessage response;
        try { response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token); }
        catch (HttpRequestException e)
        {
            var sent = body.Measured;
            if (sent.Size == content.Size || !await IsAtEnd(from, sent, content, stall.Token)) throw;
            throw new GridError(ErrorCode.Corrupt, $"what was to be stored at '{url}' has {sent.Size} bytes, not {content.Size}",
                "Did the file change while it was read? Try again.", e);
        }
        using (response)
        {
            await ThrowIfRefused(response, url, stall.Token);
            return Verified(await ReadStored(response, url, stall.Token), body.Measured, content, url);
        }
    });

    /// <summary>A stream shorter or longer than promised breaks the request inside HttpClient, like a broken network does.</summary>
    private static async Task<bool> IsAtEnd(Stream from, Content sent, Content promised, CancellationToken ct) =>
        sent.Size > promised.Size || await from.ReadAsync(new byte[1], ct) == 0;

    private static StoredUpload Verified(StoredUpload stored, Content sent, Content content, string url)
    {
        // A repeated upload is answered without reading the body: then only what is stored counts.
        if (sent.Size == content.Size && sent != content)
            throw GridError.Corrupt($"what was sent to '{url}' is {Describe(sent)}, not {Describe(content)}",
                "Did the file change while it was read? Try again.");
        return stored.Content == content
            ? stored
            : throw GridError.Corrupt($"the storage element stored {Describe(stored.Content)} at '{url}', not {Describe(content)}",
                "Try again; if it repeats, tell the storage element's operator.");
    }

    private static async Task<StoredUpload> ReadStored(HttpResponseMessage response, string url, CancellationToken ct)
    {
        try
        {
            return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(ct), GridJson.Default.StoredUpload)
                ?? throw GridError.Corrupt($"the storage element's answer for '{url}' is empty");
        }
        catch (JsonException e)
        {
            throw new GridError(ErrorCode.Corrupt, $"the storage element's answer for '{url}' is not understood: {e.Message}", null, e);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string url, string token)
    {
        var request = new HttpRequestMessage(method, url.StartsWith('/') ? _address.Resolve(url) : new Uri(url));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private static void Moved(CancellationTokenSource stall, long bytes, Action<long>? progress)
    {
        stall.CancelAfter(Limits.TransferStall);
        progress?.Invoke(bytes);
    }

    /// <summary>Ends a transfer on which nothing moves, and says in the caller's words why one failed.</summary>
    private async Task<T> Guarded<T>(string url, CancellationToken ct, Func<CancellationTokenSource, Task<T>> transfer)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stall.CancelAfter(Limits.TransferStall);
        try { return await transfer(stall); }
        catch (HttpRequestException e) { throw CentralTls.Explain(e, url.StartsWith('/') ? _address.Resolve(url) : new Uri(url), _address); }
        // Trap: a reset in the middle of a body comes as a plain IOException; one of the caller's own file has no SocketException in it.
        catch (IOException e) when (e is HttpIOException || e.InnerException is SocketException)
        {
            throw GridError.Unavailable($"the transfer of '{url}' broke: {e.Message}", "Try again.", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw GridError.Unavailable($"the transfer of '{url}' stood still for {Limits.TransferStall.TotalMinutes:0} minutes", "Try again.", e);
        }
    }

    private static async Task ThrowIfRefused(HttpResponseMessage response, string url, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode) return;
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        throw ReadError(body) ?? new GridError(CodeOf(response.StatusCode),
            $"the storage element answers {(int)response.StatusCode} for '{url}': {TextOf(body, response)}");
    }

    private static GridError? ReadError(byte[] body)
    {
        if (body.Length is 0 or > Limits.LongestErrorText || body[0] != '{') return null;
        try { return JsonSerializer.Deserialize(body, GridJson.Default.ApiError)?.ToException(); }
        catch (JsonException) { return null; }
    }

    private static string TextOf(byte[] body, HttpResponseMessage response)
    {
        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, Limits.LongestErrorText))).Trim();
        return text.Length > 0 ? text : response.ReasonPhrase ?? response.StatusCode.ToString();
    }

    private static ErrorCode CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestedRangeNotSatisfiable => ErrorCode.Invalid,
        HttpStatusCode.Unauthorized => ErrorCode.Unauthenticated,
        HttpStatusCode.Forbidden => ErrorCode.Denied,
        HttpStatusCode.NotFound or HttpStatusCode.Gone => ErrorCode.NotFound,
        HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed => ErrorCode.Conflict,
        HttpStatusCode.RequestEntityTooLarge => ErrorCode.TooLarge,
        HttpStatusCode.UnprocessableEntity => ErrorCode.Corrupt,
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InsufficientStorage => ErrorCode.Unavailable,
        >= HttpStatusCode.InternalServerError => ErrorCode.Unavailable,
        _ => ErrorCode.Internal,
    };

    private static string Describe(Content content) =>
        string.Create(CultureInfo.InvariantCulture, $"{content.Size} bytes with SHA-256 {content.Sha256}");

    public void Dispose() => _http.Dispose();
}
