using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// Compact JWS with ES256 and nothing else: "alg" is compared, never obeyed, so neither "none" nor HMAC can be smuggled in (R-B2).
/// Tokens signed together carry one signature, of their tree's root, and a fourth part: the token's place in that tree (<see cref="TokenTree"/>).
/// Making and checking a signature costs more than starting the job that it permits.
/// </summary>
public static class SignedToken
{
    private const string Algorithm = "ES256", TreeAlgorithm = "ES256-tree";

    /// <summary>header.payload.signature, each base64url.</summary>
    public static string Sign(ReadOnlySpan<byte> payload, SigningKey key)
    {
        var signed = key.EncodedHeader + "." + Base64Url.EncodeToString(payload);
        var signature = key.Key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>A token for each payload, in their order; header.payload.signature.place, each base64url.</summary>
    public static string[] SignAll(IReadOnlyList<byte[]> payloads, SigningKey key)
    {
        var tokens = new string[payloads.Count];
        for (var start = 0; start < tokens.Length; start += Limits.TokensPerSignature)
        {
            var signed = new byte[Math.Min(Limits.TokensPerSignature, tokens.Length - start)][];
            for (var i = 0; i < signed.Length; i++) signed[i] = Signed(key.TreeHeader, payloads[start + i]);
            var tree = new TokenTree(Array.ConvertAll(signed, text => TokenTree.Leaf(text)));
            var signature = Base64Url.EncodeToString(
                key.Key.SignData(tree.ToBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            for (var i = 0; i < signed.Length; i++) tokens[start + i] = Whole(signed[i], signature, tree.PlaceOf(i));
        }
        return tokens;
    }

    /// <summary>header.payload, what a signature covers.</summary>
    private static byte[] Signed(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var text = new byte[header.Length + 1 + Base64Url.GetEncodedLength(payload.Length)];
        header.CopyTo(text);
        text[header.Length] = (byte)'.';
        Base64Url.EncodeToUtf8(payload, text.AsSpan(header.Length + 1));
        return text;
    }

    private static string Whole(byte[] signed, string signature, byte[] place) => string.Create(
        signed.Length + 1 + signature.Length + 1 + Base64Url.GetEncodedLength(place.Length), (signed, signature, place), static (text, parts) =>
        {
            text = text[Encoding.ASCII.GetChars(parts.signed, text)..];
            text[0] = '.';
            parts.signature.CopyTo(text[1..]);
            text = text[(1 + parts.signature.Length)..];
            text[0] = '.';
            Base64Url.EncodeToChars(parts.place, text[1..]);
        });

    /// <summary>The payload when the signature is that of a known key; otherwise the fault, and null.</summary>
    public static byte[]? Verify(string token, VerificationKeys keys, out GrantFault fault)
    {
        fault = GrantFault.Malformed;
        var text = token.AsSpan();
        Span<Range> parts = stackalloc Range[5];
        var count = text.Split(parts, '.');
        if (count is not (3 or 4)) return null;
        try
        {
            if (keys.ReadHeader(text[parts[0]]) is not { Kid: { } kid } header || header.Alg != (count == 3 ? Algorithm : TreeAlgorithm)) return null;
            fault = GrantFault.UnknownKey;
            if (keys.Find(kid) is null) return null;
            fault = GrantFault.BadSignature;
            var signed = Encoding.ASCII.GetBytes(token, 0, parts[1].End.Value);
            if (count == 4) signed = TokenTree.ToBeSignedOf(TokenTree.Leaf(signed), Base64Url.DecodeFromChars(text[parts[3]]));
            if (signed is null || !keys.IsSigned(kid, signed, text[parts[2]], remember: count == 4)) return null;
            fault = GrantFault.None;
            return Base64Url.DecodeFromChars(text[parts[1]]);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            fault = GrantFault.Malformed;
            return null;
        }
    }

    internal static string EncodeHeader(string kid) => Encode(Algorithm, kid);

    internal static string EncodeTreeHeader(string kid) => Encode(TreeAlgorithm, kid);

    internal static TokenHeader? DecodeHeader(ReadOnlySpan<char> encoded) =>
        JsonSerializer.Deserialize(Base64Url.DecodeFromChars(encoded), TokenJson.Default.TokenHeader);

    private static string Encode(string algorithm, string kid) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new TokenHeader(algorithm, "JWT", kid), TokenJson.Default.TokenHeader));
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
        TreeHeader = Encoding.ASCII.GetBytes(SignedToken.EncodeTreeHeader(Id));
    }

    /// <summary>First 16 hex digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</summary>
    public string Id { get; }

    /// <summary>The public half, PEM.</summary>
    public string PublicPem => Key.ExportSubjectPublicKeyInfoPem();

    internal ECDsa Key { get; }
    internal string EncodedHeader { get; }
    internal byte[] TreeHeader { get; }

    public void Dispose() => Key.Dispose();
}

/// <summary>Generated serialisation of tokens.</summary>
[JsonSerializable(typeof(TokenHeader))]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(JobToken))]
internal sealed partial class TokenJson : JsonSerializerContext;
