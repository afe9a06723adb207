using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HpcGrid.Client;

namespace HpcGrid.Tests.Client;

/// <summary>A CA, a server certificate for 127.0.0.1 and a client certificate, made for one test and removed with it.</summary>
internal sealed class ThrowAwayPki : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hpcgrid-pki-").FullName;

    public ThrowAwayPki(string serverName = "127.0.0.1")
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=throw-away CA", caKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(PathOf("ca.pem"), ca.ExportCertificatePem());
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(serverName, out var ip)) names.AddIpAddress(ip);
        else names.AddDnsName(serverName);
        Issue(ca, "server", "CN=server", names.Build());
        Issue(ca, "client", "CN=jdoe", null);
        using var pem = X509Certificate2.CreateFromPemFile(PathOf("server.crt.pem"), PathOf("server.key.pem"));
        Server = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    public X509Certificate2 Server { get; }
    public string PathOf(string name) => Path.Combine(_directory, name);
    public CentralAddress Address(Uri url) => new(url, PathOf("ca.pem"), PathOf("client.crt.pem"), PathOf("client.key.pem"));

    private void Issue(X509Certificate2 ca, string file, string subject, X509Extension? extension)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (extension is not null) request.CertificateExtensions.Add(extension);
        using var certificate = request.Create(ca, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(PathOf(file + ".crt.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf(file + ".key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        Server.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
