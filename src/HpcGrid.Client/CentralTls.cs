using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HpcGrid.Core;

namespace HpcGrid.Client;

/// <summary>
/// TLS to central: only our CA is trusted, the host name is checked, nobody's list of public authorities is asked, and the
/// client certificate is always offered. The files are read again for each handler, so a renewed certificate needs no restart.
/// </summary>
internal static class CentralTls
{
    /// <summary>Throws GridError: NotFound, Invalid or Denied for a file that does not serve.</summary>
    public static SocketsHttpHandler CreateHandler(CentralAddress address)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        var authorities = ReadCertificates(address.CaFile, "CA");
        policy.CustomTrustStore.AddRange(authorities);
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = Limits.ConnectTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateContext = ReadClientCertificate(address),
            },
        };
    }

    /// <summary>What a failed connection means to its reader.</summary>
    public static GridError Explain(Exception e, Uri url, CentralAddress address)
    {
        if (e is GridError error) return error;
        for (var inner = e; inner is not null; inner = inner.InnerException)
            if (inner is AuthenticationException)
                return new GridError(ErrorCode.Unauthenticated, $"the server at {url.Authority} does not prove to be central: {inner.Message}",
                    $"Its certificate must be signed by '{address.CaFile}' and name the host '{url.Host}'. "
                    + "If central was set up anew, fetch its ca.pem and your client.yaml again.", e);
        var cause = e.InnerException?.Message ?? e.Message;
        return GridError.Unavailable($"no connection to central at {url.Authority}: {cause}",
            "Check that central runs and that this machine reaches it; then try again.", e);
    }

    private static SslStreamCertificateContext? ReadClientCertificate(CentralAddress address)
    {
        if (address.CertificateFile is not { } file) return null;
        try
        {
            var leaf = X509Certificate2.CreateFromPemFile(file, address.KeyFile ?? file);
            var chain = ReadCertificates(file, "client");
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw Unreadable(e, "client", address.KeyFile is null ? file : $"{file}' and '{address.KeyFile}");
        }
    }

    private static X509Certificate2Collection ReadCertificates(string file, string what)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(file);
            return found.Count > 0
                ? found
                : throw GridError.Invalid($"'{file}' holds no certificate",
                    $"The {what} certificate is a PEM file (-----BEGIN CERTIFICATE-----).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unreadable(e, what, file);
        }
    }

    private static GridError Unreadable(Exception e, string what, string files) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            new GridError(ErrorCode.NotFound, $"a file of the {what} certificate is missing: {e.Message}",
                "client.yaml names it; ask the grid's operator for a new set.", e),
        UnauthorizedAccessException =>
            new GridError(ErrorCode.Denied, $"a file of the {what} certificate cannot be read: {e.Message}", "Check its owner and permissions.", e),
        _ => new GridError(ErrorCode.Invalid, $"the {what} certificate in '{files}' does not serve: {e.Message}",
            "Certificate and key must be PEM and belong together.", e),
    };
}
