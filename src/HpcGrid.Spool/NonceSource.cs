using System.Security.Cryptography;

namespace HpcGrid.Spool;

/// <summary>
/// Gives a fresh text of lower-case letters and digits, never the same twice anywhere, to any thread that asks. The simulator passes its own.
/// </summary>
public delegate string NonceSource();

/// <summary>The nonces of real processes.</summary>
public static class RandomNonces
{
    /// <summary>64 random bits as 16 hex digits.</summary>
    public static string Next() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
