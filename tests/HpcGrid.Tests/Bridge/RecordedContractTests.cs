using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Bridge;

/// <summary>
/// What the contract demands of a scheduler that answers badly, on answers that real ones gave: whatever is done to them, no job gets a state that it had not (R-H7).
/// Files in Recorded/: those of OpenPBS 23.06, Son of Grid Engine 8.1.9 and slurm-wlm-torque as they were printed, the others as manuals write them.
/// </summary>
[TestFixture("openpbs", "qstat-f-json.running.json")]
[TestFixture("openpbs", "qstat-f-json.mixed.json")]
[TestFixture("openpbs", "qstat-x-f-json.finished.json")]
[TestFixture("openpbs", "qstat-unknown.stdout")]
[TestFixture("torque", "torque-qstat-f.txt")]
[TestFixture("torque", "torque-server-qstat-f.txt")]
[TestFixture("sge", "sge-qstat.xml")]
[TestFixture("sge", "sge-qacct.txt")]
[TestFixture("htcondor", "htcondor-condor_q.json")]
[TestFixture("cobalt", "cobalt-qstat.txt")]
public sealed class RecordedContractTests
{
    private const string Warning = "warning: the server is busy, please be patient\n\n";
    private readonly Adapter _adapter;
    private readonly AnswerRule _rule;
    private readonly string _text;
    private readonly IReadOnlyList<ListedJob> _truth;

    public RecordedContractTests(string system, string file)
    {
        _adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        _rule = file == "sge-qacct.txt" ? _adapter.History!.Answer : _adapter.Status.Answer;
        _text = Repository.Text("tests/HpcGrid.Tests/Bridge/Recorded/" + file);
        _truth = Read(_text).Jobs;
    }

    [Test]
    public void Whole_it_tells_of_every_job_its_state()
    {
        Assert.That(Read(_text).Whole);
        Assert.That(_truth.Select(job => job.State), Has.None.EqualTo(BatchState.Unknown));
    }

    [Test]
    public void Cut_anywhere_it_tells_nothing_wrong([Values("", Warning)] string before)
    {
        for (var length = 0; length < _text.Length; length++)
        {
            var (jobs, whole) = Read(before + _text[..length]);
            AssertTrue(jobs, $"cut at {length}");
            // Of lines each is whole by itself, and a cut between two cannot be seen.
            if (whole && _rule.Format != AnswerFormat.Lines && length > 0) Assert.That(_text[length..].Trim(), Is.Empty, $"cut at {length}");
        }
    }

    [Test]
    public void Behind_a_warning_it_tells_the_same() => Assert.That(Read(Warning + _text).Jobs, Is.EqualTo(_truth));

    [Test]
    public void With_bytes_that_are_no_text_anywhere_it_tells_nothing_wrong()
    {
        for (var at = 0; at <= _text.Length; at++) AssertTrue(Read(_text.Insert(at, "\uFFFD\uFFFD")).Jobs, $"at {at}");
    }

    [Test]
    public void With_a_byte_missing_or_doubled_anywhere_it_gives_no_job_an_end_that_it_had_not()
    {
        for (var at = 0; at < _text.Length; at++)
            foreach (var text in (string[])[_text.Remove(at, 1), _text.Insert(at, _text[at..(at + 1)])])
                foreach (var job in Read(text).Jobs.Where(job => job.State == BatchState.Ended))
                    Assert.That(StatesOf(job), Is.Empty.Or.Contains(BatchState.Ended), $"at {at}: {job}");
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase(Warning)]
    public void Empty_it_tells_of_no_job(string text) => Assert.That(Read(text).Jobs, Is.Empty);

    private void AssertTrue(IReadOnlyList<ListedJob> jobs, string what)
    {
        foreach (var job in jobs.Where(job => job.State != BatchState.Unknown)) Assert.That(StatesOf(job), Is.Empty.Or.Contains(job.State), $"{what}: {job}");
    }

    /// <summary>What the bridge would take it for: the jobs of its tag, or else of its id. None: a job of somebody else.</summary>
    private List<BatchState> StatesOf(ListedJob job)
    {
        var mine = _truth.Where(known => known.Id == job.Id).ToList();
        return [.. (mine.Count > 0 ? mine : _truth.Where(known => known.Tag == job.Tag)).Select(known => known.State)];
    }

    private (IReadOnlyList<ListedJob> Jobs, bool Whole) Read(string text) => AnswerParser.Read(_rule, text, _adapter.States);
}
