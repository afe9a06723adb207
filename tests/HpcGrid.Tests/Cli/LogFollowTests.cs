using System.Text;
using HpcGrid.Cli;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Cli;

[TestFixture, CancelAfter(60_000)]
internal sealed class LogFollowTests : CliTests
{
    private const string Whole = "line 1\nline 2 ä\nline 3 🙂\nthe end\n";
    private static readonly byte[] Bytes = Encoding.UTF8.GetBytes(Whole);

    [Test]
    public async Task A_growing_file_is_shown_once_and_whole_and_its_end_comes_from_the_stored_log([Values(1, 3, 7, 1000)] int chunk)
    {
        var looks = 0;
        await using var central = await Central(request => request switch
        {
            DescribeJob => Detail(Line(5, looks * chunk < 30 ? "RUNNING" : "DONE")),
            PeekJob { Path: "stderr" } => Seen([], 0, 0),
            PeekJob peek => Look(peek.Offset, Math.Min(++looks * chunk, 30), chunk),
            ReadLog => new JobLog(5, "DONE", Encoding.UTF8.GetString(Bytes.AsSpan(15)), "", []) { StdoutBytes = Bytes.Length, StderrBytes = 0 },
            _ => throw new InvalidOperationException(request.ToString()),
        });
        var run = await Run("logs", "-f", "5");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((0, Whole)), run.Error);
    }

    [Test]
    public async Task What_the_tail_does_not_reach_is_taken_from_the_saved_file()
    {
        await using var central = await Central(request => request switch
        {
            DescribeJob => Detail(Line(5, "DONE")),
            ReadLog => new JobLog(5, "DONE", "end\n", "", ["/out/other", "/out/stdout"]) { StdoutBytes = Bytes.Length, StderrBytes = 0 },
            OpenForReading { Path: "/out/stdout" } => new ReadTicket(new SourceFile("/out/stdout", Content.Of(Bytes), [new Replica("SE", "pfn", "/se/a")]), "token"),
            _ => throw new InvalidOperationException(request.ToString()),
        });
        central.Http = context => context.Response.Body.WriteAsync(Bytes).AsTask();
        Assert.That((await Run("logs", "-f", "--stdout", "5")).Output, Is.EqualTo(Whole));
    }

    [Test]
    public async Task What_is_lost_is_said()
    {
        await using var central = await Central(request => request switch
        {
            DescribeJob => Detail(Line(5, "ERROR_E", "exit 3")),
            ReadLog => new JobLog(5, "ERROR_E", "end\n", "oops\n", []) { StdoutBytes = 100, StderrBytes = 5 },
            _ => throw new InvalidOperationException(request.ToString()),
        });
        var run = await Run("logs", "-f", "5");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((ExitCodes.JobFailed, "end\n")));
        Assert.That(run.Error, Does.Contain("96 bytes of stdout are not kept").And.Contain("oops\n"));
    }

    [Test]
    public async Task A_new_attempt_begins_anew_and_says_so()
    {
        var looks = 0;
        await using var central = await Central(request => request switch
        {
            DescribeJob => Detail(Line(5, looks < 4 ? "RUNNING" : "DONE")),
            PeekJob peek => ++looks <= 2
                ? Seen(looks == 1 ? "first\n"u8.ToArray() : [], peek.Offset, 6)
                : Seen("second\n"u8.ToArray()[(int)Math.Min(peek.Offset, 7)..], peek.Offset, 7, attempt: 2),
            ReadLog => new JobLog(5, "DONE", "second\n", "", []) { StdoutBytes = 7 },
            _ => throw new InvalidOperationException(request.ToString()),
        });
        var run = await Run("logs", "-f", "--stdout", "5");
        Assert.That(run.Output, Is.EqualTo("first\nsecond\n"));
        Assert.That(run.Error, Does.Contain("begins anew: attempt 2 on node1"));
    }

    [Test]
    public async Task Trouble_on_the_way_is_told_once_and_outlived()
    {
        var looks = 0;
        await using var central = await Central(request => request switch
        {
            DescribeJob => Detail(Line(5, looks < 4 ? "RUNNING" : "DONE")),
            PeekJob => ++looks switch
            {
                1 => throw GridError.NotFound("no such file"),
                2 => throw GridError.Unavailable("the node did not answer"),
                _ => throw GridError.Conflict("it does not run"),
            },
            ReadLog => new JobLog(5, "DONE", Whole, "", []) { StdoutBytes = Bytes.Length },
            _ => throw new InvalidOperationException(request.ToString()),
        });
        var run = await Run("logs", "-f", "--stdout", "5");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((0, Whole)));
        Assert.That(run.Error.Split('\n').Count(line => line.Contains("did not answer", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_peek_reads_a_long_file_in_pieces_and_lists_files_and_processes()
    {
        await using var central = await Central(request => (PeekJob)request switch
        {
            { Kind: PeekKind.File } peek => Look(peek.Offset, Bytes.Length, 10),
            { Kind: PeekKind.Files } => Seen([], 0, 0) with { Files = [new SandboxFile("evil\e[2J", 7, DateTimeOffset.UnixEpoch)] },
            _ => Seen([], 0, 0) with { Processes = [new SandboxProcess(10, 1, "S", 1.5, 2000, 1, "sh run.sh"), new SandboxProcess(11, 10, "R", 90, 4000, 4, "sim")] },
        });
        Assert.That((await Run("peek", "5", "stdout")).Output, Is.EqualTo(Whole));
        Assert.That((await Run("peek", "5")).Output, Does.Contain("evil�[2J"));
        Assert.That((await Run("peek", "5", "-p")).Output, Does.Contain("  sim").And.Contain("1 min 30 s"));
    }

    [Test]
    public async Task Use_over_time_is_told_with_the_cores_busy_between_two_looks()
    {
        var at = DateTimeOffset.UnixEpoch;
        await using var central = await Central(request => new JobSamples(((ReadSamples)request).Job,
        [
            new JobSample { Job = 5, Attempt = 1, At = at, Processes = 2, CpuSeconds = 1, PssKib = 1000 },
            new JobSample { Job = 5, Attempt = 1, At = at.AddSeconds(10), Processes = 3, CpuSeconds = 16, PssKib = 2_000_000, DiskKib = 5 },
        ]));
        var lines = (await Run("usage", "5")).Output.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[2], Does.Contain(" 1.50 ").And.Contain("2.0 GB").And.Contain("16 s"));
    }

    private static JobDetail Detail(JobLine line) => new(line, "", "/out");

    private static Peeked Look(long offset, int size, int most) =>
        Seen(Bytes[(int)Math.Min(offset, size)..(int)Math.Min(size, offset + most)], offset, size);

    private static Peeked Seen(byte[] bytes, long offset, long size, int attempt = 1) =>
        new() { Job = 5, Attempt = attempt, Node = "node1", Running = true, Bytes = bytes, Offset = offset, Size = size };
}
