using System.IO.Abstractions;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central;

/// <summary>
/// Making a home, and accounts with their certificates. Everything may be done again: what exists is kept, what a crash left out is made. Works beside
/// a running central.
/// </summary>
public sealed class Accounts(IFileSystem files, CentralHome home, CentralOptions options, TimeProvider clock)
{
    /// <summary>The authority, the server's certificate, keys, database, catalogue roots, central.yaml and the account "admin".</summary>
    public static async Task Init(IFileSystem files, CentralHome home, CentralOptions asked, TimeProvider clock)
    {
        asked.Check();
        CentralHome.MakeDirectory(files, home.Path);
        foreach (var file in new[] { home.AuthorityKey, home.ServerKey, home.SigningKey, Path.Combine(home.Log, "central.log") })
            CentralHome.MakeDirectory(files, Path.GetDirectoryName(file)!);
        if (!files.File.Exists(home.Configuration)) CentralHome.WriteWhole(files, home.Configuration, asked.Print(), secret: false);
        var options = CentralOptions.Read(files, home.Configuration);
        TokenDesk.Open(files, home, options.Vo, clock).Dispose();
        var accounts = new Accounts(files, home, options, clock);
        accounts.MakeServerCertificate();
        using (var database = CentralDatabase.Open(home.Database))
            await database.Write(session => accounts.Catalogue().MakeRoots(session, options.Vo));
        await accounts.Add("admin", Role.Admin, again: true);
    }

    /// <summary>
    /// An account, its home directory in the catalogue, and DIR/users/NAME with certificate, key and client.yaml; returns that directory.
    /// Throws GridError(Exists) when the name is taken by another role, or taken and complete unless <paramref name="again"/>.
    /// </summary>
    public async Task<string> Add(string name, Role role, bool again = false)
    {
        AccountRules.CheckName(name);
        using (var database = CentralDatabase.Open(home.Database))
        {
            var known = database.Read(session => AccountTable.Find(session, name));
            var whole = files.File.Exists(Path.Combine(home.UserDirectory(name), "client.yaml"));
            if (known is not null && ((whole && !again) || known.Role != role))
                throw GridError.Exists($"there is an account '{name}' with role {known.Role.Text()}", $"Its files are in {home.UserDirectory(name)}.");
            await database.Write(session =>
            {
                AccountTable.Insert(session, new Account(name, role, false, clock.GetUtcNow()));
                if (role != Role.Bridge) Catalogue().MakeHome(session, Lfn.Parse(AccountRules.Home(options.Vo, name)), name);
            });
        }
        WriteFiles(name, role);
        return home.UserDirectory(name);
    }

    public List<Account> List()
    {
        using var database = CentralDatabase.Open(home.Database);
        return database.Read(AccountTable.All);
    }

    /// <summary>From now on their certificate is refused, on open connections within seconds. Throws GridError(NotFound).</summary>
    public async Task SetDisabled(string name, bool disabled)
    {
        using var database = CentralDatabase.Open(home.Database);
        if (!await database.Write(session => AccountTable.SetDisabled(session, name, disabled))) throw GridError.NotFound($"there is no account '{name}'");
    }

    /// <summary>What a person may have from now on. Throws GridError: NotFound for no account, Invalid for a bridge or a senseless quota.</summary>
    internal async Task<Quota> ChangeQuota(string name, Func<Quota, Quota> change)
    {
        using var database = CentralDatabase.Open(home.Database);
        return await database.Write(session =>
        {
            var account = AccountTable.Find(session, name) ?? throw GridError.NotFound($"there is no account '{name}'");
            if (account.Role == Role.Bridge) throw GridError.Invalid($"{name} is a bridge and has no jobs of its own");
            var quota = QuotaCommand.Check(change(QuotaTable.Of(session, name)));
            QuotaTable.Save(session, name, quota);
            return quota;
        });
    }

    private void WriteFiles(string name, Role role)
    {
        var directory = home.UserDirectory(name);
        CentralHome.MakeDirectory(files, Path.GetDirectoryName(directory)!);
        CentralHome.MakeDirectory(files, directory);
        var (key, certificate) = (Path.Combine(directory, "client.key.pem"), Path.Combine(directory, "client.crt.pem"));
        using var authority = CertificateAuthority.OpenOrMake(files, home, options.Vo, clock.GetUtcNow());
        if (!files.File.Exists(key)) CentralHome.WriteWhole(files, key, CertificateAuthority.NewKey(), secret: true);
        if (!files.File.Exists(certificate))
            CentralHome.WriteWhole(files, certificate, authority.SignClient(files.File.ReadAllText(key), name, role, clock.GetUtcNow()), secret: false);
        CentralHome.WriteWhole(files, Path.Combine(directory, "ca.pem"), authority.Pem, secret: false);
        CentralHome.WriteWhole(files, Path.Combine(directory, "client.yaml"),
            $"# How {name} ({role.Text()}) reaches this central. Paths are relative to this file.\n" +
            $"central: {Address()}\nca: ca.pem\ncertificate: client.crt.pem\nkey: client.key.pem\n", secret: false);
    }

    private string Address()
    {
        var listen = options.EndPoint;
        if (listen.Port == 0) return "file:../../central.url";
        var any = listen.Address.Equals(System.Net.IPAddress.Any) || listen.Address.Equals(System.Net.IPAddress.IPv6Any);
        return new UriBuilder("https", any ? System.Net.Dns.GetHostName() : listen.Address.ToString(), listen.Port).Uri.ToString().TrimEnd('/');
    }

    private void MakeServerCertificate()
    {
        using var authority = CertificateAuthority.OpenOrMake(files, home, options.Vo, clock.GetUtcNow());
        if (!files.File.Exists(home.ServerKey)) CentralHome.WriteWhole(files, home.ServerKey, CertificateAuthority.NewKey(), secret: true);
        if (files.File.Exists(home.ServerCertificate)) return;
        string[] hosts = ["localhost", "127.0.0.1", "::1", System.Net.Dns.GetHostName(), options.EndPoint.Address.ToString(), .. options.HostNames];
        CentralHome.WriteWhole(files, home.ServerCertificate, authority.SignServer(files.File.ReadAllText(home.ServerKey), hosts, clock.GetUtcNow()),
            secret: false);
    }

    private CatalogueChanges Catalogue() => new(new CatalogueTree(clock), clock);
}
