using System.Text;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using Microsoft.AspNetCore.Http;

namespace HpcGrid.Tests.Client;

[TestFixture, CancelAfter(60_000)]
internal sealed class StorageClientTests
{
    private static readonly byte[] Bytes = Encoding.UTF8.GetBytes("some bytes worth keeping");

    [Test]
    public async Task What_arrives_is_measured_and_compared(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Http = context => context.Response.Body.WriteAsync(Bytes).AsTask();
        using var storage = new StorageClient(pki.Address(central.Url));
        using var to = new MemoryStream();
        Assert.That(await storage.Get("/se/x", "token", to, ct), Is.EqualTo(Content.Of(Bytes)));
        Assert.That(to.ToArray(), Is.EqualTo(Bytes));
        var error = (await Assert.ThrowsAsync<GridError>(() => storage.Get("/se/x", "token", Content.Of("other"u8), Stream.Null, ct)))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Corrupt));
    }

    [Test]
    public async Task A_file_is_stored_with_its_checksum_and_token(CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Http = Store;
        using var storage = new StorageClient(pki.Address(central.Url));
        var stored = await storage.Put("/se/x", "token", Content.Of(Bytes), new MemoryStream(Bytes), ct);
        Assert.That(stored, Is.EqualTo(new StoredUpload("Bearer token", Content.Of(Bytes))));
    }

    [Test]
    public async Task A_stream_that_is_not_what_was_promised_is_corrupt([Values("shorter", "some bytes worth keepinG", "some bytes worth keeping and more")] string text, CancellationToken ct)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Http = Store;
        using var storage = new StorageClient(pki.Address(central.Url));
        var error = (await Assert.ThrowsAsync<GridError>(() => storage.Put("/se/x", "token", Content.Of(Bytes), new MemoryStream(Encoding.UTF8.GetBytes(text)), ct)))!;
        Assert.That(error.Code, Is.EqualTo(ErrorCode.Corrupt), error.Message);
    }

    [TestCase(401, ErrorCode.Unauthenticated)]
    [TestCase(403, ErrorCode.Denied)]
    [TestCase(404, ErrorCode.NotFound)]
    [TestCase(409, ErrorCode.Conflict)]
    [TestCase(413, ErrorCode.TooLarge)]
    [TestCase(503, ErrorCode.Unavailable)]
    public async Task A_refusal_keeps_the_words_of_the_storage_element(int status, ErrorCode code)
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Http = context => { context.Response.StatusCode = status; return context.Response.WriteAsync("the reason"); };
        using var storage = new StorageClient(pki.Address(central.Url));
        var error = (await Assert.ThrowsAsync<GridError>(() => storage.Get("/se/x", "token", Stream.Null, CancellationToken.None)))!;
        Assert.That((error.Code, error.Message), Is.EqualTo((code, $"the storage element answers {status} for '/se/x': the reason")));
    }

    [Test]
    public async Task A_transfer_that_breaks_in_the_middle_is_unavailable()
    {
        using var pki = new ThrowAwayPki();
        await using var central = await FakeCentral.Start(pki);
        central.Http = async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync(Bytes);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        using var storage = new StorageClient(pki.Address(central.Url));
        Assert.That((await Assert.ThrowsAsync<GridError>(() => storage.Get("/se/x", "token", Stream.Null, CancellationToken.None)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
    }

    private static async Task Store(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var stored = new StoredUpload(context.Request.Headers.Authorization.ToString(), Content.Of(body.ToArray()));
        await context.Response.Body.WriteAsync(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload));
    }
}
