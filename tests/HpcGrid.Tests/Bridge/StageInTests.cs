using System.IO.Compression;
using HpcGrid.Bridge.Staging;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

namespace HpcGrid.Tests.Bridge;

/// <summary>Inputs on their way from storage elements to agents.</summary>
public sealed class StageInTests
{
    private readonly BridgeRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_small_input_rides_in_the_queue_file_and_is_fetched_once_for_all_jobs()
    {
        var source = Stored("/data/in.txt", "hello"u8.ToArray());
        for (var job = 1; job <= 4; job++) _rig.Central.Waiting.Enqueue(FakeCentral.Job(job, sources: [source]));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        Assert.Multiple(() =>
        {
            Assert.That(queue.Blobs[source.Content.Sha256], Is.EqualTo("hello"u8.ToArray()));
            Assert.That(_rig.Storage.Gets, Has.Count.EqualTo(1));
        });
    }

    [TestCase(5)]
    [TestCase(200_000)]
    public void A_later_job_whose_file_is_here_has_it_without_another_fetch(int size)
    {
        var source = Stored("/data/in.txt", new byte[size]);
        var agent = _rig.Agent();
        for (var job = 1; job <= 2; job++)
        {
            _rig.Central.Waiting.Enqueue(FakeCentral.Job(job, sources: [source]));
            var queue = Claim(agent);
            Assert.That(queue.Jobs.Single().Id.Job, Is.EqualTo(job));
            Assert.That(queue.Blobs.ContainsKey(source.Content.Sha256) || agent.Spool.CopyFromCache(source.Content.Sha256, _ => { }).Content == source.Content);
        }
        Assert.That(_rig.Storage.Gets, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_file_that_was_here_and_is_gone_is_fetched_again_for_a_later_job()
    {
        var source = Stored("/data/in.txt", "hello"u8.ToArray());
        var agent = _rig.Agent();
        for (var job = 1; job <= 2; job++)
        {
            _rig.Central.Waiting.Enqueue(FakeCentral.Job(job, sources: [source]));
            Assert.That(Claim(agent).Blobs[source.Content.Sha256], Is.EqualTo("hello"u8.ToArray()));
            Directory.Delete(Path.Combine(_rig.Options.State, "stage", source.Content.Sha256[..2]), recursive: true);
        }
        Assert.That(_rig.Storage.Gets, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_large_input_lies_in_the_cache_before_its_job_is_offered()
    {
        var bytes = new byte[200_000];
        Random.Shared.NextBytes(bytes);
        var source = Stored("/data/big", bytes);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source]));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        var copy = new MemoryStream();
        Assert.Multiple(() =>
        {
            Assert.That(queue.Blobs, Is.Empty);
            Assert.That(agent.Spool.CopyFromCache(source.Content.Sha256, copy.Write).Content, Is.EqualTo(source.Content));
        });
    }

    [TestCase(false, TestName = "A_cached_file_that_is_gone_when_a_job_fails_for_it_is_fetched_again_for_the_next")]
    [TestCase(true, TestName = "A_cached_file_that_is_damaged_when_a_job_fails_for_it_is_fetched_again_for_the_next")]
    public void After_a_job_that_failed_for_its_input(bool damaged)
    {
        var source = Stored("/data/big", [.. Enumerable.Range(0, 200_000).Select(i => (byte)i)]);
        var agent = _rig.Agent();
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source]));
        var queue = Claim(agent);
        var cached = Path.Combine(_rig.Options.Spool, "cache", source.Content.Sha256[..2], source.Content.Sha256);
        File.Delete(cached);
        if (damaged) File.WriteAllBytes(cached, new byte[source.Content.Size]);
        agent.Finish(queue, Outcome.InputFailed);
        _rig.Until(() => _rig.Central.EndOf(1) is not null, "its end is told");
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(2, sources: [source]));
        Claim(agent);
        Assert.That(agent.Spool.CopyFromCache(source.Content.Sha256, _ => { }).Content, Is.EqualTo(source.Content));
    }

    [Test]
    public void A_cached_file_that_is_whole_when_a_job_fails_for_it_is_not_fetched_again()
    {
        var source = Stored("/data/big", new byte[200_000]);
        var agent = _rig.Agent();
        for (var job = 1; job <= 2; job++)
        {
            _rig.Central.Waiting.Enqueue(FakeCentral.Job(job, sources: [source]));
            agent.Finish(Claim(agent), Outcome.InputFailed);
            _rig.Until(() => _rig.Central.EndOf(job) is not null, "its end is told");
        }
        Assert.That(_rig.Storage.Gets, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_staged_file_whose_removal_answered_an_error_is_read_before_another_job_has_it()
    {
        using var rig = new BridgeRig { Room = StagingRoom.Default with { SpoolCacheBytes = 0 } };
        var source = new SourceFile("/data/big", Content.Of(new byte[200_000]), [new Replica("VO::SITE::SE", "x", "/se/data/big")]);
        rig.Storage.Files["/se/data/big"] = new byte[200_000];
        rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source]));
        var agent = rig.Agent();
        WorkQueue? queue = null;
        rig.Until(() => (queue = agent.TryClaim()) is not null, "its job is offered");
        agent.Finish(queue!);
        var cached = Path.Combine(rig.Options.Spool, "cache", source.Content.Sha256[..2], source.Content.Sha256);
        rig.Faults.Rule = (operation, _, path) => operation == FsOperation.Unlink && path == cached ? new Fault(Errno.EIO, AfterDoing: true) : null;
        rig.Until(() =>
        {
            agent.Beat();
            rig.Time.Advance(TimeSpan.FromSeconds(20));
            return !File.Exists(cached);
        }, "it is removed for room");
        rig.Central.Waiting.Enqueue(FakeCentral.Job(2, sources: [source]));
        rig.Central.Arrivals!.Pushed(new WorkWaiting(1));
        rig.Until(() => (queue = agent.TryClaim()) is not null, "the next job is offered");
        Assert.That(agent.Spool.CopyFromCache(source.Content.Sha256, _ => { }).Content, Is.EqualTo(source.Content));
    }

    [Test]
    public void A_member_of_an_archive_is_taken_out_of_it_and_the_archive_is_fetched_once()
    {
        var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var name in (string[])["a.txt", "b.txt"])
            {
                using var member = zip.CreateEntry(name).Open();
                member.Write(System.Text.Encoding.UTF8.GetBytes(name));
            }
        var whole = Stored("/data/all.zip", archive.ToArray());
        SourceFile Member(string name) => new($"/data/{name}", Content.Of(System.Text.Encoding.UTF8.GetBytes(name)), whole.Replicas, name, whole.Content);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [Member("a.txt"), Member("b.txt")]));
        var agent = _rig.Agent();
        var queue = Claim(agent);
        Assert.Multiple(() =>
        {
            Assert.That(queue.Blobs.Values.Select(System.Text.Encoding.UTF8.GetString).Order(), Is.EqualTo(new[] { "a.txt", "b.txt" }));
            Assert.That(_rig.Storage.Gets, Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void An_archive_that_a_crash_left_torn_in_the_stage_area_is_fetched_again()
    {
        var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var member = zip.CreateEntry("a.txt").Open();
            member.Write("a.txt"u8);
        }
        var whole = Stored("/data/all.zip", archive.ToArray());
        var torn = Path.Combine(_rig.Options.State, "stage", whole.Content.Sha256[..2], whole.Content.Sha256);
        Directory.CreateDirectory(Path.GetDirectoryName(torn)!);
        File.WriteAllBytes(torn, new byte[whole.Content.Size]);
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [new("/data/a.txt", Content.Of("a.txt"u8), whole.Replicas, "a.txt", whole.Content)]));
        var agent = _rig.Agent();
        Assert.That(Claim(agent).Blobs.Values.Single(), Is.EqualTo("a.txt"u8.ToArray()));
    }

    [Test]
    public void An_input_that_is_damaged_everywhere_ends_the_job_with_its_name()
    {
        var source = Stored("/data/in.txt", "hello"u8.ToArray()) with { Content = Content.Of("something else"u8) };
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source]));
        var agent = _rig.Agent();
        _rig.Until(() => _rig.Central.EndOf(1) is not null, "it ends");
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Central.EndOf(1)!.State, Is.EqualTo(JobState.ErrorIB));
            Assert.That(_rig.Central.EndOf(1)!.Reason, Does.Contain("/data/in.txt"));
        });
    }

    [Test]
    public void A_second_replica_is_used_when_the_first_has_lost_the_file()
    {
        var source = Stored("/data/in.txt", "hello"u8.ToArray());
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source with { Replicas = [new Replica("VO::A::B", "x", "/se/gone"), .. source.Replicas] }]));
        var agent = _rig.Agent();
        Assert.That(Claim(agent).Blobs, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_slow_file_delays_only_the_jobs_that_need_it()
    {
        var slow = Stored("/data/slow", "slow"u8.ToArray());
        _rig.Storage.GatedPath = slow.Replicas[0].Url;
        _rig.Storage.Gate = new TaskCompletionSource();
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [slow]));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(2));
        var agent = _rig.Agent();
        Assert.That(Claim(agent).Jobs.Single().Id.Job, Is.EqualTo(2));
        _rig.Storage.Gate.SetResult();
        Assert.That(Claim(agent).Jobs.Single().Id.Job, Is.EqualTo(1));
    }

    [Test]
    public void A_token_that_is_refused_ends_its_own_job_only()
    {
        var source = Stored("/data/in.txt", "hello"u8.ToArray());
        _rig.Storage.RefusedTokens["token-1"] = true;
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(1, sources: [source]));
        _rig.Central.Waiting.Enqueue(FakeCentral.Job(2, sources: [source]));
        var agent = _rig.Agent();
        Assert.That(Claim(agent).Jobs.Single().Id.Job, Is.EqualTo(2));
        _rig.Until(() => _rig.Central.EndOf(1)?.State == JobState.ErrorIB, "the first ends");
    }

    private SourceFile Stored(string lfn, byte[] bytes)
    {
        var url = "/se" + lfn;
        _rig.Storage.Files[url] = bytes;
        return new SourceFile(lfn, Content.Of(bytes), [new Replica("VO::SITE::SE", "x", url)]);
    }

    private WorkQueue Claim(PlayedAgent agent)
    {
        WorkQueue? queue = null;
        _rig.Until(() => (queue = agent.TryClaim()) is not null, "a queue file is offered");
        return queue!;
    }
}
