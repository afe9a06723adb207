using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HpcGrid.Central.Api;

/// <summary>The WebSocket at /api/v1, and /health, the one page that asks nobody who they are and tells nothing.</summary>
public sealed class ApiEndpoint(RequestRouter router, Authenticator authenticator, IdentityGate gate)
{
    public void Map(WebApplication app, CancellationToken stop)
    {
        app.MapGet("/health", (RequestDelegate)(context => context.Response.WriteAsync($"ok {typeof(ApiEndpoint).Assembly.GetName().Version?.ToString(3)}\n")));
        app.MapGet(ApiProtocol.Path, (RequestDelegate)(context => Serve(context, stop)));
    }

    private async Task Serve(HttpContext context, CancellationToken stop)
    {
        var caller = gate.Identify(context);
        if (!context.WebSockets.IsWebSocketRequest) throw GridError.Invalid("this address speaks WebSocket only", "Use `hpcgrid` or another client.");
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, context.RequestAborted);
        await new ApiConnection(socket, caller, router, authenticator).Run(ends.Token);
    }
}
