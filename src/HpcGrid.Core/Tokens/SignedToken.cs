using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// Compact JWS with ES256 and nothing else: "alg" is compared, never obeyed, so neither "none" nor HMAC can be smuggled in (R-B2).
/// </summary>
public static class SignedToken
{
    private const string Algorithm = "ES256";

    /// <summary>header.payload.signature, each base64url.</summary>
    public static string Sign(ReadOnlySpan<byte> payload, SigningKey key)
    {
        var signed = key.EncodedHeader + "." + Base64Url.EncodeToString(payload);
        var signature = key.Key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>The payload when the signature is that of a known key; otherwise the fault, and null.</summary>
    public static byte[]? Verify(string token, VerificationKeys keys, out GrantFault fault)
    {
        fault = GrantFault.Malformed;
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        try
        {
            var header = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(parts[0]), TokenJson.Default.TokenHeader);
            if (header?.Alg != Algorithm || header.Kid is null) return null;
            fault = GrantFault.UnknownKey;
            if (keys.Find(header.Kid) is not { } key) return null;
            fault = GrantFault.BadSignature;
            var signed = Encoding.ASCII.GetBytes(token, 0, parts[0].Length + 1 + parts[1].Length);
            if (!key.VerifyData(signed, Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
                return null;
            fault = GrantFault.None;
            return Base64Url.DecodeFromChars(parts[1]);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            fault = GrantFault.Malformed;
            return null;
        }
    }

    internal static string EncodeHeader(string kid) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new TokenHeader(Algorithm, "JWT", kid), TokenJson.Default.TokenHeader));
}

/// <summary>The JOSE header.</summary>
public sealed record TokenHeader(
    [property: JsonPropertyName("alg")] string? Alg,
    [property: JsonPropertyName("typ")] string? Typ,
    [property: JsonPropertyName("kid")] string? Kid);

/// <summary>A private P-256 key with its name.</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>Takes ownership of the key.</summary>
    public SigningKey(ECDsa key)
    {
        Key = key;
        Id = VerificationKeys.IdOf(key.ExportSubjectPublicKeyInfo());
        EncodedHeader = SignedToken.EncodeHeader(Id);
    }

    /// <summary>First 16 hex digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</summary>
    public string Id { get; }

    /// <summary>The public half, PEM.</summary>
    public string PublicPem => Key.ExportSubjectPublicKeyInfoPem();

    internal ECDsa Key { get; }
    internal string EncodedHeader { get; }

    public void Dispose() => Key.Dispose();
}

/// <summary>The public keys a verifier trusts, by their id. Two may be valid at once while keys rotate (R-B17).</summary>
public sealed class VerificationKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = [];

    /// <summary>Reads PEM public keys. Throws GridError(Corrupt) for anything else.</summary>
    public VerificationKeys(IEnumerable<string> pems)
    {
        foreach (var pem in pems)
        {
            var key = ECDsa.Create();
            try { key.ImportFromPem(pem); }
            catch (ArgumentException e)
            {
                throw new GridError(ErrorCode.Corrupt, "a verification key is not a PEM public key", "Fetch the keys from central again.", e);
            }
            _keys[IdOf(key.ExportSubjectPublicKeyInfo())] = key;
        }
    }

    internal ECDsa? Find(string kid) => _keys.GetValueOrDefault(kid);

    internal static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    public void Dispose()
    {
        foreach (var key in _keys.Values) key.Dispose();
    }
}

/// <summary>Generated serialisation of tokens.</summary>
[JsonSerializable(typeof(TokenHeader))]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(JobToken))]
internal sealed partial class TokenJson : JsonSerializerContext;
