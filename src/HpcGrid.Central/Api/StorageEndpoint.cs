using System.Text.Json;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HpcGrid.Central.Api;

/// <summary>
/// Central's storage elements over https: /se/{name}/{cc}/{hhhhh}/{guid}. Every request carries a token that central signed; what it permits
/// is decided by <see cref="StorageRules"/> and, for paths, by what the catalogue says the file is. A new file may be sent to the address of any of them:
/// where it goes is what the header X-Storage-Wish says, near to the job's site, and the answer names it.
/// </summary>
public sealed class StorageEndpoint(
    StorageElements elements, UploadDesk desk, StorageAccess access, BridgeRoster roster, CentralDatabase database, TokenDesk tokens)
{
    private const string Route = "/se/{se}/{cc}/{hash}/{guid}";

    public void Map(WebApplication app)
    {
        app.MapMethods(Route, ["GET", "HEAD"], (RequestDelegate)Get);
        app.MapPut(Route, (RequestDelegate)Put);
        app.MapDelete(Route, (RequestDelegate)Delete);
    }

    private async Task Get(HttpContext context)
    {
        var (token, element, pfn) = Read(context);
        var guid = StorageRules.GuidOf(pfn);
        var (allowed, sha256) = database.Read(session => (access.MayRead(session, token, guid, pfn), access.Sha256Of(session, guid)));
        if (!allowed) throw GridError.Denied("the token does not permit to read this file");
        await using var file = element.Open(database, pfn);
        await Results.Stream(file, "application/octet-stream", enableRangeProcessing: true,
            entityTag: sha256 is null ? null : new EntityTagHeaderValue($"\"{sha256}\"")).ExecuteAsync(context);
    }

    private async Task Put(HttpContext context)
    {
        var (token, _, pfn) = Read(context);
        var sha256 = context.Request.Headers["X-Content-Sha256"].ToString();
        if (sha256.Length != 64 || sha256.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            throw GridError.Invalid("the header X-Content-Sha256 is missing or not 64 lower-case hexadecimal digits");
        if (context.Request.ContentLength is not { } size) throw GridError.Invalid("the header Content-Length is missing");
        var wish = StorageWish.Parse(Uri.UnescapeDataString(context.Request.Headers[StorageWish.Header].ToString()));
        var incoming = new UploadDesk.Incoming(pfn, new Content(size, sha256), wish, NearnessOf(token));
        var stored = await desk.Put(token, incoming, context.Request.Body, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload));
    }

    private async Task Delete(HttpContext context)
    {
        var (token, _, pfn) = Read(context);
        await desk.Drop(token, pfn);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private (JobToken Token, StorageElement Element, string Pfn) Read(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? tokens.Verify(header["Bearer ".Length..].Trim()) : null;
        if (token is null) throw new GridError(ErrorCode.Unauthenticated, "this request carries no valid token",
            "Ask central for a ticket; tokens end after some hours");
        var values = context.Request.RouteValues;
        var element = elements.Find(Text(values, "se")) ?? throw GridError.NotFound($"there is no storage element {Text(values, "se")} here");
        return (token, element, $"{Text(values, "cc")}/{Text(values, "hash")}/{Text(values, "guid")}");
    }

    /// <summary>What is near to the site that runs the token's job.</summary>
    private Nearness NearnessOf(JobToken token)
    {
        if (token.Job == 0 || database.Read(session => JobTable.Find(session, token.Job)) is not { } job) return Nearness.Nowhere;
        var site = job.Known.Bridge.Value is { } bridge ? roster.SiteMapOf(bridge) : null;
        return new Nearness(job.Known.Site.Value ?? "", site?.CloseSe ?? []);
    }

    private static string Text(Microsoft.AspNetCore.Routing.RouteValueDictionary values, string name) => values[name]?.ToString() ?? "";
}
