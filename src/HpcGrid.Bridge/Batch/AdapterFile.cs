using HpcGrid.Core;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace HpcGrid.Bridge.Batch;

/// <summary>Reads and checks adapter.yaml. Errors name file, line and field.</summary>
public static class AdapterFile
{
    public const string Name = "adapter.yaml";

    internal const string Advice = "Compare it with hpc-templates/slurm/adapter.yaml; docs/batch/README.md explains each field.";

    /// <summary>Throws GridError: NotFound, Invalid.</summary>
    public static Adapter Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path)) throw GridError.NotFound($"there is no '{path}'", "A batch system is a folder with adapter.yaml: copy one of hpc-templates.");
        var text = File.ReadAllText(path);
        try
        {
            var document = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build()
                .Deserialize<AdapterDocument?>(text) ?? new AdapterDocument();
            return new AdapterCheck(path, text).Checked(document, folder);
        }
        catch (YamlException e)
        {
            var inner = e.InnerException ?? e;
            throw new GridError(ErrorCode.Invalid, $"'{path}', line {e.Start.Line}, column {e.Start.Column}: {inner.Message}", Advice, e);
        }
    }
}
