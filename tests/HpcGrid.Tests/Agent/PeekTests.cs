using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>Looking into the sandbox of a running job (K2, R-A40 to R-A42).</summary>
public sealed class PeekTests
{
    private static readonly AttemptId First = new(1000, 1);
    private readonly AgentRig _rig = new();

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void Chunks_of_a_growing_file_are_together_the_file()
    {
        Start("i=0; while [ $i -lt 3000 ]; do echo \"line $i\"; i=$((i+1)); done; echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; "
            + "while [ $i -lt 6000 ]; do echo \"line $i\"; i=$((i+1)); done; echo end; sleep 1000");
        var sandbox = _rig.Running(new QueueName(1, 1)).Workdir;
        using var read = new MemoryStream();
        for (var chunks = 0; !System.Text.Encoding.ASCII.GetString(read.ToArray()).EndsWith("end\n", StringComparison.Ordinal); chunks++)
        {
            var seen = See(PeekKind.File, "stdout", read.Length);
            Assert.That(seen.Offset, Is.EqualTo(read.Length));
            read.Write(seen.Bytes);
            if (chunks == 1) File.WriteAllText(Path.Combine(sandbox, "go"), "");
        }
        Assert.That(read.ToArray(), Is.EqualTo(File.ReadAllBytes(Path.Combine(sandbox, "stdout"))));
        Assert.That(read.Length, Is.GreaterThan(6000 * 6));
    }

    [Test]
    public void A_large_file_comes_in_bounded_chunks_and_a_negative_offset_counts_from_its_end()
    {
        Start("head -c 400000 /dev/zero > big; printf tail >> big; echo ready > ready; sleep 1000");
        See(PeekKind.File, "ready");
        var (first, last, beyond) = (See(PeekKind.File, "big"), See(PeekKind.File, "big", -4), See(PeekKind.File, "big", 999_999));
        Assert.Multiple(() =>
        {
            Assert.That(first.Bytes, Has.Length.EqualTo(PeekJob.MostBytes));
            Assert.That((first.Size, first.Running, first.Node), Is.EqualTo((400_004, true, "node1")));
            Assert.That(System.Text.Encoding.ASCII.GetString(last.Bytes), Is.EqualTo("tail"));
            Assert.That(last.Offset, Is.EqualTo(400_000));
            Assert.That(beyond.Bytes, Is.Empty);
        });
    }

    [Test]
    public void Files_and_processes_of_the_job_are_listed()
    {
        Start("mkdir -p a/b; echo x > a/b/c; ln -s /etc/passwd link; sleep 1001 & echo ready > ready; wait");
        See(PeekKind.File, "ready");
        var (files, processes) = (See(PeekKind.Files).Files, See(PeekKind.Processes).Processes);
        Assert.Multiple(() =>
        {
            Assert.That(files.Select(file => (file.Path, file.Size)), Is.EqualTo(new[] { ("a/b/c", 2L), ("ready", 6L), ("stderr", 0L), ("stdout", 0L) }));
            Assert.That(files[0].ChangedAt, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(10)));
            Assert.That(processes.Select(process => process.Command), Has.One.EqualTo("sleep 1001"));
            Assert.That(processes[1].Parent, Is.EqualTo(processes[0].Pid));
            Assert.That(processes[0].RssKib, Is.Positive);
        });
    }

    [Test]
    public void Nothing_outside_the_sandbox_can_be_named()
    {
        Start("ln -s /etc/passwd link; ln -s /etc folder; ln -s stdout inside; mkfifo pipe; mkdir real; echo ready > ready; sleep 1000");
        See(PeekKind.File, "ready");
        Assert.Multiple(() =>
        {
            foreach (var path in new[] { "link", "folder/passwd", "inside" }) Assert.That(Refusal(path), Is.EqualTo(ErrorCode.Denied), path);
            foreach (var path in new[] { "../lock", "/etc/passwd", "", ".", "a//b", "stdout\0", "pipe", "real" })
                Assert.That(Refusal(path), Is.EqualTo(ErrorCode.Invalid), path);
            Assert.That(Refusal("missing"), Is.EqualTo(ErrorCode.NotFound));
            Assert.That(Refusal("stdout/x"), Is.EqualTo(ErrorCode.Denied));
        });
    }

    [Test]
    public void A_job_that_waits_or_is_over_shows_nothing()
    {
        var queue = _rig.Offer([AgentRig.Shell("sleep 1000"), AgentRig.Shell("exit 0"), AgentRig.Shell("sleep 1000"), AgentRig.Shell("sleep 1000")]);
        _rig.Start();
        _rig.Version(queue, version => version.Reports.Count(report => report.Stage == ReportStage.Running) == 2);
        foreach (var job in new[] { 1001, 1003, 77 })
            Assert.That(_rig.Peek(new AttemptId(job, 1), PeekKind.File, "stdout").Error?.Code, Is.EqualTo(ErrorCode.Conflict), $"{job}");
    }

    [Test]
    public void An_order_that_comes_twice_is_answered_once_and_only_the_newest_answers_stay()
    {
        Start("echo ready > ready; sleep 1000");
        See(PeekKind.File, "ready");
        var order = Guid.NewGuid();
        for (var i = 0; i < 40; i++) _rig.Send(new Peek(i == 39 ? order : Guid.NewGuid(), First, PeekKind.Files, "", 0));
        _rig.Send(new Peek(order, First, PeekKind.Files, "", 0));
        AgentRig.Wait(() => _rig.Bridge.Agents.Observe(_rig.Place).Answers is var answers && answers.Contains(new AnswerName(order)) && answers.Count <= 32,
            "the last order is answered and old answers are gone");
    }

    private void Start(string script)
    {
        _rig.Offer([AgentRig.Shell(script)]);
        _rig.Start();
        _rig.Running(new QueueName(1, 1));
        AgentRig.Wait(() => _rig.Peek(First, PeekKind.File, "ready").Seen is { Size: > 0 }, "the payload is ready");
    }

    private Peeked See(PeekKind kind, string path = "", long offset = 0)
    {
        var answer = _rig.Peek(First, kind, path, offset);
        Assert.That(answer.Error, Is.Null);
        return answer.Seen!;
    }

    private ErrorCode? Refusal(string path) => _rig.Peek(First, PeekKind.File, path).Error?.Code;
}
