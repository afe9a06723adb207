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
        var examples = Repository.Files("examples", "*.jdl");
        Assert.That(examples, Has.Count.GreaterThanOrEqualTo(4));
        foreach (var example in examples)
        {
            var text = Repository.Text(example);
            Assert.That(text, Does.StartWith("# "), example);
            var description = JobDescription.Read(text, ["10", "first"]);
            Assert.That(description.Remarks, Is.Empty, example);
            foreach (var path in FilesBesideJdl.Named(description))
                Assert.That(File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(example)!, Path.GetFileName(path))), $"{example} names {path}");
            Assert.That(Repository.Text("examples/README.md"), Does.Contain(example["examples/".Length..]));
        }
    }
}
