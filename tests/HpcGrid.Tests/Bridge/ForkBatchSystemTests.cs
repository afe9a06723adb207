using System.Diagnostics;
using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Tests.Bridge;

/// <summary>Pilots as real processes of this machine.</summary>
public sealed class ForkBatchSystemTests
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "hpcgrid-fork-" + Guid.NewGuid().ToString("N")[..12]);
    private readonly string _tag = "p1-" + Guid.NewGuid().ToString("N")[..8];

    [SetUp]
    public void Make() => Directory.CreateDirectory(_folder);

    [TearDown]
    public async Task Stop()
    {
        var batch = System("exit 0");
        await batch.Cancel([_tag], default);
        await Ends(batch);
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_pilot_asked_for_twice_is_started_once()
    {
        var batch = System("echo started; exec sleep 1000");
        await Submit(batch);
        await Submit(System("echo started; exec sleep 1000"));
        Assert.That((await batch.Status([_tag], default)).Single().State, Is.EqualTo(BatchState.Running));
        var log = Path.Combine(_folder, _tag, "log");
        await Until(() => Task.FromResult(Text(log).Contains("started")), "it writes to its log");
        Assert.That(File.ReadAllLines(log), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_pilot_is_found_again_by_another_life_of_the_bridge()
    {
        await Submit(System("exec sleep 1000"));
        Assert.That((await System("exit 0").Status([_tag], default)).Single().State, Is.EqualTo(BatchState.Running));
    }

    [Test]
    public async Task A_pilot_whose_process_was_killed_has_ended_and_nothing_of_it_is_left()
    {
        // The payload has a session of its own and no parent any more.
        var batch = System("setsid sh -c 'echo $$ > payload; exec sleep 1000' & while [ ! -s payload ]; do :; done; exec sleep 1000");
        await Submit(batch);
        var directory = Path.Combine(_folder, _tag);
        var payload = Path.Combine(directory, "payload");
        await Until(() => Task.FromResult(File.Exists(payload) && new FileInfo(payload).Length > 1), "the payload runs");
        var agent = int.Parse(File.ReadAllText(Path.Combine(directory, "start")).Split(' ')[0]);
        Process.GetProcessById(agent).Kill();
        await Ends(batch);
        Assert.That(ProcessTree.StartTime(int.Parse(File.ReadAllText(payload))), Is.Null);
    }

    [Test]
    public async Task Cancelling_ends_the_pilot_with_its_payloads()
    {
        var batch = System("setsid sh -c 'echo $$ > payload; exec sleep 1000' & while [ ! -s payload ]; do :; done; trap '' TERM; while :; do sleep 1; done");
        await Submit(batch);
        var payload = Path.Combine(_folder, _tag, "payload");
        await Until(() => Task.FromResult(File.Exists(payload) && new FileInfo(payload).Length > 1), "the payload runs");
        await batch.Cancel([_tag], default);
        await Ends(batch);
        Assert.That(ProcessTree.StartTime(int.Parse(File.ReadAllText(payload))), Is.Null);
    }

    [Test]
    public async Task A_payload_that_only_carries_its_agents_name_is_the_pilots()
    {
        var batch = System($"cd /; env -i HPCGRID_AGENT={_tag}.node1.x PATH=\"$PATH\" setsid sh -c 'echo $$ > {_folder}/payload; exec sleep 1000' & exec sleep 1000");
        await Submit(batch);
        var payload = Path.Combine(_folder, "payload");
        await Until(() => Task.FromResult(File.Exists(payload) && new FileInfo(payload).Length > 1), "the payload runs");
        Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(_folder, _tag, "start")).Split(' ')[0])).Kill();
        await Ends(batch);
        Assert.That(ProcessTree.StartTime(int.Parse(File.ReadAllText(payload))), Is.Null);
    }

    [Test]
    public async Task A_process_number_that_was_given_to_another_process_is_not_mistaken_for_the_pilot()
    {
        var batch = System("exec sleep 1000");
        await Submit(batch);
        var start = Path.Combine(_folder, _tag, "start");
        await batch.Cancel([_tag], default);
        var mine = File.ReadAllText("/proc/self/stat").Split(' ');
        var fields = File.ReadAllText(start).Split(' ');
        fields[0] = mine[0];
        File.WriteAllText(start, string.Join(' ', fields));
        await Ends(batch);
    }

    [Test]
    public async Task A_pilot_that_was_never_started_has_ended() =>
        Assert.That((await System("exit 0").Status(["p99-nobody"], default)).Single().State, Is.EqualTo(BatchState.Ended));

    [Test]
    public async Task An_agent_in_a_network_namespace_sees_no_network()
    {
        var isolation = NetworkIsolation.Probe(Isolate.Auto);
        if (isolation.Prefix.Count == 0) Assert.Ignore(isolation.Remark);
        await Submit(System("ls /sys/class/net > /dev/null; cat /proc/net/dev; exec sleep 1000", isolation));
        var log = Path.Combine(_folder, _tag, "log");
        await Until(() => Task.FromResult(Text(log).Contains("lo:")), "it lists its interfaces");
        Assert.That(File.ReadAllLines(log).Where(line => line.Contains(':')), Has.Exactly(1).Items);
    }

    private ForkBatchSystem System(string script, NetworkIsolation? isolation = null)
    {
        var agent = Path.Combine(_folder, "agent-" + Guid.NewGuid().ToString("N")[..6]);
        File.WriteAllText(agent, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = Path.Combine(AppContext.BaseDirectory, "hpc-templates", "fork", "start.sh");
        return new ForkBatchSystem(new ForkSetup(_folder, start, agent, 4, [], isolation ?? new NetworkIsolation([], "")), TimeProvider.System);
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private Task<string> Submit(ForkBatchSystem batch) =>
        batch.Submit(new PilotRequest(_tag, 1, 2, TimeSpan.FromHours(1), DateTimeOffset.UtcNow.AddHours(1)), default);

    private Task Ends(ForkBatchSystem batch) => Until(async () => (await batch.Status([_tag], default)).Single().State == BatchState.Ended, "the pilot ends");

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        for (var limit = DateTime.UtcNow.AddSeconds(20); !await condition(); await Task.Yield())
            Assert.That(DateTime.UtcNow, Is.LessThan(limit), $"waited in vain: {what}");
    }
}
