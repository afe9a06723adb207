using System.Text.Json;
using System.Text.Json.Serialization;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// What a bridge shows to storage elements on behalf of one attempt: read its inputs, create its outputs, nothing else (R-C5).
/// It never leaves the bridge: compute nodes have no use for it (R-C6).
/// </summary>
/// <param name="Issuer">iss</param>
/// <param name="Owner">sub: the job's owner; files are written in their name.</param>
/// <param name="Audience">aud: "storage".</param>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt; central refuses it once the attempt is over.</param>
/// <param name="Scope">Blank-separated "storage.read:/path" and "storage.create:/path" (WLCG profile).</param>
/// <param name="Expires">Unix seconds.</param>
public sealed record JobToken(
    [property: JsonPropertyName("iss")] string Issuer,
    [property: JsonPropertyName("sub")] string Owner,
    [property: JsonPropertyName("aud")] string Audience,
    [property: JsonPropertyName("job")] long Job,
    [property: JsonPropertyName("attempt")] int Attempt,
    [property: JsonPropertyName("scope")] string Scope,
    [property: JsonPropertyName("exp")] long Expires)
{
    /// <summary>The audience of storage elements.</summary>
    public const string StorageAudience = "storage";

    [JsonIgnore] public AttemptId AttemptId => new(Job, Attempt);

    /// <summary>The signed form.</summary>
    public string Sign(SigningKey key) => SignedToken.Sign(JsonSerializer.SerializeToUtf8Bytes(this, TokenJson.Default.JobToken), key);

    /// <summary>The signed forms of tokens that are given out together, in their order, with few signatures.</summary>
    public static string[] SignAll(IEnumerable<JobToken> tokens, SigningKey key) =>
        SignedToken.SignAll([.. tokens.Select(token => JsonSerializer.SerializeToUtf8Bytes(token, TokenJson.Default.JobToken))], key);

    /// <summary>The token's claims when its signature, audience and end are right; otherwise null.</summary>
    public static JobToken? Verify(string token, VerificationKeys keys, DateTimeOffset now)
    {
        if (SignedToken.Verify(token, keys, out _) is not { } payload) return null;
        try
        {
            var claims = JsonSerializer.Deserialize(payload, TokenJson.Default.JobToken);
            return claims is { Audience: StorageAudience } && now.ToUnixTimeSeconds() < claims.Expires ? claims : null;
        }
        catch (JsonException) { return null; }
    }
}
