using System.Reflection;
using HpcGrid.Central.Identity;

namespace HpcGrid.Central.Api;

/// <summary>Tells callers who they are, and whom they talk to: this central's organisation, version and clock.</summary>
public sealed class WhoIsWho(string vo, TimeProvider clock)
{
    private static readonly string Version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public Core.Api.Identity Tell(Caller caller) =>
        new(caller.Name, [caller.Role.Text()], vo, AccountRules.Home(vo, caller.Name), caller.CertificateEnds) { Now = clock.GetUtcNow(), Version = Version };
}
