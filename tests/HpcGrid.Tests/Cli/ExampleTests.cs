using HpcGrid.Cli.Files;
using HpcGrid.Core.Jdl;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Cli;

/// <summary>Every example is a description that can be understood, begins with a line that says what it is, and names files that are there.</summary>
[TestFixture]
internal sealed class ExampleTests
{
    [Test]
    public void Every_example_is_understood_and_its_files_lie_beside_it()
    {
        var examples = Repository.Files("examples", "*.jdl").Concat(Repository.Files("examples", "*.json")).ToList();
        Assert.That(examples, Has.Count.GreaterThanOrEqualTo(20));
        foreach (var example in examples)
        {
            var text = Repository.Text(example);
            Assert.That(text, Does.Match("^({\n  //|#) ends: [A-Z_]+\n"), example);
            var description = JobDescription.Read(text, ["10", "first"]);
            Assert.That(description.Remarks, Is.Empty, example);
            var folder = Path.Combine(Repository.Root, Path.GetDirectoryName(example)!);
            foreach (var path in FilesBesideJdl.Named(description).Where(path => !IsMadeByAnother(path)))
                Assert.That(FilesBesideJdl.Beside(path, folder), Is.Not.Empty, $"{example} names {path}");
            Assert.That(Repository.Text("examples/README.md"), Does.Contain(example["examples/".Length..]));
        }
    }

    /// <summary>What an earlier job or node writes, and what one example shows to be missing.</summary>
    private static bool IsMadeByAnother(string path) =>
        path.Contains("/dag/", StringComparison.Ordinal) || path.Contains("hist_", StringComparison.Ordinal) || path.EndsWith("/not-there", StringComparison.Ordinal);
}
