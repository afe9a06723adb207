using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HpcGrid.Cli.Local;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Output;

/// <summary>Documents for programs: replies of central as they are on the wire, and the command line's own.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new(GridJson.Default.Options)
    {
        WriteIndented = true,
        // Names stay readable in any alphabet; the document is text in a pipe, never HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(GridJson.Default, CliJson.Default),
    };

    private static readonly JsonSerializerOptions Dense = new(Options) { WriteIndented = false };

    /// <summary>The value without a line break.</summary>
    public static string OneLine<T>(T value) => JsonSerializer.Serialize(value, Dense.GetTypeInfo(typeof(T)));

    public static void Write<T>(TextWriter to, T value) => to.WriteLine(JsonSerializer.Serialize(value, Options.GetTypeInfo(typeof(T))));
}

/// <summary>An error as a document.</summary>
internal sealed record ErrorDocument(string Code, string Message, string? Hint, int ExitCode);

/// <summary>Files that were copied.</summary>
internal sealed record CopyDocument(int Files, long Bytes, string To);

/// <summary>A report that was written.</summary>
internal sealed record ReportDocument(string File, int Jobs, int Failed);

/// <summary>How `run` ended.</summary>
internal sealed record RunDocument(JobProgress Progress, CopyDocument? Results);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(CopyDocument))]
[JsonSerializable(typeof(RunDocument))]
[JsonSerializable(typeof(ReportDocument))]
[JsonSerializable(typeof(Why.Explanation))]
[JsonSerializable(typeof(Doctor.Diagnosis))]
[JsonSerializable(typeof(SpoolView.SpoolDocument))]
[JsonSerializable(typeof(SpoolView.ShapeDocument))]
[JsonSerializable(typeof(SpoolView.CheckDocument))]
[JsonSerializable(typeof(SpoolView.ProbeDocument))]
[JsonSerializable(typeof(LocalState))]
[JsonSerializable(typeof(LocalBridgeStatus))]
[JsonSerializable(typeof(LocalStatus))]
internal sealed partial class CliJson : JsonSerializerContext;
