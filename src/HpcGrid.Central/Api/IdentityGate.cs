using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using System.Text.Json;

namespace HpcGrid.Central.Api;

/// <summary>Who a request is from, and how refusals look over HTTP.</summary>
public sealed class IdentityGate(Authenticator authenticator)
{
    private static readonly object Mark = new();

    /// <summary>The caller behind the connection's certificate; judged once per connection. Throws GridError(Unauthenticated).</summary>
    public Caller Identify(HttpContext context)
    {
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(Mark, out var known) && known is Caller caller)
        {
            authenticator.StillWelcome(caller);
            return caller;
        }
        var identified = authenticator.Identify(context.Connection.ClientCertificate);
        if (items is not null) items[Mark] = identified;
        return identified;
    }

    /// <summary>Answers a refusal: 401 in plain words, everything else as a JSON ApiError.</summary>
    public static async Task Refuse(HttpContext context, GridError error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = StatusOf(error);
        if (error.Code == ErrorCode.Unauthenticated)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(error.Hint is null ? $"{error.Message}.\n" : $"{error.Message}. {error.Hint}\n");
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(ApiError.From(error), GridJson.Default.ApiError));
    }

    private static int StatusOf(GridError error) => error.Code switch
    {
        ErrorCode.Invalid => StatusCodes.Status400BadRequest,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.Exists or ErrorCode.Conflict => StatusCodes.Status409Conflict,
        ErrorCode.Denied => StatusCodes.Status403Forbidden,
        ErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.Unavailable => error.InnerException is IOException ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status503ServiceUnavailable,
        ErrorCode.Corrupt => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.Internal => StatusCodes.Status500InternalServerError,
        _ => throw new InvalidOperationException($"error code {error.Code} has no HTTP status"),
    };
}
