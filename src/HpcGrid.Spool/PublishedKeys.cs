namespace HpcGrid.Spool;

/// <summary>What agents verify grants with, as the bridge got it from central: keys/keys.[sequence].json.</summary>
/// <param name="Sequence">Grows with every change; the highest counts.</param>
/// <param name="Pems">Public keys, PEM.</param>
/// <param name="BanList">Central's signed list of banned users and attempts (compact JWS), or null when it has none.</param>
public sealed record PublishedKeys(long Sequence, IReadOnlyList<string> Pems, string? BanList);
