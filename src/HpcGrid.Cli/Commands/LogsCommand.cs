using System.CommandLine;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Live;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid logs`.</summary>
internal sealed class LogsCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job." };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "From its beginning on, while it runs and until it ends." };
    private readonly Option<bool> _onlyStdout = new("--stdout") { Description = "Only what it wrote to standard output." };
    private readonly Option<bool> _onlyStderr = new("--stderr") { Description = "Only what it wrote to standard error." };

    public LogsCommand() : base("logs",
        "What a job wrote: its stdout on standard output, its stderr on standard error. Of a job that has ended the end of both; of a running one what "
        + "its node has so far. With -f exit code 1 when the job failed.",
        "hpcgrid logs 102",
        "hpcgrid logs -f 102                # live, though its node has no network",
        "hpcgrid logs 102 --stderr",
        "hpcgrid cat \"$(hpcgrid logs 102 --json | jq -r '.files[0]')\"     # a whole saved file")
    {
        Add(_job);
        foreach (var option in (Option[])[_follow, _onlyStdout, _onlyStderr]) Add(option);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.JobFailed, "with -f: the job has failed")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var (job, stdout, stderr) = (parsed.GetValue(_job), parsed.GetValue(_onlyStdout), parsed.GetValue(_onlyStderr));
        if (stdout && stderr) throw GridError.Invalid("--stdout and --stderr exclude each other", "Leave both out to see both.");
        if (parsed.GetValue(_follow))
        {
            if (session.Json) throw GridError.Invalid("-f has no JSON form", "Without -f, --json gives what has been written.");
            session.Patience = Limits.WatchPatience;
            var line = await new LogFollower(session, job, Files(session.Terminal, stdout, stderr)).Follow(ct);
            if (session.Terminal.ErrorIsLive) await session.Terminal.Error.WriteLineAsync($"-- job {job} has ended: {line.State} {JobText.Why(line)} --");
            return JobText.IsDone(line.State) ? ExitCodes.Ok : ExitCodes.JobFailed;
        }
        var log = await session.Ask(new ReadLog(job), ct);
        if (log.State == "RUNNING" && log.StdoutTail.Length + log.StderrTail.Length == 0) log = await FromNode(session, log, ct);
        session.Show(log, () => Write(log, session.Terminal, stdout, stderr));
        return ExitCodes.Ok;
    }

    private static List<FollowedFile> Files(Terminal terminal, bool stdout, bool stderr)
    {
        var files = new List<FollowedFile>();
        if (!stderr) files.Add(new FollowedFile("stdout", ByteSink.Output(terminal)));
        if (!stdout) files.Add(new FollowedFile("stderr", stderr ? ByteSink.Output(terminal) : ByteSink.Error(terminal)));
        return files;
    }

    /// <summary>The ends of what a running job has written so far, asked of its node.</summary>
    private static async Task<JobLog> FromNode(Session session, JobLog log, CancellationToken ct)
    {
        try
        {
            var seen = await Task.WhenAll(new[] { "stdout", "stderr" }.Select(name =>
                session.Ask(new PeekJob(log.Job, PeekKind.File, name, -Limits.TailOfRunning), ct)));
            return log with { StdoutTail = Text(seen[0]), StderrTail = Text(seen[1]), StdoutBytes = seen[0].Size, StderrBytes = seen[1].Size };
        }
        // It has ended meanwhile, or nothing is there yet.
        catch (GridError e) when (e.Code is ErrorCode.Conflict or ErrorCode.NotFound) { return await session.Ask(new ReadLog(log.Job), ct); }
    }

    private static string Text(Peeked peeked) => System.Text.Encoding.UTF8.GetString(peeked.Bytes);

    private static void Write(JobLog log, Terminal terminal, bool stdout, bool stderr)
    {
        if (!stderr) Write(terminal.Output, log.StdoutTail, terminal.OutputIsLive);
        if (stderr) Write(terminal.Output, log.StderrTail, terminal.OutputIsLive);
        else if (!stdout) Write(terminal.Error, log.StderrTail, terminal.ErrorIsLive);
        if (log.StdoutTail.Length + log.StderrTail.Length == 0) terminal.Error.WriteLine(NothingThere(log));
        else if (log.Files.Count > 0 && terminal.ErrorIsLive)
            terminal.Error.WriteLine($"Saved files: {string.Join(" ", log.Files.Take(10).Select(file => Words.Printable(file)))}");
    }

    private static string NothingThere(JobLog log) =>
        log.StdoutBytes == 0 && log.StderrBytes == 0 ? $"Job {log.Job} is {log.State} and has written nothing."
        : JobText.IsFinal(log.State) ? $"Job {log.Job} is {log.State}; nothing that it wrote was kept."
        : $"Job {log.Job} is {log.State}; nothing that it wrote has reached central. Follow it: hpcgrid logs -f {log.Job}";

    /// <summary>To a terminal without what could move its cursor; to a pipe as it was.</summary>
    private static void Write(TextWriter to, string text, bool live)
    {
        if (text.Length == 0) return;
        to.Write(live ? Words.Printable(text, keepLines: true) : text);
        if (!text.EndsWith('\n')) to.WriteLine();
    }
}
