using System.Security.Cryptography.X509Certificates;
using HpcGrid.Central.Database;
using HpcGrid.Core;

namespace HpcGrid.Central.Identity;

/// <summary>
/// Says who a certificate is. Refuses, with GridError(Unauthenticated) and the reason: no certificate, another authority's, one out of
/// its dates or for another use, an account that does not exist, is disabled, or has another role than the certificate claims.
/// </summary>
public sealed class Authenticator(CertificateAuthority authority, CentralDatabase database, TimeProvider clock)
{
    public Caller Identify(X509Certificate2? certificate)
    {
        if (certificate is null)
            throw Refused("this request carries no client certificate", "Point the client to a client.yaml made by `hpcgrid-central user add NAME`.");
        if (authority.Check(certificate, clock.GetUtcNow(), out var fault) is not var (name, role))
            throw Refused($"this client certificate is not accepted: {fault}", "Only certificates of this central's own authority are; ask its admin for one.");
        var account = database.Read(session => AccountTable.Find(session, name));
        if (account is null) throw Refused($"there is no account '{name}'", "Ask the admin of this central.");
        if (account.Disabled) throw Refused($"the account '{name}' is disabled", "Ask the admin of this central.");
        if (account.Role != role) throw Refused($"the account '{name}' has no role '{role.Text()}'", "Ask the admin of this central for a new certificate.");
        return new Caller(name, role, certificate.NotAfter);
    }

    /// <summary>Throws when the account was disabled or its certificate ended since it was identified: long connections outlive both.</summary>
    public void StillWelcome(Caller caller)
    {
        if (caller.CertificateEnds is { } end && end <= clock.GetUtcNow())
            throw Refused("the client certificate has ended", "Ask the admin of this central for a new one.");
        if (database.Read(session => AccountTable.Find(session, caller.Name)) is not { Disabled: false })
            throw Refused($"the account '{caller.Name}' is disabled", "Ask the admin of this central.");
    }

    private static GridError Refused(string message, string hint) => new(ErrorCode.Unauthenticated, message, hint);
}
