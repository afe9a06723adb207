using System.Text.Json.Serialization;
using HpcGrid.Core.Api;
using HpcGrid.Core.Sites;

namespace HpcGrid.Bridge;

/// <summary>Generated serialisation of what the bridge writes for itself.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    AllowOutOfOrderMetadataProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SiteMap))]
[JsonSerializable(typeof(BridgeWelcome))]
[JsonSerializable(typeof(BridgeStatus))]
internal sealed partial class BridgeJson : JsonSerializerContext;
