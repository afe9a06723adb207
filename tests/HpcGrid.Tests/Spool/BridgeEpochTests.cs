using HpcGrid.Core;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class BridgeEpochTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void The_first_bridge_rules_until_another_one_starts()
    {
        var first = Begin("a");
        Assert.That((first.Epoch, first.Look()), Is.EqualTo((1, Rule.Ours)));
        var second = Begin("b");
        Assert.That((second.Epoch, second.Look(), first.Look()), Is.EqualTo((2, Rule.Ours, Rule.Theirs)));
    }

    [Test]
    public void Of_two_that_started_together_the_smaller_nonce_rules()
    {
        var ours = Begin("bbb");
        File.WriteAllBytes(Path.Combine(_world.SpoolPath, "bridge", "epoch.1.ccc"), []);
        Assert.That(ours.Look(), Is.EqualTo(Rule.Ours));
        File.WriteAllBytes(Path.Combine(_world.SpoolPath, "bridge", "epoch.1.aaa"), []);
        Assert.That(ours.Look(), Is.EqualTo(Rule.Theirs));
    }

    [Test]
    public void A_generation_that_another_bridge_has_too_is_known_to_be_shared()
    {
        var ours = Begin("bbb");
        Assert.That((ours.Look(), ours.IsShared), Is.EqualTo((Rule.Ours, false)));
        File.WriteAllBytes(Path.Combine(_world.SpoolPath, "bridge", "epoch.1.ccc"), []);
        Assert.That((ours.Look(), ours.IsShared), Is.EqualTo((Rule.Ours, true)));
    }

    [Test]
    public void A_spool_restored_from_a_backup_does_not_bring_an_old_generation_back() =>
        Assert.That(BridgeEpoch.Begin(_world.Root, 41, "host", _world.Nonce).Epoch, Is.EqualTo(42));

    [Test]
    public void Who_cannot_list_or_is_not_listed_does_nothing()
    {
        var fs = new FaultyFs(_world.Fs);
        var bridge = BridgeEpoch.Begin(SpoolRoot.Open(fs, _world.SpoolPath), 0, "host", _world.Nonce);
        fs.Rule = (kind, _, _) => kind == FsOperation.List ? new Fault(Errno.ETIMEDOUT) : null;
        Assert.That(bridge.Look(), Is.EqualTo(Rule.Unknown));
        fs.Rule = (_, _, _) => null;
        foreach (var file in Directory.GetFiles(Path.Combine(_world.SpoolPath, "bridge"), "epoch.*")) File.Delete(file);
        Assert.That(bridge.Look(), Is.EqualTo(Rule.Unknown));
    }

    [Test]
    public void A_bridge_that_cannot_read_the_log_does_not_begin()
    {
        var root = SpoolRoot.Open(new FaultyFs(_world.Fs) { Rule = (kind, _, _) => kind == FsOperation.List ? new Fault(Errno.EIO) : null }, _world.SpoolPath);
        Assert.That(Assert.Throws<GridError>(() => BridgeEpoch.Begin(root, 0, "host", _world.Nonce))!.IsTransient, Is.True);
    }

    [Test]
    public void Generations_far_behind_are_removed()
    {
        for (var n = 0; n < 20; n++) Begin("x" + n);
        var last = Begin("y");
        last.RemoveOld();
        Assert.That(Directory.GetFiles(Path.Combine(_world.SpoolPath, "bridge"), "epoch.*"), Has.Length.EqualTo(17));
        Assert.That(last.Look(), Is.EqualTo(Rule.Ours));
    }

    private BridgeEpoch Begin(string nonce)
    {
        var given = 0;
        return BridgeEpoch.Begin(_world.Root, 0, "host 1", () => given++ == 0 ? nonce : _world.Nonce());
    }
}
