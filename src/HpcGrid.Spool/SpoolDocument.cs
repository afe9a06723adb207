using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>Small files: JSON with the trailer behind it, so that `cat` shows what they say and a torn one is refused.</summary>
internal static class SpoolDocument
{
    internal static byte[] Encode<T>(T value, JsonTypeInfo<T> type) => Trailer.Seal(JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>GridError(Corrupt) for anything that <see cref="Encode"/> did not write.</summary>
    internal static T Decode<T>(byte[] bytes, JsonTypeInfo<T> type)
    {
        var json = Trailer.Open(bytes);
        try { return JsonSerializer.Deserialize(json.Span, type) ?? throw GridError.Corrupt("the document is empty"); }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new GridError(ErrorCode.Corrupt, $"the document is not of this version: {e.Message}", null, e);
        }
    }
}
