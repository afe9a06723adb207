using System.Text;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>Payloads that behave badly within their limits: the node and the jobs after them don't suffer, and the report says what happened.</summary>
public sealed class ZooTests
{
    private static readonly Resources Roomy = new(1, 2000, 500, 120);
    private readonly AgentRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void A_thousand_children_die_with_their_job()
    {
        var report = Beside(AgentRig.Payload("crowd", "1000", "leave"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(_rig.PayloadProcesses(), Is.Empty);
    }

    [Test]
    public void A_process_that_hides_whose_it_is_dies_when_no_job_runs()
    {
        var seconds = 100_000 + Environment.ProcessId;
        var report = Beside(AgentRig.Payload("escape", $"{seconds}"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded));
        AgentRig.Wait(() => !Commands().Contains($"sleep {seconds}"), "it is gone");
    }

    [Test]
    public void A_process_that_hides_whose_it_is_dies_with_its_job_while_a_neighbour_runs_on()
    {
        var seconds = 200_000 + Environment.ProcessId;
        var queue = _rig.Offer([AgentRig.Payload("escape", $"{seconds}"), AgentRig.Shell("setsid sleep 1000 & wait")]);
        _rig.Start("--grace", "0.2");
        var over = _rig.Version(queue, version => version.Reports[0].Outcome is not null && version.Reports.Count == 2);
        Assert.That(over.Reports[0].Outcome, Is.EqualTo(Outcome.Succeeded), over.Reports[0].Reason);
        Assert.That(Commands(), Has.None.EqualTo($"sleep {seconds}"));
        Assert.That(over.Reports[1].Stage, Is.EqualTo(ReportStage.Running));
        Assert.That(_rig.PayloadProcesses(), Is.Not.Empty, "the neighbour's");
    }

    [Test]
    public void A_process_that_hides_whose_it_is_counts_for_its_job()
    {
        var hidden = "env -i setsid /bin/sh -c 'sleep 1000 & sleep 1000' >/dev/null 2>&1 & exec sleep 1000";
        var queue = _rig.Offer([AgentRig.Shell(hidden), AgentRig.Shell("exec sleep 1000")]);
        _rig.Start();
        var reports = _rig.Version(queue, version => version.Reports.Count(report => report.Sample is not null) == 2).Reports;
        Assert.That(reports.Select(report => report.Sample!.Processes), Is.EqualTo(new[] { 4, 1 }));
    }

    [Test]
    public void A_process_that_hides_whose_it_is_does_not_outlive_an_agent_that_is_killed()
    {
        var seconds = 300_000 + Environment.ProcessId;
        var queue = _rig.Offer([AgentRig.Shell($"env -i setsid sh -c 'exec sleep {seconds}' >/dev/null 2>&1 & wait; sleep 1000")]);
        var agent = _rig.Start();
        _rig.Running(queue);
        AgentRig.Wait(() => Commands().Contains($"sleep {seconds}"), "it is there");
        agent.Kill();
        AgentRig.Wait(() => !Commands().Contains($"sleep {seconds}"), "the guard kills it");
    }

    [Test]
    public void A_payload_that_removes_its_sandbox_harms_only_itself()
    {
        var report = Beside(AgentRig.Payload("vanish") with { Outputs = [new OutputRule(null, ["result"], [])] });
        Assert.That((report.Outcome, report.Reason), Is.EqualTo((Outcome.OutputFailed, "output 'result' is missing")));
    }

    [Test]
    public void A_pattern_in_a_removed_sandbox_is_told()
    {
        var report = Beside(AgentRig.Payload("vanish") with { Outputs = [new OutputRule(null, ["*.root"], [])] });
        Assert.That(report.Outcome, Is.EqualTo(Outcome.OutputFailed));
        Assert.That(report.Reason, Does.StartWith("output '*.root': "));
    }

    [Test]
    public void A_payload_that_closes_its_descriptors_ends_well() =>
        Assert.That(Beside(AgentRig.Payload("close")).Outcome, Is.EqualTo(Outcome.Succeeded));

    [Test]
    public void Binary_output_is_kept_byte_for_byte_and_its_tail_is_text()
    {
        var version = Run(AgentRig.Payload("binary", "50000") with { KeepOutput = KeepOutput.Always });
        var report = version.Reports[0];
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(_rig.Bytes(version, report.Outputs.Single()), Is.EqualTo(Enumerable.Range(0, 50_000).Select(i => (byte)(i * 7)).ToArray()));
        Assert.That(Encoding.UTF8.GetByteCount(report.StdoutTail), Is.Positive);
    }

    [Test]
    public void Names_with_newlines_and_quotes_are_saved_as_they_are()
    {
        var version = Run(AgentRig.Payload("odd-names") with { Outputs = [new OutputRule("all.zip", ["* *", "*\n*", "-rf", "#*"], []), new OutputRule(null, ["*"], [])] }, AgentRig.Shell("echo unharmed"));
        var report = version.Reports[0];
        Assert.That(version.Reports[1].StdoutTail, Is.EqualTo("unharmed\n"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(report.Outputs[0].Members.Select(member => member.Name), Is.EqualTo(new[] { " blank ", "two\nlines", "-rf", "#comment" }));
        Assert.That(report.Outputs.Skip(1).Select(output => output.Name), Is.EqualTo(new[] { "$(reboot)", "a;b", "quote\"s'", "tab\tbed", "ünï" }));
        foreach (var output in report.Outputs.Skip(1)) Assert.That(Encoding.UTF8.GetString(_rig.Bytes(version, output)), Is.EqualTo(output.Name));
    }

    [Test]
    public void A_busy_payload_leaves_the_agent_time_for_the_others()
    {
        var report = Beside(AgentRig.Payload("burn", "2000"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded));
        Assert.That(report.Payload!.CpuSeconds, Is.GreaterThan(0.3));
    }

    [TestCase(KeepOutput.Tail, "", "out\n")]
    [TestCase(KeepOutput.Never, "", "")]
    [TestCase(KeepOutput.Failed, "", "out\n")]
    [TestCase(KeepOutput.Always, "stdout stderr", "out\n")]
    public void What_is_kept_of_a_good_job(KeepOutput keep, string files, string tail) => Kept("echo out; echo err >&2", keep, files, tail);

    [TestCase(KeepOutput.Tail, "", "out\n")]
    [TestCase(KeepOutput.Never, "", "")]
    [TestCase(KeepOutput.Failed, "stdout stderr", "out\n")]
    [TestCase(KeepOutput.Always, "stdout stderr", "out\n")]
    public void What_is_kept_of_a_failed_job(KeepOutput keep, string files, string tail) => Kept("echo out; echo err >&2; exit 3", keep, files, tail);

    [Test]
    public void An_empty_stderr_is_not_missed_and_what_is_saved_anyway_is_saved_once()
    {
        var report = Run(AgentRig.Shell("echo out") with { KeepOutput = KeepOutput.Always, Outputs = [new OutputRule("logs.zip", ["std*"], [])] }).Reports[0];
        Assert.That(report.Outputs.Single().Members.Single().Name, Is.EqualTo("stdout"));
    }

    private void Kept(string script, KeepOutput keep, string files, string tail)
    {
        var report = Run(AgentRig.Shell(script) with { KeepOutput = keep }).Reports[0];
        Assert.That(string.Join(' ', report.Outputs.Select(output => output.Name)), Is.EqualTo(files));
        Assert.That(report.StdoutTail, Is.EqualTo(tail));
    }

    private WorkQueueVersion Run(params JobSpec[] specs)
    {
        var queue = _rig.Offer([.. specs.Select(spec => spec with { Resources = Roomy })]);
        _rig.Start("--grace", "0.2");
        return _rig.Final(queue);
    }

    /// <summary>Runs it beside one job and before two others: all of them must end well.</summary>
    private JobReport Beside(JobSpec spec)
    {
        var others = Enumerable.Repeat(AgentRig.Shell("sleep 0.5; echo unharmed; pwd > where; test $(ls | wc -l) = 3"), 3).ToArray();
        var reports = Run([spec, .. others]).Reports;
        Assert.That(reports.Skip(1).Select(report => (report.Outcome, report.StdoutTail)), Is.All.EqualTo(((Outcome?)Outcome.Succeeded, "unharmed\n")));
        return reports[0];
    }

    private static List<string> Commands()
    {
        var file = new ProcFile();
        return [.. new ProcessTree(0).ReadAll().Select(entry => Encoding.UTF8.GetString(file.Read(entry.Id, "cmdline")).TrimEnd('\0').Replace('\0', ' '))];
    }
}
