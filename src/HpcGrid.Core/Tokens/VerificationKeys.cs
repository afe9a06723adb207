using System.Buffers.Text;
using System.Security.Cryptography;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// The public keys a verifier trusts, by their id. Two may be valid at once while keys rotate (R-B17). Belongs to one thread: .NET's keys do, and
/// what was found good is remembered.
/// </summary>
public sealed class VerificationKeys : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = [];
    private readonly Dictionary<string, TokenHeader?> _headers = [];
    /// <summary>What was signed, and by whom, by the signature's text.</summary>
    private readonly Dictionary<string, (string Kid, byte[] Signed)> _good = [];

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

    /// <summary>A token's header: all tokens of a key have the same. Throws FormatException, JsonException.</summary>
    internal TokenHeader? ReadHeader(ReadOnlySpan<char> encoded)
    {
        if (_headers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(encoded, out var known)) return known;
        if (_headers.Count >= Limits.HeadersRemembered) _headers.Clear();
        return _headers[encoded.ToString()] = SignedToken.DecodeHeader(encoded);
    }

    /// <summary>Whether this key signed these bytes. Throws FormatException.</summary>
    /// <param name="kid">A known key.</param>
    /// <param name="signed">What it is to have signed.</param>
    /// <param name="signature">Base64url.</param>
    /// <param name="remember">Others will ask for the same.</param>
    internal bool IsSigned(string kid, byte[] signed, ReadOnlySpan<char> signature, bool remember)
    {
        if (remember && IsKnown(kid, signed, signature)) return true;
        if (!_keys[kid].VerifyData(signed, Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
            return false;
        if (!remember) return true;
        if (_good.Count >= Limits.SignaturesRemembered) _good.Clear();
        _good[signature.ToString()] = (kid, signed);
        return true;
    }

    private bool IsKnown(string kid, byte[] signed, ReadOnlySpan<char> signature) =>
        _good.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(signature, out var known) && known.Kid == kid && known.Signed.AsSpan().SequenceEqual(signed);

    internal static string IdOf(byte[] publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    public void Dispose()
    {
        foreach (var key in _keys.Values) key.Dispose();
    }
}
