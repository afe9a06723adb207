using System.Text.Json;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
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
/// The local storage element over https: /se/{name}/{cc}/{hhhhh}/{guid}. Every request carries a token that central signed; what it permits
/// is decided by <see cref="StorageRules"/> and, for paths, by what the catalogue says the file is.
/// </summary>
public sealed class StorageEndpoint(
    StorageElement element, CatalogueReads catalogue, Descriptions descriptions, CentralDatabase database, TokenDesk tokens)
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
        var (token, pfn) = Read(context);
        var guid = StorageRules.GuidOf(pfn);
        var (allowed, sha256) = database.Read(session => (MayRead(session, token, guid, pfn), Sha256Of(session, guid)));
        if (!allowed) throw GridError.Denied("the token does not permit to read this file");
        await using var file = element.Store.Open(pfn);
        await Results.Stream(file, "application/octet-stream", enableRangeProcessing: true,
            entityTag: sha256 is null ? null : new EntityTagHeaderValue($"\"{sha256}\"")).ExecuteAsync(context);
    }

    private async Task Put(HttpContext context)
    {
        var (token, pfn) = Read(context);
        var sha256 = context.Request.Headers["X-Content-Sha256"].ToString();
        if (sha256.Length != 64 || sha256.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            throw GridError.Invalid("the header X-Content-Sha256 is missing or not 64 lower-case hexadecimal digits");
        if (context.Request.ContentLength is not { } size) throw GridError.Invalid("the header Content-Length is missing");
        var stored = await element.Put(token, pfn, new Content(size, sha256), context.Request.Body, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(stored, GridJson.Default.StoredUpload));
    }

    private async Task Delete(HttpContext context)
    {
        var (token, pfn) = Read(context);
        await element.Drop(token, pfn);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private (JobToken Token, string Pfn) Read(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? tokens.Verify(header["Bearer ".Length..].Trim()) : null;
        if (token is null) throw new GridError(ErrorCode.Unauthenticated, "this request carries no valid token",
            "Ask central for a ticket; tokens end after some hours");
        var values = context.Request.RouteValues;
        if (Text(values, "se") != element.Name) throw GridError.NotFound($"there is no storage element {Text(values, "se")} here");
        return (token, $"{Text(values, "cc")}/{Text(values, "hash")}/{Text(values, "guid")}");
    }

    private bool MayRead(Session session, JobToken token, Guid guid, string pfn) =>
        StorageRules.MayRead(token, pfn)
        || (StorageElement.IsCurrent(session, token.AttemptId)
            && (IsInput(session, token, pfn) || catalogue.IsCovered(session, guid, path => StorageRules.MayRead(token, path))));

    private bool IsInput(Session session, JobToken token, string pfn) =>
        StorageRules.MayReadInputs(token) && JobTable.Find(session, token.Job) is { } job && descriptions.Of(session, job).Reads(pfn);

    private string? Sha256Of(Session session, Guid guid) => element.Find(session, guid)?.Content.Sha256 ?? catalogue.Sha256Of(session, guid);

    private static string Text(Microsoft.AspNetCore.Routing.RouteValueDictionary values, string name) => values[name]?.ToString() ?? "";
}
