using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HpcGrid.Cli.Local;
using HpcGrid.Client;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Spool;

namespace HpcGrid.Cli.Doctor;

/// <summary>Looks at everything once and changes nothing. What one look meets does not keep the others from being made.</summary>
internal sealed class DoctorProbe(Session session, string? config, string? bridgeFile)
{
    private readonly List<Finding> _findings = [];

    public async Task<Diagnosis> Look(CancellationToken ct)
    {
        _findings.Add(DoctorRules.Installation(SiblingDaemon.Names.ToDictionary(name => name, Daemon)));
        if (Try("client.yaml", ReadAddress) is { } address)
        {
            LookAtCertificates(address);
            await LookAtCentral(address, ct);
        }
        if ((bridgeFile ?? LocalBridge()) is { } file) LookAtLoginNode(file);
        return new Diagnosis(_findings.TrueForAll(finding => finding.Health != Health.Bad), _findings);
    }

    private static string? Daemon(string name)
    {
        try { return SiblingDaemon.PathOf(name); }
        catch (GridError) { return null; }
    }

    private CentralAddress ReadAddress()
    {
        var file = ClientFileSearch.Find(config);
        var address = ClientFile.Read(file);
        _findings.Add(new Finding("client.yaml", Health.Good, file));
        session.Connect(address);
        return address;
    }

    private void LookAtCertificates(CentralAddress address)
    {
        Certificate("authority", address.CaFile);
        if (address.CertificateFile is { } file) Certificate("certificate", file);
        else _findings.Add(new Finding("certificate", Health.Bad, "client.yaml names no certificate",
            "Central lets nobody in without: ask the grid's operator for a set."));
        if (address.KeyFile is { } key)
            Try("private key", () =>
            {
                if (!File.Exists(key)) throw GridError.NotFound($"there is no '{key}'",
                    "client.yaml names it as `key`; ask the grid's operator for a new set.");
                _findings.Add(DoctorRules.KeyFile(key, File.GetUnixFileMode(key)));
                return key;
            });
    }

    private void Certificate(string check, string file) => Try(check, () =>
    {
        try
        {
            using var found = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            var facts = new CertificateFacts(found.GetNameInfo(X509NameType.SimpleName, false), found.NotBefore, found.NotAfter);
            _findings.Add(DoctorRules.Certificate(check, facts, TimeProvider.System.GetUtcNow()));
            return facts;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new GridError(ErrorCode.Invalid, $"'{file}' cannot be read: {e.Message}", "client.yaml names it; ask the grid's operator for a new set.", e);
        }
    });

    private async Task LookAtCentral(CentralAddress address, CancellationToken ct)
    {
        try
        {
            // The first question pays for the connection; the second one measures.
            await session.Ask(new WhoAmI(), ct);
            var (asked, before) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow());
            var identity = await session.Ask(new WhoAmI(), ct);
            var took = TimeProvider.System.GetElapsedTime(asked);
            _findings.Add(DoctorRules.Central(identity, OwnVersion, took, address.Resolve()));
            if (identity.Now is { } now) _findings.Add(DoctorRules.Clock(before + took / 2 - now, took));
            _findings.AddRange(DoctorRules.Bridges(await session.Ask(new ListNodes(), ct), identity.Now ?? before));
        }
        catch (GridError e) { _findings.Add(Finding.Of("central", e)); }
    }

    private static string OwnVersion => Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string? LocalBridge() => LocalHome.OfThisUser() is var home && File.Exists(home.BridgeFile) ? home.BridgeFile : null;

    private void LookAtLoginNode(string file)
    {
        if (Try("bridge.yaml", () => BridgeFile.Read(file)) is not { } bridge) return;
        _findings.Add(new Finding("bridge.yaml", Health.Good, file));
        if (Try("spool", () => SpoolRoot.Open(new PosixFs(), bridge.Spool)) is { } spool)
            _findings.Add(new Finding("spool", Health.Good,
                $"{bridge.Spool} is spool {spool.Sentinel.ClusterId}, {(spool.Sharing == SpoolSharing.Private ? "of one account" : "of a group")}"));
        _findings.Add(DoctorRules.StatePlace(bridge.State, bridge.Spool));
        foreach (var (check, path) in new[] { ("spool's disk", bridge.Spool), ("ledger's disk", bridge.State) })
            if (Directory.Exists(path)) Try(check, () => { Space(check, path); return path; });
        _findings.Add(DoctorRules.Batch(bridge.Batch.System, IsInPath));
    }

    private void Space(string check, string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            _findings.Add(DoctorRules.Space(check, path, drive.AvailableFreeSpace, drive.TotalSize));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(ErrorCode.Unavailable, $"{path}: {e.Message}", "Is its filesystem mounted?", e);
        }
    }

    private static bool IsInPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder,
            command)));

    private T? Try<T>(string check, Func<T> look) where T : class
    {
        try { return look(); }
        catch (GridError e)
        {
            _findings.Add(Finding.Of(check, e));
            return null;
        }
    }
}
