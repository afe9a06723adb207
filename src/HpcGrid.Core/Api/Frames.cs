using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Api;

/// <summary>One text frame from a client to central. Answers carry the same id and may come in any order.</summary>
/// <param name="Id">Chosen by the client, unique among its open requests on this connection.</param>
/// <param name="Request">What it wants.</param>
public sealed record RequestFrame(long Id, Request Request);

/// <summary>One text frame from central: either the answer to a request (Id and one of Reply, Error) or a Push.</summary>
public sealed record ServerFrame
{
    public long? Id { get; init; }
    public Reply? Reply { get; init; }
    public ApiError? Error { get; init; }
    public Push? Push { get; init; }
}

/// <summary>A <see cref="GridError"/> on the wire.</summary>
public sealed record ApiError(ErrorCode Code, string Message, string? Hint)
{
    public static ApiError From(GridError error) => new(error.Code, error.Message, error.Hint);
    public GridError ToException() => new(Code, Message, Hint);
}

/// <summary>The path of the WebSocket, and what both sides agree on.</summary>
public static class ApiProtocol
{
    public const string Path = "/api/v1";

    /// <summary>Longest frame either side accepts: a match of 10,000 jobs or a JDL of 10 MB fits, a runaway does not.</summary>
    public const int LongestFrame = 64 * 1024 * 1024;

    /// <summary>What a frame's buffer begins with; most frames are smaller.</summary>
    private const int ShortFrame = 4096;

    public static FrameBuffer Encode(RequestFrame frame) => Encode(frame, GridJson.Default.RequestFrame);
    public static FrameBuffer Encode(ServerFrame frame) => Encode(frame, GridJson.Default.ServerFrame);

    /// <summary>Throws GridError(Invalid) when the bytes are no request this version knows.</summary>
    public static RequestFrame DecodeRequest(ReadOnlySpan<byte> bytes) => Decode(bytes, GridJson.Default.RequestFrame, "request");

    /// <summary>Throws GridError(Invalid) when the bytes are no answer this version knows.</summary>
    public static ServerFrame DecodeServer(ReadOnlySpan<byte> bytes) => Decode(bytes, GridJson.Default.ServerFrame, "answer");

    private static FrameBuffer Encode<T>(T frame, JsonTypeInfo<T> type)
    {
        var buffer = new FrameBuffer(ShortFrame);
        using var writer = new Utf8JsonWriter(buffer);
        JsonSerializer.Serialize(writer, frame, type);
        return buffer;
    }

    private static T Decode<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, string what)
    {
        try { return JsonSerializer.Deserialize(bytes, type) ?? throw GridError.Invalid($"the {what} is empty"); }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new GridError(ErrorCode.Invalid, $"this is no {what} of this version: {e.Message}", "Client and central must be of the same version.", e);
        }
    }
}

/// <summary>Generated serialisation of everything that crosses a wire or lies in a file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowOutOfOrderMetadataProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RequestFrame))]
[JsonSerializable(typeof(ServerFrame))]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(JobEvent))]
[JsonSerializable(typeof(Happening))]
[JsonSerializable(typeof(Assignment))]
[JsonSerializable(typeof(JobReport))]
[JsonSerializable(typeof(JobSample))]
[JsonSerializable(typeof(List<Data.SourceFile>))]
[JsonSerializable(typeof(List<Data.DataFile>))]
[JsonSerializable(typeof(List<Data.SavedOutput>))]
[JsonSerializable(typeof(Sites.AgentSummary))]
[JsonSerializable(typeof(StoredUpload))]
public sealed partial class GridJson : JsonSerializerContext;
