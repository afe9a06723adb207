using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Tests.Bridge;

namespace HpcGrid.Tests.Batch;

/// <summary>Every batch system is talked to through ssh as it is directly: what it reads, its formats and its answers are the same (R-H16).</summary>
public sealed class RemoteShellContractTests
{
    [Test]
    public async Task A_pilot_is_submitted_seen_and_cancelled_through_a_shell_on_another_host([ValueSource(typeof(Flavours), nameof(Flavours.All))] string system)
    {
        using var cluster = new SimCluster(system);
        var ssh = FakeSsh.Write(cluster.Folder);
        cluster.Place = new CommandPlace([ssh, "login2"], []);
        var (bridge, pilot) = (cluster.Bridge(agent: ["it's", "$(touch WAS_RUN)", "two\nlines", "ünï | 粒子"]), cluster.Pilot());
        await bridge.Submit(pilot, default);
        await cluster.Started(pilot);
        Assert.That(cluster.Agents(pilot).Single().Words[1..5], Is.EqualTo(new[] { "it's", "$(touch WAS_RUN)", "two\nlines", "ünï | 粒子" }));
        await cluster.UntilState(bridge, pilot, BatchState.Running);
        // While the host is not reached nothing is concluded, and what was submitted is found again.
        await File.WriteAllTextAsync(ssh + ".broken", "");
        Assert.That((await Assert.ThrowsAsync<GridError>(() => bridge.Status([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That((await Assert.ThrowsAsync<GridError>(() => bridge.Cancel([pilot.Tag], default)))!.Code, Is.EqualTo(ErrorCode.Unavailable));
        File.Delete(ssh + ".broken");
        File.Delete(Path.Combine(cluster.StateOf(pilot), "id"));
        Assert.That(await cluster.Bridge().Submit(pilot, default), Does.StartWith(cluster.JobsOf(pilot).Single()));
        await cluster.UntilCancelled(bridge, pilot);
        Assert.That(cluster.JobsOf(pilot), Has.Count.EqualTo(1));
        Assert.That(Directory.EnumerateFiles(cluster.Folder, "WAS_RUN", SearchOption.AllDirectories), Is.Empty);
    }
}
