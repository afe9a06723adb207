using System.Net;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Simulate.Parties;

/// <summary>A storage element below the real storage client. It answers at once and on the caller's thread: a simulation has no other.</summary>
internal sealed class SimStorage(Grid grid) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        using (var body = request.Content!.ReadAsStream(cancellationToken)) body.CopyTo(bytes);
        if (!grid.Faults.Healed && grid.Dice.Chance(grid.Scenario.LostAnswers)) return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        var content = Content.Of(bytes.ToArray());
        var stored = new StoredUpload(request.RequestUri!.AbsolutePath["/se/".Length..], content);
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload)),
        });
    }
}
