using System.IO.Abstractions;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using HpcGrid.Central;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Central;

/// <summary>Closed by default: nobody gets anything without saying who they are.</summary>
internal sealed class AccessTests : CentralTests
{
    [Test]
    public async Task Without_an_identity_there_is_only_health([Values("/api/v1", "/se/HPCGRID%3A%3ACentral%3A%3ALocal/00/00000/x", "/nothing", "/")] string path)
    {
        using var http = Http(null);
        Assert.That((await http.GetAsync(new Uri(Central.Host.Url, "/health"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var answer = await http.GetAsync(new Uri(Central.Host.Url, path));
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("no"));
        });
    }

    [Test]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        var other = new CentralHome(Path.Combine(Central.Home.Path, "other"));
        await Accounts.Init(new FileSystem(), other, new CentralOptions(), TimeProvider.System);
        using var http = Http(CertificateOf(other.UserDirectory("admin")));
        Assert.That((await http.GetAsync(new Uri(Central.Host.Url, "/api/v1"))).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task The_servers_certificate_is_no_clients()
    {
        using var http = Http(X509Certificate2.CreateFromPemFile(Central.Home.ServerCertificate, Central.Home.ServerKey));
        Assert.That((await http.GetAsync(new Uri(Central.Host.Url, "/api/v1"))).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_certificate_that_has_ended_is_refused()
    {
        Central.Clock.Advance(TimeSpan.FromDays(366));
        using var http = Http(CertificateOf(Central.Home.UserDirectory("jdoe")));
        Assert.That((await http.GetAsync(new Uri(Central.Host.Url, "/api/v1"))).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_disabled_account_is_refused_and_may_come_back()
    {
        await Central.Accounts.SetDisabled("mary", true);
        await Refused(ErrorCode.Unauthenticated, "", () => Central.Client("mary").Call(new WhoAmI(), default));
        await Central.Accounts.SetDisabled("mary", false);
        Assert.That((await Central.Client("mary").Call(new WhoAmI(), default)).User, Is.EqualTo("mary"));
    }

    [Test]
    public async Task Central_says_who_the_caller_is()
    {
        var jdoe = await Jdoe.Call(new WhoAmI(), default);
        var titan = await Central.Client("titan").Call(new WhoAmI(), default);
        Assert.Multiple(() =>
        {
            Assert.That((jdoe.User, jdoe.Vo, jdoe.Home), Is.EqualTo(("jdoe", "hpcgrid", TestCentral.Jdoe)));
            Assert.That(jdoe.Roles, Is.EqualTo(new[] { "user" }));
            Assert.That(titan.Roles, Is.EqualTo(new[] { "bridge" }));
        });
    }

    [Test]
    public async Task Users_are_no_bridges_and_bridges_no_users()
    {
        await Refused(ErrorCode.Denied, "bridge", () => Jdoe.Call(new BridgeHello("jdoe", "X", Guid.NewGuid()), default));
        await Refused(ErrorCode.Denied, "bridge", () => Jdoe.Call(new MatchJobs(Guid.NewGuid(), TestBridge.Slots, 1), default));
        await Refused(ErrorCode.Denied, "bridge", () => Central.Client("titan").Call(new SubmitJob(Echo, [], null), default));
        await Refused(ErrorCode.Denied, "bridge", () => Central.Client("titan").Call(new ListDirectory("/"), default));
        await Refused(ErrorCode.Denied, "titan", () => Central.Client("titan").Call(new BridgeHello("other", "X", Guid.NewGuid()), default));
    }

    [Test]
    public void Private_keys_and_the_home_are_their_owners_alone()
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        Assert.That(File.GetUnixFileMode(Central.Home.Path) & others, Is.EqualTo(UnixFileMode.None));
        foreach (var key in Directory.EnumerateFiles(Central.Home.Path, "*.key.pem", SearchOption.AllDirectories))
            Assert.That(File.GetUnixFileMode(key) & others, Is.EqualTo(UnixFileMode.None), key);
    }

    [Test]
    public async Task Making_a_home_again_keeps_what_is_there()
    {
        var before = await File.ReadAllTextAsync(Central.Home.AuthorityCertificate);
        await Accounts.Init(new FileSystem(), Central.Home, new CentralOptions(), TimeProvider.System);
        Assert.That(await File.ReadAllTextAsync(Central.Home.AuthorityCertificate), Is.EqualTo(before));
        await Assert.ThrowsAsync<GridError>(() => Central.Accounts.Add("jdoe", Role.User));
    }

    [Test]
    public async Task A_second_central_in_the_same_home_is_refused() =>
        await Refused(ErrorCode.Conflict, "another central", () => CentralHost.Start(Central.Home, new CentralOptions(), TimeProvider.System));

    private HttpClient Http(X509Certificate2? certificate)
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, server, _, _) => server is not null };
        if (certificate is not null) handler.ClientCertificates.Add(certificate);
        return new HttpClient(handler);
    }

    private static X509Certificate2 CertificateOf(string directory) =>
        X509Certificate2.CreateFromPemFile(Path.Combine(directory, "client.crt.pem"), Path.Combine(directory, "client.key.pem"));
}
