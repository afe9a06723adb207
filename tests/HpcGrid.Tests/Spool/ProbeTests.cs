using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

/// <summary>The self-test of a filesystem finds what would hurt, and leaves nothing behind.</summary>
public sealed class ProbeTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-probe-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_local_filesystem_is_fit_and_nothing_stays_there()
    {
        var steps = new List<int>();
        var findings = Alone(new PosixFs(), steps.Add);
        Assert.That(findings.Select(finding => finding.Fitness), Is.All.EqualTo(Fitness.Good), string.Join('\n', findings));
        Assert.That(steps, Is.EqualTo(Enumerable.Range(1, ProbeAlone.Steps)));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    [TestCase("EXDEV", "rename from one directory to another")]
    [TestCase("EXCL", "create a file that must not exist")]
    [TestCase("FSYNC", "publish a file: write, fsync, rename")]
    [TestCase("LIST", "a listing shows one's own files")]
    public void A_filesystem_that_breaks_its_word_is_not_fit_and_the_verdict_says_why(string fault, string what)
    {
        var verdict = new ProbeVerdict(Alone(Broken(fault), _ => { }), 0, Measured: false);
        Assert.That(verdict.IsFit, Is.False);
        Assert.That(verdict.Sentence, Does.Contain("not fit").And.Contain(what));
    }

    [Test]
    public void Two_nodes_find_each_other_race_and_agree_on_what_they_saw()
    {
        var (ours, theirs) = Together(new PosixFs(), new PosixFs());
        Assert.Multiple(() =>
        {
            Assert.That((ours.Raced, ours.Doubles, ours.Lost, ours.Torn), Is.EqualTo((Limits.ProbeClaims, 0, 0, 0)));
            Assert.That(ours.EchoSeconds, Has.Count.EqualTo(Limits.ProbeEchoes));
            Assert.That(theirs with { EchoSeconds = ours.EchoSeconds }, Is.EqualTo(ours));
            Assert.That(ProbeRules.Of(ours).Select(finding => finding.Fitness), Is.All.EqualTo(Fitness.Good));
        });
    }

    [Test]
    public void A_filesystem_that_gives_one_file_to_two_is_caught()
    {
        // Every claim of this side succeeds by a copy: the other side still finds the file.
        var real = new PosixFs();
        var cheat = new FaultyFs(real)
        {
            Rule = (operation, _, path) =>
            {
                if (operation != FsOperation.Rename || !Path.GetFileName(path).StartsWith("claim", StringComparison.Ordinal)) return null;
                File.WriteAllText(path, "");
                return new Fault(Errno.None);
            },
        };
        var (ours, _) = Together(cheat, real);
        Assert.That(ours.Doubles, Is.GreaterThan(0));
        Assert.That(ProbeRules.Of(ours).Any(finding => finding.Fitness == Fitness.Unfit));
    }

    [Test]
    public void A_party_that_an_earlier_test_left_is_not_met()
    {
        var folder = new ProbeFolder(new PosixFs(), Path.Combine(_folder, "meeting"), Nonces("x"));
        folder.Make();
        folder.Publish("party.dead.7", []);
        var (ours, _) = Together(new PosixFs(), new PosixFs(), "meeting");
        Assert.That(ours.Raced, Is.EqualTo(Limits.ProbeClaims));
    }

    private IReadOnlyList<ProbeFinding> Alone(ISharedFs fs, Action<int> told)
    {
        var folder = new ProbeFolder(fs, Path.Combine(_folder, "alone"), Nonces("n"));
        folder.Make();
        try { return new ProbeAlone(folder, TimeProvider.System).Run(told); }
        finally { new ProbeFolder(new PosixFs(), folder.Path, Nonces("r")).Remove(); }
    }

    private (PeerSight Ours, PeerSight Theirs) Together(ISharedFs one, ISharedFs other, string name = "together")
    {
        var sides = new[] { Side(one, name, "aa"), Side(other, name, "bb") };
        Task.WaitAll(sides);
        return (sides[0].Result, sides[1].Result);
    }

    private Task<PeerSight> Side(ISharedFs fs, string name, string nonce) => Task.Factory.StartNew(() =>
    {
        var folder = new ProbeFolder(fs, Path.Combine(_folder, name), Nonces(nonce));
        folder.Make();
        var probe = new ProbeTogether(folder, TimeProvider.System, _ => Thread.Yield(), nonce);
        probe.Meet();
        return probe.Run(_ => { });
    }, TaskCreationOptions.LongRunning);

    private static NonceSource Nonces(string prefix)
    {
        var number = 0;
        return () => $"{prefix}{Interlocked.Increment(ref number)}";
    }

    private static FaultyFs Broken(string fault) => new(new PosixFs())
    {
        Rule = (operation, _, path) => (fault, operation) switch
        {
            ("EXDEV", FsOperation.Rename) when path.Contains("/claim/", StringComparison.Ordinal) => new Fault(Errno.EXDEV),
            ("EXCL", FsOperation.Create) when path.EndsWith("/exclusive", StringComparison.Ordinal) => new Fault(Errno.EEXIST),
            ("FSYNC", FsOperation.Sync) => new Fault(Errno.EIO),
            ("LIST", FsOperation.List) => new Fault(Errno.None),
            _ => null,
        },
    };
}
