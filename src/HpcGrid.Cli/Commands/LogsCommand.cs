using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid logs`.</summary>
internal sealed class LogsCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job." };
    private readonly Option<bool> _onlyStdout = new("--stdout") { Description = "Only what it wrote to standard output." };
    private readonly Option<bool> _onlyStderr = new("--stderr") { Description = "Only what it wrote to standard error." };

    public LogsCommand() : base("logs", "The end of what a job wrote: its stdout on standard output, its stderr on standard error.",
        "hpcgrid logs 102",
        "hpcgrid logs 102 --stderr",
        "hpcgrid cat \"$(hpcgrid logs 102 --json | jq -r '.files[0]')\"     # a whole saved file")
    {
        Add(_job);
        Add(_onlyStdout);
        Add(_onlyStderr);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var log = await session.Ask(new ReadLog(parsed.GetValue(_job)), ct);
        session.Show(log, () =>
        {
            if (!parsed.GetValue(_onlyStderr)) Write(session.Terminal.Output, log.StdoutTail, session.Terminal.OutputIsLive);
            if (parsed.GetValue(_onlyStderr)) Write(session.Terminal.Output, log.StderrTail, session.Terminal.OutputIsLive);
            else if (!parsed.GetValue(_onlyStdout)) Write(session.Terminal.Error, log.StderrTail, session.Terminal.ErrorIsLive);
            Remark(log, session.Terminal);
        });
        return ExitCodes.Ok;
    }

    private static void Remark(JobLog log, Terminal terminal)
    {
        if (log.StdoutTail.Length + log.StderrTail.Length == 0)
            terminal.Error.WriteLine($"Job {log.Job} is {log.State}; nothing that it wrote has reached central.");
        else if (log.Files.Count > 0 && terminal.ErrorIsLive)
            terminal.Error.WriteLine($"Saved files: {string.Join(" ", log.Files.Take(10).Select(file => Words.Printable(file)))}");
    }

    /// <summary>To a terminal without what could move its cursor; to a pipe as it was.</summary>
    private static void Write(TextWriter to, string text, bool live)
    {
        if (text.Length == 0) return;
        to.Write(live ? Words.Printable(text, keepLines: true) : text);
        if (!text.EndsWith('\n')) to.WriteLine();
    }
}
