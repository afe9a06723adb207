using System.Text.Json.Serialization;

namespace HpcGrid.Spool;

/// <summary>Generated serialisation of the spool's small files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowOutOfOrderMetadataProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentCard))]
[JsonSerializable(typeof(ControlMessage))]
[JsonSerializable(typeof(PeekAnswer))]
[JsonSerializable(typeof(PeerSight))]
[JsonSerializable(typeof(PublishedKeys))]
internal sealed partial class SpoolJson : JsonSerializerContext;
