using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Tests.Core.Tokens;

/// <summary>A grant as an agent judges it: all that can be known ahead, and the time.</summary>
internal static class GrantCheck
{
    public static GrantFault Of(string token, AttemptId attempt, string site, ReadOnlySpan<byte> spec, VerificationKeys keys, DateTimeOffset now) =>
        Grants.Verify(token, attempt, site, spec, keys, out var validity) is not GrantFault.None and var fault ? fault : validity.At(now);
}
