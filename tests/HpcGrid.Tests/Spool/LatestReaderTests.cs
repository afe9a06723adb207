using HpcGrid.Spool;
using Limits = HpcGrid.Spool.Limits;

namespace HpcGrid.Tests.Spool;

public sealed class LatestReaderTests
{
    private readonly SpoolWorld _world = new();

    [TearDown]
    public void Clean() => _world.Dispose();

    [Test]
    public void The_highest_sequence_is_read()
    {
        Write(1, 2, 10);
        Assert.That(Read().Sequence, Is.EqualTo(10));
    }

    [TestCase("torn")]
    [TestCase("empty")]
    [TestCase("zeroed")]
    [TestCase("foreign")]
    [TestCase("link")]
    [TestCase("directory")]
    [TestCase("fifo")]
    [TestCase("another's")]
    [TestCase("huge")]
    public void A_bad_file_is_passed_over_for_a_lower_sequence_and_named(string how)
    {
        Write(1, 2);
        Spoil(PathOf(3), how);
        var latest = Read();
        Assert.That(latest.Sequence, Is.EqualTo(2));
        Assert.That(latest.Faults.Select(fault => fault.FileName), Is.EqualTo(new[] { "q1.g1.s3.db" }));
    }

    [Test]
    public void It_never_goes_below_what_was_accepted()
    {
        Write(1, 2);
        Spoil(PathOf(3), "torn");
        Assert.That(Read(atLeast: 3).Value, Is.Null);
        Assert.That(Read(atLeast: 3).Errno, Is.EqualTo(Errno.None));
    }

    [Test]
    public void Versions_of_other_files_and_temporary_names_do_not_count()
    {
        Write(1);
        File.Copy(PathOf(1), Path.Combine(Out, ".t.abc"));
        File.Copy(PathOf(1), Path.Combine(Out, "q2.g1.s9.db"));
        Assert.That(Read().Sequence, Is.EqualTo(1));
    }

    [Test]
    public void A_file_that_vanishes_between_listing_and_reading_is_followed_by_another_listing()
    {
        Write(1, 2);
        var fs = new FaultyFs(_world.Fs);
        var bridge = _world.Bridge(fs: fs);
        fs.Rule = (kind, _, path) =>
        {
            if (kind != FsOperation.Open || !path.EndsWith("s2.db", StringComparison.Ordinal) || File.Exists(PathOf(4))) return null;
            File.Move(path, PathOf(4));
            return new Fault(Errno.ESTALE);
        };
        // s1 is valid and good enough in the same pass; what counts is that nothing is refused and nothing lower than the floor comes.
        Assert.That(bridge.Agents.ReadVersion(Place, new QueueName(1, 1), 2).Sequence, Is.EqualTo(2).Or.EqualTo(4));
    }

    [Test]
    public void A_listing_that_fails_is_no_news()
    {
        Write(1);
        var fs = new FaultyFs(_world.Fs);
        var bridge = _world.Bridge(fs: fs);
        fs.Rule = (kind, _, _) => kind == FsOperation.List ? new Fault(Errno.EIO) : null;
        var latest = bridge.Agents.ReadVersion(Place, new QueueName(1, 1), 0);
        Assert.That((latest.Errno, latest.Value), Is.EqualTo((Errno.EIO, (WorkQueueVersion?)null)));
    }

    private readonly AgentPlace _place = new("1.n.x");

    private AgentPlace Place => _place;

    private string Out => Path.Combine(_world.SpoolPath, "agents", "1.n.x", "live", "out");

    private string PathOf(long sequence) => Path.Combine(Out, $"q1.g1.s{sequence}.db");

    private void Write(params long[] sequences)
    {
        Directory.CreateDirectory(Out);
        foreach (var sequence in sequences) File.WriteAllBytes(PathOf(sequence), WorkQueueImage.Write(SpoolWorld.Version("1.n.x", 1, sequence)));
    }

    private void Spoil(string path, string how)
    {
        var good = WorkQueueImage.Write(SpoolWorld.Version("1.n.x", 1, 3));
        switch (how)
        {
            case "torn": File.WriteAllBytes(path, good[..^2000]); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "zeroed": File.WriteAllBytes(path, new byte[good.Length]); break;
            case "foreign": File.WriteAllText(path, "#!/bin/sh\nrm -rf /\n"); break;
            case "link":
                File.WriteAllBytes(Path.Combine(_world.Folder, "target"), good);
                File.CreateSymbolicLink(path, Path.Combine(_world.Folder, "target"));
                break;
            case "directory": Directory.CreateDirectory(path); break;
            case "fifo": Assert.That(System.Diagnostics.Process.Start("mkfifo", [path])!.WaitForExit(10_000), Is.True); break;
            case "another's": File.WriteAllBytes(path, WorkQueueImage.Write(SpoolWorld.Version("other.agent.x", 1, 3))); break;
            default:
                using (var file = File.Create(path)) file.SetLength(Limits.WorkQueueBytes + 1L);
                break;
        }
    }

    private Latest<WorkQueueVersion> Read(long atLeast = 0) => _world.Bridge().Agents.ReadVersion(Place, new QueueName(1, 1), atLeast);
}
