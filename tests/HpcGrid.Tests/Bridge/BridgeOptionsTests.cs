using HpcGrid.Bridge;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;

namespace HpcGrid.Tests.Bridge;

/// <summary>bridge.yaml.</summary>
public sealed class BridgeOptionsTests
{
    [Test]
    public void The_template_says_the_defaults() =>
        Assert.That(BridgeOptionsFile.Print(BridgeOptionsFile.Parse(BridgeOptionsFile.Template, "x")), Is.EqualTo(BridgeOptionsFile.Print(new BridgeOptions())));

    [Test]
    public void What_is_printed_can_be_read_again()
    {
        var options = new BridgeOptions { Name = "titan", Batch = new BatchOptions { Nodes = 7, IsolateNetwork = Isolate.Yes } };
        Assert.That(BridgeOptionsFile.Print(BridgeOptionsFile.Parse(BridgeOptionsFile.Print(options), "x")), Is.EqualTo(BridgeOptionsFile.Print(options)));
    }

    [TestCase("", "/home/spool")]
    [TestCase("/lustre/spool", "/lustre/spool")]
    public void Agents_are_told_the_spool_as_they_see_it(string onNodes, string told)
    {
        var options = new BridgeOptions { Spool = "/home/spool", Batch = new BatchOptions { Spool = onNodes } };
        Assert.That(AgentPrograms.Arguments(options).SkipWhile(word => word != "--spool").ElementAt(1), Is.EqualTo(told));
    }

    [TestCase("name: a\nnodez: 4\n", "line 2", "nodez")]
    [TestCase("batch:\n  nodes: many\n", "line 2", "many")]
    [TestCase("batch:\n  nodes: -1\n", "batch.nodes", "from 0")]
    [TestCase("operationsPerSecond: 2\n", "operationsPerSecond", "from 5")]
    [TestCase("batch:\n  system: ../slurm\n", "batch.system", "folder of hpc-templates")]
    [TestCase("batch:\n  spool: spool\n", "batch.spool", "absolute")]
    [TestCase("name: 'a b'\n", "name", "letters")]
    [TestCase("name: a\nname: b\n", "line 2", "name")]
    public void A_wrong_key_or_value_is_refused_with_its_place(string yaml, string place, string what) =>
        Assert.That(() => BridgeOptionsFile.Parse(yaml, "bridge.yaml"), Throws.TypeOf<GridError>().With.Message.Contains(place).And.Message.Contains(what));
}
