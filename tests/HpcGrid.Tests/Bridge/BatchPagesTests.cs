using System.Text.RegularExpressions;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Batch.Trial;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Bridge;

/// <summary>docs/batch: each page's configuration is read, and the script on it is what the bridge makes. HPCGRID_WRITE_DOCS=1 writes the scripts.</summary>
public sealed class BatchPagesTests
{
    private static readonly string[] Systems = ["slurm", "openpbs", "torque", "lsf", "sge", "htcondor", "cobalt", "flux"];

    [Test]
    public void The_script_on_each_page_is_what_its_configuration_makes([ValueSource(nameof(Systems))] string system)
    {
        var file = $"docs/batch/{system}.md";
        var page = Repository.Text(file);
        var yaml = Regex.Match(page, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var example = BatchVerb.Example(AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system)), BridgeOptionsFile.Parse(yaml, file).Batch);
        var files = string.Concat(example.Files.Select(pair => $"# ---- {pair.Key}\n{pair.Value}# ---- submit.sh\n"));
        var script = Regex.Match(page, "```sh\n(.*?)```", RegexOptions.Singleline).Groups[1];
        if (Environment.GetEnvironmentVariable("HPCGRID_WRITE_DOCS") == "1")
            File.WriteAllText(Path.Combine(Repository.Root, file), page[..script.Index] + files + example.Script + page[(script.Index + script.Length)..]);
        else Assert.That(script.Value, Is.EqualTo(files + example.Script), "HPCGRID_WRITE_DOCS=1 dotnet test --filter BatchPages writes it");
    }

    [Test]
    public void Every_shipped_system_has_a_page() =>
        Assert.That(Directory.GetFiles(Path.Combine(Repository.Root, "hpc-templates"), AdapterFile.Name, SearchOption.AllDirectories)
            .Select(path => Path.GetFileName(Path.GetDirectoryName(path))).Where(name => name != "fork"), Is.EquivalentTo(Systems));

    [Test]
    public void Every_key_of_an_adapter_and_of_batch_is_explained()
    {
        var page = Repository.Text("docs/batch/README.md");
        var keys = typeof(BatchOptions).GetProperties().Where(property => property.CanWrite).Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
            .Concat(typeof(AdapterDocument).GetProperties().Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]));
        Assert.That(keys.Where(key => !page.Contains($"`{key}`", StringComparison.Ordinal)), Is.Empty);
    }
}
