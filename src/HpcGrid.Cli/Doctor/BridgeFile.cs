using HpcGrid.Core;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace HpcGrid.Cli.Doctor;

/// <summary>What a look at a login node needs of bridge.yaml; the bridge itself checks the rest. Paths are absolute.</summary>
internal sealed class BridgeFile
{
    public string Spool { get; set; } = "spool";
    public string State { get; set; } = "state";
    public string Client { get; set; } = "client.yaml";
    public BatchPart Batch { get; set; } = new();

    internal sealed class BatchPart
    {
        public string System { get; set; } = "fork";
    }

    /// <summary>Throws GridError: NotFound, Denied, Invalid with the place.</summary>
    public static BridgeFile Read(string path)
    {
        try
        {
            var read = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).IgnoreUnmatchedProperties().Build()
                .Deserialize<BridgeFile?>(File.ReadAllText(path)) ?? new BridgeFile();
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            (read.Spool, read.State, read.Client) = (Path.Combine(folder, read.Spool), Path.Combine(folder, read.State), Path.Combine(folder, read.Client));
            return read;
        }
        catch (YamlException e)
        {
            throw new GridError(ErrorCode.Invalid, $"'{path}', line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}",
                "`hpcgrid-bridge run --check-config --config FILE` says more.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(e is FileNotFoundException or DirectoryNotFoundException ? ErrorCode.NotFound : ErrorCode.Denied,
                $"'{path}' cannot be read: {e.Message}", "Name the bridge's configuration with --bridge FILE.", e);
        }
    }
}
