using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpcGrid.Core.Data;

namespace HpcGrid.Core.Api;

/// <summary>
/// An assignment as JSON, written and read without generated code: an answer has thousands of them, and most of each is the specification, a JSON text within
/// a JSON string. Its quotes are written as \" and not in six characters as the generated code would, which is safe wherever no HTML is.
/// </summary>
public sealed class AssignmentJson : JsonConverter<Assignment>
{
    private static readonly JsonEncodedText Job = JsonEncodedText.Encode("job"), Attempt = JsonEncodedText.Encode("attempt"),
        Spec = JsonEncodedText.Encode("spec"), Grant = JsonEncodedText.Encode("grant"), Sources = JsonEncodedText.Encode("sources"),
        Token = JsonEncodedText.Encode("token");

    public override void Write(Utf8JsonWriter writer, Assignment value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber(Job, value.Job);
        writer.WriteNumber(Attempt, value.Attempt);
        writer.WritePropertyName(Spec);
        WriteText(writer, value.Spec);
        writer.WriteString(Grant, value.Grant);
        writer.WritePropertyName(Sources);
        JsonSerializer.Serialize(writer, [.. value.Sources], GridJson.Default.ListSourceFile);
        writer.WriteString(Token, value.Token);
        writer.WriteEndObject();
    }

    /// <summary>Throws JsonException for what is no assignment. Properties that this version does not know are passed over.</summary>
    public override Assignment Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("an assignment is an object");
        var (job, attempt, sources) = (0L, 0, new List<SourceFile>());
        var (spec, grant, token) = ((string?)null, (string?)null, (string?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, Job)) job = reader.GetInt64();
            else if (Is(ref reader, Attempt)) attempt = reader.GetInt32();
            else if (Is(ref reader, Spec)) spec = reader.GetString();
            else if (Is(ref reader, Grant)) grant = reader.GetString();
            else if (Is(ref reader, Token)) token = reader.GetString();
            else if (Is(ref reader, Sources)) sources = JsonSerializer.Deserialize(ref reader, GridJson.Default.ListSourceFile) ?? [];
            else reader.Skip();
        }
        return spec is not null && grant is not null && token is not null
            ? new Assignment(job, attempt, spec, grant, sources, token)
            : throw new JsonException("an assignment has a specification, a grant and a token");
    }

    /// <summary>True at this property; then the reader stands at its value.</summary>
    private static bool Is(ref Utf8JsonReader reader, JsonEncodedText name) => reader.ValueTextEquals(name.EncodedUtf8Bytes) && reader.Read();

    private static void WriteText(Utf8JsonWriter writer, string text)
    {
        var room = ArrayPool<byte>.Shared.Rent((2 * text.Length) + 2);
        if (TryQuote(text, room, out var length)) writer.WriteRawValue(room.AsSpan(0, length), skipInputValidation: true);
        else writer.WriteStringValue(text);
        ArrayPool<byte>.Shared.Return(room);
    }

    /// <summary>False when there is more in it than printable ASCII, which is what generated JSON consists of.</summary>
    private static bool TryQuote(string text, byte[] quoted, out int length)
    {
        length = 0;
        quoted[length++] = (byte)'"';
        foreach (var letter in text)
        {
            if (letter is < ' ' or > '~') return false;
            if (letter is '"' or '\\') quoted[length++] = (byte)'\\';
            quoted[length++] = (byte)letter;
        }
        quoted[length++] = (byte)'"';
        return true;
    }
}
