using System.IO.Abstractions;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HpcGrid.Central.Identity;

/// <summary>
/// Central's own certificate authority: ECDSA P-256, made once by `init`. It signs the server's certificate and one for each account
/// (name in CN, role in OU). Whoever has the authority's key is everybody; it never leaves central's home.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>The public part, PEM.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Opens the authority of a home, making it the first time. A crash in between leaves a key that is used the next time.</summary>
    public static CertificateAuthority OpenOrMake(IFileSystem files, CentralHome home, string vo, DateTimeOffset now)
    {
        if (!files.File.Exists(home.AuthorityKey)) CentralHome.WriteWhole(files, home.AuthorityKey, NewKey(), secret: true);
        if (!files.File.Exists(home.AuthorityCertificate))
            CentralHome.WriteWhole(files, home.AuthorityCertificate, SelfSigned(files.File.ReadAllText(home.AuthorityKey), vo, now), secret: false);
        return new CertificateAuthority(X509Certificate2.CreateFromPem(
            files.File.ReadAllText(home.AuthorityCertificate), files.File.ReadAllText(home.AuthorityKey)));
    }

    /// <summary>A new P-256 private key, PEM (PKCS 8).</summary>
    public static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>A certificate for an account; the certificate's PEM.</summary>
    public string SignClient(string keyPem, string name, Role role, DateTimeOffset now)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        subject.AddOrganizationalUnitName(role.Text());
        return Sign(keyPem, subject, ClientUse, null, now);
    }

    /// <summary>A certificate for the server under all names it is reached by.</summary>
    public string SignServer(string keyPem, IEnumerable<string> hosts, DateTimeOffset now)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName("hpcgrid-central");
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Distinct(StringComparer.OrdinalIgnoreCase))
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        return Sign(keyPem, subject, ServerUse, names.Build(), now);
    }

    /// <summary>The name and role in a certificate that this authority signed for a client and that is valid now; otherwise the reason.</summary>
    public (string Name, Role Role)? Check(X509Certificate2 certificate, DateTimeOffset now, out string fault)
    {
        fault = "";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientUse));
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        if (!chain.Build(certificate))
        {
            fault = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
            return null;
        }
        var parts = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements)
            .ToLookup(part => part.GetSingleElementType().FriendlyName, part => part.GetSingleElementValue());
        if (parts["CN"].ToList() is not [{ } name] || parts["OU"].ToList() is not [{ } role])
        {
            fault = "its subject is not of the form CN=name, OU=role";
            return null;
        }
        return (name, AccountRules.ParseRole(role));
    }

    private static string SelfSigned(string keyPem, string vo, DateTimeOffset now)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(keyPem);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName($"HpcGrid authority of {vo}");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(now - Skew, now + Limits.AuthorityLife);
        return certificate.ExportCertificatePem();
    }

    /// <summary>Other machines' clocks may be behind.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    private string Sign(string keyPem, X500DistinguishedNameBuilder subject, string use, X509Extension? names, DateTimeOffset now)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(keyPem);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (names is not null) request.CertificateExtensions.Add(names);
        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] &= 0x7f;
        var ends = now + Limits.CertificateLife;
        using var certificate = request.Create(_certificate, now - Skew < _certificate.NotBefore ? _certificate.NotBefore : now - Skew,
            ends > _certificate.NotAfter ? _certificate.NotAfter : ends, serial);
        return certificate.ExportCertificatePem();
    }

    public void Dispose() => _certificate.Dispose();
}
