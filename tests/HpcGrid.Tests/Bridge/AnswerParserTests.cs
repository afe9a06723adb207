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

    [TestCase("sge", "sge-qstat.xml", "p7-ab Running, p8-ab Queued")]
    [TestCase("torque", "torque-qstat-f.txt", "p1-ab Running, p2-ab Queued")]
    [TestCase("torque", "torque-server-qstat-f.txt", "p1-ab Running, p2-ab Ended, other Queued")]
    [TestCase("htcondor", "htcondor-condor_q.json", "p1-ab Running, p2-ab Queued, p3-ab Running,  Queued")]
    [TestCase("cobalt", "cobalt-qstat.txt", "p1-ab Running, p2-ab Queued, N/A Running, p4-ab Queued")]
    public void Answers_as_these_systems_write_them_are_read(string system, string file, string expected)
    {
        var (jobs, whole) = Read(system, Recorded(file));
        Assert.That((string.Join(", ", jobs.Select(job => $"{job.Tag} {job.State}")), whole), Is.EqualTo((expected, true)));
    }

    [TestCase("flux", "283467|p1-ab|RUN|\n283468|p2-ab|SCHED|\n283469|p3-ab|INACTIVE|TIMEOUT\n283470|p4-ab|CLEANUP|\n", "p1-ab Running, p2-ab Queued, p3-ab Ended, p4-ab Running")]
    [TestCase("htcondor", "", "")]
    [TestCase("htcondor", "[\n]\n", "")]
    [TestCase("htcondor", "-- Schedd: login1 : <10.0.0.1:9618?...\n[\n{\"ClusterId\":1,\"JobBatchName\":\"p1-ab\",\"JobStatus\":4}\n]\n", "p1-ab Ended")]
    public void Further_systems_answers(string system, string text, string expected) =>
        Assert.That(string.Join(", ", Read(system, text).Jobs.Select(job => $"{job.Tag} {job.State}")), Is.EqualTo(expected));

    [Test]
    public void What_the_accounting_of_Grid_Engine_tells_of_has_ended()
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates/sge"));
        var (jobs, whole) = AnswerParser.Read(adapter.History!.Answer, Recorded("sge-qacct.txt"), adapter.States);
        Assert.That(whole);
        Assert.That(jobs.Select(job => (job.Tag, job.State)), Is.All.EqualTo(("p1-ab", BatchState.Ended)).Or.EqualTo(("p3-ab", BatchState.Ended)));
        Assert.That(jobs[0].Detail, Does.Contain("enforced h_rt"));
    }

    [Test]
    public void A_pattern_that_takes_too_long_gives_an_answer_that_is_not_whole()
    {
        var rule = new AnswerRule(AnswerFormat.Lines, new System.Text.RegularExpressions.Regex("^(?<id>(a+)+)(?<tag>x)(?<state>y)$",
            System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromMilliseconds(20)), "", "", "", "", "");
        Assert.That(AnswerParser.Read(rule, new string('a', 40) + "\n", new Dictionary<string, BatchState>()).Whole, Is.False);
    }

    [TestCase("", true)]
    [TestCase("qstat: cannot connect to server vm\n", false)]
    [TestCase("{}", true)]
    [TestCase("warning: slow server\n{\"Jobs\": {}}", true)]
    [TestCase("{\"Jobs\": [1, \"x\", null, {}]}", true)]
    [TestCase("{\"Jobs\": 7}", true)]
    public void Odd_documents_hold_no_job(string text, bool whole) => Assert.That(Read("openpbs", text), Is.EqualTo((Array.Empty<ListedJob>(), whole)).Using<(IReadOnlyList<ListedJob> Jobs, bool Whole)>(
        (a, b) => a.Whole == b.Whole && a.Jobs.SequenceEqual(b.Jobs)));

    [TestCase("slurm", "{0}|other|RUNNING|None\n")]
    [TestCase("lsf", "{0}|other|RUN|-\n")]
    [TestCase("flux", "{0}|other|RUN|\n")]
    [TestCase("torque", "Job Id: {0}.server\n    Job_Name = other\n    Job_Owner = user@login\n    job_state = R\n    queue = batch\n\n")]
    [TestCase("cobalt", "JobID: {0}\n    JobName : other\n    State   : running\n\n")]
    [TestCase("openpbs", "\"{0}.vm\":{{\"Job_Name\":\"other\",\"job_state\":\"R\"}},\n", "{\"Jobs\":{\n", "\"1.vm\":{}}}\n")]
    [TestCase("htcondor", "{{\"ClusterId\":{0},\"JobBatchName\":\"other\",\"JobStatus\":2}},\n", "[\n", "{}]\n")]
    [TestCase("sge", "<job_list><JB_job_number>{0}</JB_job_number><JB_name>other</JB_name><state>r</state></job_list>\n", "<job_info>", "</job_info>\n")]
    public void A_hundred_thousand_jobs_of_others_are_read_past(string system, string job, string before = "", string after = "")
    {
        const int Others = 100_000;
        var text = before + string.Concat(Enumerable.Range(1_000, Others).Select(id => string.Format(System.Globalization.CultureInfo.InvariantCulture, job, id))) + after;
        var (jobs, whole) = Read(system, text);
        Assert.That((jobs.Count(listed => listed is { Tag: "other", State: BatchState.Running }), whole), Is.EqualTo((Others, true)));
    }

    [TestCase("5|2:00:00\n3|infinite\n", "5 for 02:00:00, 3 for long")]
    [TestCase("4|1-12:00:30\n", "4 for 1.12:00:30")]
    [TestCase("4|90\n2|30:00\n", "4 for 00:01:30, 2 for 00:30:00")]
    [TestCase("0|1:00:00\n", "")]
    [TestCase("many|1:00:00\n99999999999|1:00\n|\n", "")]
    [TestCase("warning: slow\n2|UNLIMITED\nnodes|time\n", "2 for long")]
    [TestCase("", "")]
    public void Holes_in_the_schedule_are_read_and_what_is_none_is_passed_over(string text, string expected) =>
        Assert.That(Told(AnswerParser.Holes(new(@"^(?<nodes>\w*)\|(?<time>\S+)$", System.Text.RegularExpressions.RegexOptions.Multiline), text)), Is.EqualTo(expected));

    [Test]
    public void Slurms_idle_nodes_are_holes()
    {
        var backfill = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates/slurm")).Backfill!;
        Assert.That(Told(AnswerParser.Holes(backfill.Line, "12|\n")), Is.EqualTo("12 for long"));
        Assert.That(Told(AnswerParser.Holes(backfill.Line, "3|3600\n")), Is.EqualTo("3 for 01:00:00"));
        Assert.That(Told(AnswerParser.Holes(backfill.Line, "3|-20\n0|\n")), Is.Empty, "the next job begins now; nothing is idle");
    }

    [Test]
    public void A_pattern_for_holes_that_takes_too_long_finds_none() =>
        Assert.That(AnswerParser.Holes(new("^(?<nodes>(\\d+)+)x$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromMilliseconds(20)), new string('1', 40)), Is.Empty);

    private static string Told(IReadOnlyList<BackfillHole> holes) => string.Join(", ", holes.Select(hole => $"{hole.Nodes} for {hole.Lasts?.ToString() ?? "long"}"));

    private static (IReadOnlyList<ListedJob> Jobs, bool Whole) Read(string system, string text)
    {
        var adapter = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));
        return AnswerParser.Read(adapter.Status.Answer, text, adapter.States);
    }

    private static string Recorded(string file) => Repository.Text("tests/HpcGrid.Tests/Bridge/Recorded/" + file);
}
