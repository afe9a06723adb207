using System.Text.Json;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Tokens;

/// <summary>What of a grant is compared with what is at hand; issuer and owner are there for people. Fields as <see cref="Grant"/> has them.</summary>
internal readonly record struct CheckedGrant(AttemptId AttemptId, string Site, string SpecSha256, long NotBefore, long Expires);

/// <summary>Reads a grant's payload, as every agent does for every job between two jobs of a slot: generated code takes several times as long for a record.</summary>
internal static class GrantReader
{
    /// <summary>What is missing is empty or 0, what is not known is passed over. Throws JsonException for whatever is not a grant.</summary>
    public static CheckedGrant Read(ReadOnlySpan<byte> payload)
    {
        var (site, spec) = ("", "");
        var (job, attempt, from, to) = (0L, 0L, 0L, 0L);
        var reader = new Utf8JsonReader(payload);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a grant is an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("job"u8)) job = Number(ref reader, long.MaxValue);
            else if (reader.ValueTextEquals("attempt"u8)) attempt = Number(ref reader, int.MaxValue);
            else if (reader.ValueTextEquals("site"u8)) site = Text(ref reader);
            else if (reader.ValueTextEquals("spec"u8)) spec = Text(ref reader);
            else if (reader.ValueTextEquals("nbf"u8)) from = Number(ref reader, long.MaxValue);
            else if (reader.ValueTextEquals("exp"u8)) to = Number(ref reader, long.MaxValue);
            else reader.Skip();
        }
        // Throws for whatever follows the object.
        _ = reader.Read();
        return new CheckedGrant(new AttemptId(job, (int)attempt), site, spec, from, to);
    }

    private static string Text(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("it should be a text");

    private static long Number(ref Utf8JsonReader reader, long most) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= 0 && number <= most
            ? number
            : throw new JsonException($"it should be a number from 0 to {most}");
}
