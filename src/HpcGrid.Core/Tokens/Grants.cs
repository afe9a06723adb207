using System.Security.Cryptography;
using System.Text.Json;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Tokens;

/// <summary>When a grant is good that is good otherwise, seconds since 1970.</summary>
public readonly record struct Validity(long NotBefore, long Expires)
{
    /// <summary>Clock skew allowed at the beginning; none is allowed at the end (F-C5).</summary>
    public static readonly TimeSpan SkewAllowed = TimeSpan.FromSeconds(60);

    /// <summary>None while it is good.</summary>
    public GrantFault At(DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        if (seconds + (long)SkewAllowed.TotalSeconds < NotBefore) return GrantFault.NotYetValid;
        return seconds >= Expires ? GrantFault.Expired : GrantFault.None;
    }
}

/// <summary>Signing grants (central) and verifying them offline (agent).</summary>
public static class Grants
{
    public static string Sign(Grant grant, SigningKey key) =>
        SignedToken.Sign(JsonSerializer.SerializeToUtf8Bytes(grant, TokenJson.Default.Grant), key);

    /// <summary>Grants that are given out together, in their order, with few signatures.</summary>
    public static string[] SignAll(IEnumerable<Grant> grants, SigningKey key) =>
        SignedToken.SignAll([.. grants.Select(grant => JsonSerializer.SerializeToUtf8Bytes(grant, TokenJson.Default.Grant))], key);

    /// <summary>Lower-case hex SHA-256 of a specification's bytes, as the grant names it.</summary>
    public static string DigestOf(ReadOnlySpan<byte> spec) => Convert.ToHexStringLower(SHA256.HashData(spec));

    /// <summary>
    /// None when this grant permits exactly this attempt of exactly this specification here, in the time that it answers: all but that can be known before
    /// the time comes.
    /// </summary>
    public static GrantFault Verify(
        string token, AttemptId attempt, string site, ReadOnlySpan<byte> spec, VerificationKeys keys, out Validity validity)
    {
        validity = default;
        var payload = SignedToken.Verify(token, keys, out var fault);
        if (payload is null) return fault;
        if (Read(payload) is not { } grant) return GrantFault.Malformed;
        if (grant.AttemptId != attempt) return GrantFault.WrongAttempt;
        if (grant.Site != site) return GrantFault.WrongSite;
        if (!IsDigestOf(grant.SpecSha256, spec)) return GrantFault.WrongSpec;
        validity = new Validity(grant.NotBefore, grant.Expires);
        return GrantFault.None;
    }

    private static bool IsDigestOf(string digest, ReadOnlySpan<byte> spec)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<char> text = stackalloc char[2 * SHA256.HashSizeInBytes];
        SHA256.HashData(spec, hash);
        return Convert.TryToHexStringLower(hash, text, out _) && digest.AsSpan().SequenceEqual(text);
    }

    private static CheckedGrant? Read(byte[] payload)
    {
        try { return GrantReader.Read(payload); }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return null; } // The second: a text that is no UTF-8.
    }
}
