using System.IO.Abstractions;
using System.Security.Cryptography;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Central.Identity;

/// <summary>
/// Signs and verifies what central gives out: grants for agents, tokens for storage. Each thread has its own copy of the keys, because
/// .NET's are not for two threads at once.
/// </summary>
public sealed class TokenDesk : IDisposable
{
    private readonly ThreadLocal<SigningKey> _key;
    private readonly ThreadLocal<VerificationKeys> _keys;
    private readonly TimeProvider _clock;

    private TokenDesk(string keyPem, string vo, TimeProvider clock)
    {
        _key = new ThreadLocal<SigningKey>(() => Read(keyPem), trackAllValues: true);
        PublicKeys = [_key.Value!.PublicPem];
        _keys = new ThreadLocal<VerificationKeys>(() => new VerificationKeys(PublicKeys), trackAllValues: true);
        _clock = clock;
        Vo = vo;
    }

    /// <summary>The issuer in every token.</summary>
    public string Vo { get; }

    /// <summary>What verifiers need, PEM.</summary>
    public IReadOnlyList<string> PublicKeys { get; }

    public static TokenDesk Open(IFileSystem files, CentralHome home, string vo, TimeProvider clock)
    {
        if (!files.File.Exists(home.SigningKey)) CentralHome.WriteWhole(files, home.SigningKey, CertificateAuthority.NewKey(), secret: true);
        return new TokenDesk(files.File.ReadAllText(home.SigningKey), vo, clock);
    }

    /// <summary>The permission to run one attempt of one specification at one site; to be signed.</summary>
    public Grant GrantOf(string owner, AttemptId id, string site, ReadOnlySpan<byte> spec, DateTimeOffset from) =>
        new(Vo, owner, id.Job, id.Attempt, site, Grants.DigestOf(spec), from.ToUnixTimeSeconds(), (from + Limits.GrantLife).ToUnixTimeSeconds());

    /// <summary>What a bridge shows to storage for one attempt; to be signed.</summary>
    public JobToken JobTokenOf(string owner, AttemptId id, string scope, DateTimeOffset from) => TokenOf(owner, id, scope, from + Limits.JobTokenLife);

    /// <summary>Signs grants that are given out together.</summary>
    public string[] Sign(IEnumerable<Grant> grants) => Grants.SignAll(grants, _key.Value!);

    /// <summary>Signs job tokens that are given out together.</summary>
    public string[] Sign(IEnumerable<JobToken> tokens) => JobToken.SignAll(tokens, _key.Value!);

    /// <summary>What a user shows to storage for one file.</summary>
    public string SignTicket(string owner, string scope) =>
        TokenOf(owner, default, scope, _clock.GetUtcNow() + Limits.TicketLife).Sign(_key.Value!);

    /// <summary>The claims of a token that this central signed for storage and that has not ended; otherwise null.</summary>
    public JobToken? Verify(string token)
    {
        var claims = JobToken.Verify(token, _keys.Value!, _clock.GetUtcNow());
        return claims?.Issuer == Vo ? claims : null;
    }

    private JobToken TokenOf(string owner, AttemptId id, string scope, DateTimeOffset ends) =>
        new(Vo, owner, JobToken.StorageAudience, id.Job, id.Attempt, scope, ends.ToUnixTimeSeconds());

    private static SigningKey Read(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new SigningKey(key);
    }

    public void Dispose()
    {
        foreach (var key in _key.Values) key.Dispose();
        foreach (var keys in _keys.Values) keys.Dispose();
        _key.Dispose();
        _keys.Dispose();
    }
}
