using System.Net;
using System.Security.Cryptography.X509Certificates;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;

namespace HpcGrid.Central.Api;

/// <summary>Kestrel as central uses it: TLS always, errors as central says them, nothing for those who do not say who they are.</summary>
public static class WebServer
{
    public static WebApplication Build(CentralHome home, IPEndPoint listen)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = home.Path });
        // What is set stands in central's own file. A watch for appsettings.json in its home would wake for every write of the database there.
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxConcurrentConnections = Limits.Connections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = Limits.Connections;
            kestrel.Listen(listen, options =>
            {
                options.Protocols = HttpProtocols.Http1;
                options.UseHttps(Tls(home));
            });
        });
        return builder.Build();
    }

    public static void Use(WebApplication app, IdentityGate gate)
    {
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                RefuseUnknown(context, gate);
            }
            catch (GridError e) { await IdentityGate.Refuse(context, e); }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested) { context.Abort(); }
            catch (Exception e)
            {
                Log.Error(e, "a fault while answering {Path}", context.Request.Path);
                await IdentityGate.Refuse(context, new GridError(ErrorCode.Internal, "a fault of central; its log has the details"));
            }
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Limits.KeepAlive, KeepAliveTimeout = 3 * Limits.KeepAlive });
        app.UseRouting();
    }

    /// <summary>What is not there is told only to those who say who they are.</summary>
    private static void RefuseUnknown(HttpContext context, IdentityGate gate)
    {
        if (context.Response.StatusCode != StatusCodes.Status404NotFound || context.Response.HasStarted) return;
        gate.Identify(context);
        throw GridError.NotFound($"there is nothing at {context.Request.Path}");
    }

    private static HttpsConnectionAdapterOptions Tls(CentralHome home) => new()
    {
        ServerCertificate = X509Certificate2.CreateFromPemFile(home.ServerCertificate, home.ServerKey),
        ClientCertificateMode = ClientCertificateMode.AllowCertificate,
        // Judged by Authenticator, which can say in words what is wrong; TLS has proven that the client has the key.
        ClientCertificateValidation = (_, _, _) => true,
    };
}
