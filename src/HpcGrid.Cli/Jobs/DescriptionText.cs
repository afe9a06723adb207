using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpcGrid.Core;

namespace HpcGrid.Cli.Jobs;

/// <summary>Changes to the text of a job description, JDL or JSON (which begins with '{'), before it is sent.</summary>
internal static class DescriptionText
{
    // The text is for central's JSON reader alone, never for a page.
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static bool IsJson(string text) => text.AsSpan().TrimStart() is ['{', ..];

    /// <summary>Throws GridError(Invalid) with line and column when it is no JSON object.</summary>
    public static void MustBeJson(string text) => Parse(text);

    /// <summary>The description with a number for a key, whatever it said of it before.</summary>
    public static string With(string text, string key, long number) => With(text, key, JsonValue.Create(number), number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The description with a text for a key, whatever it said of it before.</summary>
    public static string With(string text, string key, string value) => With(
        text, key, JsonValue.Create(value), '"' + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"');

    private static string With(string text, string key, JsonValue value, string jdl)
    {
        if (!IsJson(text))
        {
            var body = text.TrimEnd();
            // The whole may stand in brackets, and the last semicolon may be missing.
            var bracketed = body.StartsWith('[') && body.EndsWith(']');
            var inner = (bracketed ? body[..^1] : body).TrimEnd();
            var end = inner.EndsWith(';') || inner.Length == 0 ? "" : ";";
            return string.Create(CultureInfo.InvariantCulture, $"{inner}{end}\n{key} = {jdl};\n{(bracketed ? "]" : "")}");
        }
        var document = Parse(text);
        foreach (var same in document.Select(pair => pair.Key).Where(name => name.Equals(key, StringComparison.OrdinalIgnoreCase))
            .ToList()) document.Remove(same);
        document[key] = value;
        return document.ToJsonString(Readable);
    }

    private static JsonObject Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true }) as JsonObject
                ?? throw GridError.Invalid("the job description is JSON, but no object", "It begins with '{' and has the keys of a job description.");
        }
        catch (JsonException e)
        {
            throw new GridError(ErrorCode.Invalid, $"the job description is no JSON: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: {e.Message}",
                "A description in JDL is submitted without --from-json.", e);
        }
    }
}
