using HpcGrid.Bridge.Staging;
using HpcGrid.Core;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Bridge;

/// <summary>What the bridge removes of those that are no more.</summary>
public sealed class GarbageTests
{
    private const double Minute = 60;
    private readonly BridgeRig _rig = new() { Room = StagingRoom.Default with { SpoolCacheBytes = 0 } };

    [TearDown]
    public void Clean() => _rig.Dispose();

    [Test]
    public void An_agent_that_died_while_it_entered_leaves_nothing_and_one_that_enters_is_left_alone()
    {
        _ = _rig.Host;
        var dead = Entering("1.n1.a");
        Pass(Limits.EnteringTakes);
        var young = Entering("1.n2.b");
        Assert.That(Directory.Exists(dead), "it may still come in");
        Pass(Limits.EnteringTakes);
        Assert.That((Directory.Exists(dead), Directory.Exists(young)), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_directory_of_the_spool_that_somebody_removed_is_made_again()
    {
        _ = _rig.Host;
        var corrupt = Path.Combine(_rig.Options.Spool, "corrupt");
        Directory.Delete(corrupt);
        Pass(Limits.CacheInterval);
        Assert.That(Directory.Exists(corrupt));
        Assert.That(() => _rig.Agent(), Throws.Nothing, "without it no agent comes in");
    }

    /// <summary>Found by simulation (beegfs, seed 9848229).</summary>
    [Test]
    public void Directories_that_are_gone_are_made_again_though_no_tick_succeeds_without_them()
    {
        var agent = _rig.Agent();
        agent.Beat();
        _rig.Ticks(5);
        Directory.Delete(Path.Combine(_rig.Options.Spool, "pool"), recursive: true);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "its job is offered");
        agent.Finish(queue!);
        _rig.Until(() => _rig.Central.EndOf(7) is not null, "its end is told");
    }

    [Test]
    public void What_is_no_offer_is_moved_out_of_the_pool_with_its_bytes_and_offers_stay()
    {
        _rig.Ticks(1);
        var pool = Path.Combine(_rig.Options.Spool, "pool", "00");
        File.WriteAllText(Path.Combine(pool, "core.4711"), "somebody's");
        Directory.CreateDirectory(Path.Combine(pool, "lost+found"));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _ = _rig.Agent();
        _rig.Until(() =>
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(10));
            return !File.Exists(Path.Combine(pool, "core.4711"));
        }, "it is moved");
        var kept = Directory.GetFiles(Path.Combine(_rig.Options.Spool, "corrupt")).Single();
        Assert.That(File.ReadAllText(kept), Is.EqualTo("somebody's"));
        _rig.Until(() => Directory.GetFileSystemEntries(pool).Length == 1, "only the offer is left");
    }

    [Test]
    public void A_staged_file_that_no_job_needs_is_removed_where_room_is_short()
    {
        _ = _rig.Host;
        var cached = Cached();
        Pass(Limits.CacheInterval);
        Assert.That(File.Exists(cached), Is.False);
    }

    [Test]
    public void A_bridge_that_another_one_has_taken_over_from_removes_nothing()
    {
        _rig.Ticks(1);
        var (entering, cached) = (Entering("1.n1.a"), Cached());
        _rig.Time.Advance(Limits.EnteringTakes);
        _rig.Ticks(1);
        BridgeEpoch.Begin(SpoolRoot.Open(new PosixFs(), _rig.Options.Spool), 100, "another", RandomNonces.Next);
        _rig.Time.Advance(Limits.CacheInterval);
        Assert.That(() => _rig.Ticks(1), Throws.TypeOf<GridError>().With.Property("Code").EqualTo(ErrorCode.Conflict));
        Assert.That((Directory.Exists(entering), File.Exists(cached)), Is.EqualTo((true, true)));
    }

    [Test]
    public void A_temporary_file_that_could_not_be_removed_while_the_server_was_away_is_removed_when_it_is_back()
    {
        _rig.Ticks(1);
        var pool = Path.Combine(_rig.Options.Spool, "pool", "00");
        IEnumerable<string> Temporaries() => Directory.GetFiles(pool).Where(path => Path.GetFileName(path).StartsWith(".t.", StringComparison.Ordinal));
        _rig.Faults.Rule = (kind, _, path) =>
            kind is FsOperation.Rename or FsOperation.Unlink && path.StartsWith(pool, StringComparison.Ordinal) ? new Fault(Errno.ETIMEDOUT) : null;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(7));
        _ = _rig.Agent();
        _rig.Until(() => Temporaries().Any(), "an offer fails");
        _rig.Faults.Rule = (_, _, _) => null;
        _rig.Until(() => !Temporaries().Any(), "it is removed");
    }

    private string Cached()
    {
        var sha = new string('a', 64);
        var folder = Directory.CreateDirectory(Path.Combine(_rig.Options.Spool, "cache", sha[..2])).FullName;
        File.WriteAllText(Path.Combine(folder, sha), "staged");
        return Path.Combine(folder, sha);
    }

    private string Entering(string agent) =>
        Directory.CreateDirectory(Path.Combine(_rig.Options.Spool, "agents", $".new.{agent}.ab", "live", "claim")).Parent!.Parent!.FullName;

    /// <summary>Until the bridge has looked once more.</summary>
    private void Pass(TimeSpan interval) => _rig.Ticks((int)(interval.TotalMinutes + 1), Minute);
}
