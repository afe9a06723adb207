using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Bridge;

/// <summary>What schedulers print, as the shipped adapters read it (R-H7). Files in Recorded/ are answers of a real OpenPBS 23.06.</summary>
public sealed class AnswerParserTests
{
    [TestCase("qstat-f-json.running.json", BatchState.Running)]
    [TestCase("qstat-x-f-json.finished.json", BatchState.Ended)]
    public void Recorded_answers_of_OpenPBS_are_read(string file, BatchState state)
    {
        var (jobs, whole) = Read("openpbs", Recorded(file));
        Assert.That(whole);
        Assert.That(jobs, Is.Not.Empty);
        Assert.That(jobs.Select(job => job.State), Is.All.EqualTo(state));
        Assert.That(jobs.Select(job => job.Id), Is.All.Match(@"^\d+\.vm$"));
        Assert.That(jobs[0].Tag, Is.EqualTo("hpcgrid_probe"));
    }

    [Test]
    public void A_recorded_mixed_answer_tells_running_ones_from_queued_ones() =>
        Assert.That(Read("openpbs", Recorded("qstat-f-json.mixed.json")).Jobs.Select(job => job.State), Is.EqualTo(new[] { BatchState.Running, BatchState.Running, BatchState.Queued }));

    [Test]
    public void An_answer_cut_anywhere_gives_no_wrong_state_and_is_not_whole()
    {
        var text = Recorded("qstat-f-json.mixed.json");
        for (var length = text.IndexOf('{', StringComparison.Ordinal) + 1; length < text.TrimEnd().Length; length += 97)
        {
            var (jobs, whole) = Read("openpbs", text[..length]);
            Assert.That((jobs.Count, whole), Is.EqualTo((0, false)), $"cut at {length}");
        }
    }

    [TestCase("slurm", "17|p1-ab|RUNNING|None\n18|p2-ab|PENDING|Priority\n19|p3-ab|COMPLETED|None\n", "p1-ab Running, p2-ab Queued, p3-ab Ended")]
    [TestCase("slurm", "slurm_load_jobs warning: x\n17|p1-ab|RUNNING|None\n", "p1-ab Running")]
    [TestCase("slurm", "CLUSTER: titan\n17|p1-ab|CANCELLED by 1000|None\n", "p1-ab Ended")]
    [TestCase("slurm", "17|p1-ab|NEWSTATE|None\n", "p1-ab Unknown")]
    [TestCase("slurm", "17_4|p1-ab|RUNNING|None\n17|p1-ab|RUNN", "")]
    [TestCase("slurm", "", "")]
    [TestCase("slurm", "\0\uFFFD\uFFFD17|\uFFFD|RUNNING|\n", "")]
    [TestCase("lsf", "101|p1-ab|RUN|-\n102|p2-ab|PEND|-\n103|p3-ab|EXIT|TERM_RUNLIMIT: job killed\n104|p4-ab|UNKWN|-\n", "p1-ab Running, p2-ab Queued, p3-ab Ended, p4-ab Running")]
    [TestCase("lsf", "No job found\n", "")]
    public void Lines_are_read_and_what_is_none_is_passed_over(string system, string text, string expected) =>
        Assert.That(string.Join(", ", Read(system, text).Jobs.Select(job => $"{job.Tag} {job.State}")), Is.EqualTo(expected));

    [TestCase("", true)]
    [TestCase("qstat: cannot connect to server vm\n", false)]
    [TestCase("{}", true)]
    [TestCase("warning: slow server\n{\"Jobs\": {}}", true)]
    [TestCase("{\"Jobs\": [1, \"x\", null, {}]}", true)]
    [TestCase("{\"Jobs\": 7}", true)]
    public void Odd_documents_hold_no_job(string text, bool whole) => Assert.That(Read("openpbs", text), Is.EqualTo((Array.Empty<ListedJob>(), whole)).Using<(IReadOnlyList<ListedJob> Jobs, bool Whole)>(
        (a, b) => a.Whole == b.Whole && a.Jobs.SequenceEqual(b.Jobs)));

    [Test]
    public void A_hundred_thousand_jobs_of_others_are_read_past()
    {
        var text = string.Concat(Enumerable.Range(1, 100_000).Select(i => $"{i}|other{i}|RUNNING|None\n")) + "100001|p1-ab|RUNNING|None\n";
        Assert.That(Read("slurm", text).Jobs, Has.Count.EqualTo(100_001));
    }

    private static (IReadOnlyList<ListedJob> Jobs, bool Whole) Read(string system, string text)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        return AnswerParser.Read(adapter.Status.Answer, text, adapter.States);
    }

    private static string Recorded(string file) => Repository.Text("tests/HpcGrid.Tests/Bridge/Recorded/" + file);
}
