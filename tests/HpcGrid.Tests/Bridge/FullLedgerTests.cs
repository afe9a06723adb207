using System.Reflection;
using System.Text.Json;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Tests.Bridge;

/// <summary>A full disk under the ledger, played by SQLite's own limit of pages.</summary>
public sealed class FullLedgerTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void The_bridge_takes_no_more_says_so_and_goes_on_when_there_is_room()
    {
        var agent = _rig.Agent();
        _rig.Ticks(50);
        MostPages(1);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7) with { Token = new string('x', 1_000_000) });
        _rig.Central.Arrivals!.Pushed(new WorkWaiting(1));
        _rig.Until(() => _rig.Host.Loop.Trouble is not null, "the disk is full");
        var asked = _rig.Central.Requests.Count;
        _rig.Ticks(50);
        Assert.Multiple(() =>
        {
            Assert.That(Status().Trouble, Does.Contain("is full"));
            Assert.That(_rig.Central.Requests, Has.Count.EqualTo(asked));
        });
        MostPages(1_000_000);
        WorkQueueOf(agent);
        _rig.Until(() => _rig.Central.EndOf(7)?.State == JobState.Done, "the job that did not fit was kept and ends");
        _rig.Until(() => Status().Trouble is null, "all is well again");
    }

    private void WorkQueueOf(PlayedAgent agent)
    {
        HpcGrid.Spool.WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        agent.Finish(queue!);
    }

    private BridgeStatus Status() => JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(_rig.Options.State, "status.json")), BridgeJson.Default.BridgeStatus)!;

    /// <summary>The ledger's connection is nobody else's, and the limit is a connection's.</summary>
    private void MostPages(int pages)
    {
        var field = typeof(LedgerDatabase).GetField("_connection", BindingFlags.Instance | BindingFlags.NonPublic)!;
        using var command = ((SqliteConnection)field.GetValue(_rig.Ledger)!).CreateCommand();
        command.CommandText = $"PRAGMA max_page_count = {pages}";
        command.ExecuteNonQuery();
    }
}
