using System.Text.Json.Serialization;

namespace HpcGrid.Core.Tokens;

/// <summary>
/// Central's signed permission to run one attempt on one site. Agents verify it without any network (R-B1).
/// </summary>
/// <param name="Issuer">iss: the VO's central.</param>
/// <param name="Owner">sub: whose job it is.</param>
/// <param name="Job">The job.</param>
/// <param name="Attempt">The attempt; another one needs another grant.</param>
/// <param name="Site">The only site it is good for.</param>
/// <param name="SpecSha256">SHA-256 of the job's specification bytes: a changed command line is not granted.</param>
/// <param name="NotBefore">Unix seconds.</param>
/// <param name="Expires">Unix seconds.</param>
public sealed record Grant(
    [property: JsonPropertyName("iss")] string Issuer,
    [property: JsonPropertyName("sub")] string Owner,
    [property: JsonPropertyName("job")] long Job,
    [property: JsonPropertyName("attempt")] int Attempt,
    [property: JsonPropertyName("site")] string Site,
    [property: JsonPropertyName("spec")] string SpecSha256,
    [property: JsonPropertyName("nbf")] long NotBefore,
    [property: JsonPropertyName("exp")] long Expires);

/// <summary>Why a grant was refused.</summary>
public enum GrantFault
{
    None,
    Malformed,
    UnknownKey,
    BadSignature,
    WrongAttempt,
    WrongSite,
    WrongSpec,
    NotYetValid,
    Expired,
}
