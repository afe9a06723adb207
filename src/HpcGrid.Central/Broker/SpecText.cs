using System.Text;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>A specification as central gives it out.</summary>
/// <param name="Json">The specification.</param>
/// <param name="OutputDirectory">Where it says that the outputs go.</param>
public sealed record SpecText(string Json, string OutputDirectory)
{
    public static SpecText Of(JobSpec spec) => new(JsonSerializer.Serialize(spec, GridJson.Default.JobSpec), spec.OutputDirectory);
}

/// <summary>The text around the output directory, for subjobs whose specifications differ in nothing else.</summary>
/// <param name="Master">Of these subjobs.</param>
/// <param name="Before">Up to the directory's quotes.</param>
/// <param name="After">From behind them.</param>
internal sealed record SpecFrame(long? Master, string Before, string After)
{
    public static SpecFrame Of(JobSpec spec)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec);
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1 || !reader.ValueTextEquals("outputDirectory"u8)) continue;
            reader.Read();
            var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            return new SpecFrame(spec.Master, Encoding.UTF8.GetString(json.AsSpan(0, start)), Encoding.UTF8.GetString(json.AsSpan(end)));
        }
        throw new InvalidOperationException("a specification without an output directory");
    }

    public SpecText With(string outputDirectory) => new(string.Concat(Before, $"\"{JsonEncodedText.Encode(outputDirectory)}\"", After), outputDirectory);
}
