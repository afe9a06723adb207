using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Bridge;

/// <summary>A storage element inside the process, below the real StorageClient.</summary>
internal sealed class FakeStorage : HttpMessageHandler
{
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();
    public ConcurrentQueue<string> Gets { get; } = new();
    public ConcurrentQueue<string> Puts { get; } = new();
    public HttpStatusCode? PutFault { get; set; }
    public ConcurrentDictionary<string, bool> RefusedTokens { get; } = new();
    /// <summary>Gets of this path wait until the test lets them go.</summary>
    public TaskCompletionSource? Gate { get; set; }
    public string GatedPath { get; set; } = "";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (request.Method == HttpMethod.Get)
        {
            Gets.Enqueue(path);
            if (Gate is { } gate && path == GatedPath) await gate.Task.WaitAsync(cancellationToken);
            if (RefusedTokens.ContainsKey(request.Headers.Authorization!.Parameter!)) return new HttpResponseMessage(HttpStatusCode.Forbidden);
            return Files.TryGetValue(path, out var bytes)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
        }
        Puts.Enqueue(path);
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        if (PutFault is { } fault) return new HttpResponseMessage(fault);
        Files[path] = body;
        var stored = new StoredUpload(path["/se/".Length..], Content.Of(body));
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload)) };
    }
}
