using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>A spool without room for results (PROTOCOL A5).</summary>
public sealed class FullSpoolTests
{
    private const int Terminate = 15;
    private const string NotPublished = "not published: ";

    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [TestCase(Errno.ENOSPC)]
    [TestCase(Errno.EDQUOT)]
    public void Results_are_kept_and_nothing_is_claimed_until_there_is_room_again(Errno errno)
    {
        _rig.Fill(errno);
        var queue = _rig.Offer([AgentRig.Shell("echo kept")]);
        _rig.StartOnFullSpool("--pace", "0.1");
        var first = _rig.Full();
        var another = _rig.Offer([AgentRig.Job("/bin/true")]);
        // Between two beats it looks at the pool many times.
        AgentRig.Wait(() => _rig.Heartbeat is { Full: true } beat && beat.Number >= first.Number + 2, "beats that say full");
        Assert.Multiple(() =>
        {
            Assert.That(_rig.Bridge.ListPool().Items.Select(offer => offer.Name), Is.EqualTo(new[] { another }));
            Assert.That(Directory.GetFileSystemEntries(OutFolder), Is.Empty, "half a version stays behind");
        });
        _rig.MakeRoom();
        _rig.Lease();
        var final = _rig.Final(queue);
        Assert.Multiple(() =>
        {
            Assert.That(final.Sequence, Is.GreaterThan(1), "a failed sequence is used again");
            Assert.That(final.Reports.Single(), Has.Property("Outcome").EqualTo(Outcome.Succeeded).And.Property("StdoutTail").EqualTo("kept\n"));
        });
        Assert.That(_rig.Final(another).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
        AgentRig.Wait(() => _rig.Heartbeat is { Full: false }, "the heartbeat says that there is room");
    }

    [Test]
    public void At_the_end_of_the_batch_job_unpublished_results_go_into_the_log()
    {
        _rig.Fill(Errno.ENOSPC);
        _rig.Offer([AgentRig.Shell("echo the result; exit 3"), AgentRig.Shell("sleep 1000")]);
        var log = Path.Combine(_rig.Folder, "agent.log");
        var agent = _rig.StartOnFullSpool("--term-wait", "2", "--grace", "0.1", "--log", log);
        _rig.Full();
        Assert.That(HpcGrid.Agent.Processes.Libc.kill(agent.Id, Terminate), Is.Zero);
        Assert.That(_rig.ExitCode(agent), Is.EqualTo(5));
        var reports = Logged(log);
        Assert.Multiple(() =>
        {
            Assert.That(reports.Select(report => report.Outcome), Is.EqualTo(new Outcome?[] { Outcome.ExecutionFailed, Outcome.Preempted }));
            Assert.That(reports[0].StdoutTail, Is.EqualTo("the result\n"));
            Assert.That(_rig.PayloadProcesses(), Is.Empty);
            Assert.That(_rig.Heartbeat, Is.Not.Null.And.Property("Left").False, "it says that everything is published");
        });
    }

    [Test]
    public void A_large_output_that_cannot_be_written_now_is_saved_when_it_can()
    {
        _rig.Fill(Errno.ENOSPC, largeOnly: true);
        var script = "echo small > a; head -c 100000 /dev/urandom > b; head -c 3000000 /dev/urandom > c";
        var queue = _rig.Offer([AgentRig.Shell(script) with { Outputs = [new OutputRule(null, ["a", "b", "c"], [])] }]);
        _rig.StartOnFullSpool("--pace", "0.1");
        var first = _rig.Full();
        var another = _rig.Offer([AgentRig.Job("/bin/true")]);
        AgentRig.Wait(() => _rig.Heartbeat is { Full: true } beat && beat.Number >= first.Number + 2, "beats that say full");
        Assert.That(_rig.Bridge.ListPool().Items.Select(offer => offer.Name), Is.EqualTo(new[] { another }));
        var waiting = _rig.Version(queue, version => version.Reports.Single().Stage == ReportStage.Collecting);
        var early = Directory.GetFiles(OutFolder, "1000.1.*").Single();
        _rig.Root.Fs.Status(early, out var before);
        _rig.MakeRoom();
        _rig.Lease();
        var final = _rig.Final(queue);
        _rig.Root.Fs.Status(early, out var after);
        var report = final.Reports.Single();
        Assert.Multiple(() =>
        {
            Assert.That(waiting.Final, Is.False);
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
            Assert.That(report.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "a", "b", "c" }));
            Assert.That(report.Outputs.Select(output => _rig.Bytes(final, output).Length), Is.EqualTo(new[] { 6, 100000, 3000000 }));
            Assert.That(report.Outputs[1].SpoolFile, Is.EqualTo(Path.GetFileName(early)));
            Assert.That(after, Is.EqualTo(before), "what was saved is written again");
            Assert.That(final.Notes.Single().Text, Does.Contain("ENOSPC"));
        });
        Assert.That(_rig.Final(another).Reports.Single().Outcome, Is.EqualTo(Outcome.Succeeded));
    }

    [Test]
    public void Large_outputs_that_are_saved_go_before_their_file_is_over_and_those_that_are_not_stay()
    {
        var large = AgentRig.Shell("head -c 3000000 /dev/urandom > big") with { Outputs = [new OutputRule(null, ["big"], [])] };
        var slow = AgentRig.Shell("head -c 3000000 /dev/urandom > big; sleep 1000") with { Outputs = [new OutputRule(null, ["big"], [])] };
        var queue = _rig.Offer([large, large, slow]);
        _rig.Start("--pace", "0.1");
        var reports = _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Ended) == 2).Reports;
        var files = reports.Where(report => report.Stage == ReportStage.Ended).Select(report => report.Outputs.Single().SpoolFile!).ToList();
        _rig.Send(new Saved(new AttemptId(reports[0].Job, 1)));
        AgentRig.Wait(() => !File.Exists(Path.Combine(OutFolder, files[0])), "the room to be given back");
        Assert.That(File.Exists(Path.Combine(OutFolder, files[1])), "nobody said that this one is saved");
        _rig.Send(new Saved(new AttemptId(reports[0].Job, 1)));
        _rig.Send(new Saved(new AttemptId(reports[1].Job, 1)));
        AgentRig.Wait(() => !File.Exists(Path.Combine(OutFolder, files[1])), "the second one to go");
    }

    private string OutFolder => Path.Combine(_rig.Root.Layout.Root, "agents", _rig.Agent, "live", "out");

    private static List<JobReport> Logged(string log) =>
    [
        .. from line in File.ReadLines(log)
           let at = line.IndexOf(NotPublished, StringComparison.Ordinal)
           where at >= 0
           select JsonSerializer.Deserialize(line.AsSpan(at + NotPublished.Length), GridJson.Default.JobReport)!,
    ];
}
