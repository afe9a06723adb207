using System.CommandLine;
using HpcGrid.Cli.Live;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid peek`.</summary>
internal sealed class PeekCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "A running job." };
    private readonly Argument<string?> _file = new("file") { Description = "A file of its sandbox; without one, the sandbox is listed.",
        Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _files = new("--files") { Description = "The files of its sandbox." };
    private readonly Option<bool> _processes = new("--processes", "-p") { Description = "Its processes, with what each uses." };
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on while the file grows." };
    private readonly Option<long?> _tail = new("--tail") { Description = "Only the last bytes of the file.", HelpName = "BYTES" };

    public PeekCommand() : base("peek", "Look into the sandbox of a running job on its node, whose answer takes a moment.",
        "hpcgrid peek 102                      # the files of its sandbox",
        "hpcgrid peek 102 sim.log --tail 2000",
        "hpcgrid peek -f 102 out/progress.txt",
        "hpcgrid peek 102 --processes")
    {
        Add(_job);
        Add(_file);
        foreach (var option in (Option[])[_files, _processes, _follow, _tail]) Add(option);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var (job, file) = (parsed.GetValue(_job), parsed.GetValue(_file));
        if (parsed.GetValue(_processes)) return await Processes(session, job, ct);
        if (file is null || parsed.GetValue(_files)) return await Files(session, job, ct);
        if (parsed.GetValue(_tail) is < 1) throw GridError.Invalid("--tail wants how many bytes", "For instance --tail 2000.");
        if (parsed.GetValue(_follow))
        {
            session.Patience = Limits.WatchPatience;
            await new LogFollower(session, job, [new FollowedFile(file, ByteSink.Output(session.Terminal))]).Follow(ct);
            return ExitCodes.Ok;
        }
        var seen = await session.Ask(new PeekJob(job, PeekKind.File, file, -parsed.GetValue(_tail) ?? 0), ct);
        if (session.Json) JsonText.Write(session.Terminal.Output, seen);
        else await Write(session, seen, file, ct);
        return ExitCodes.Ok;
    }

    /// <summary>The file as long as it was at the first look, however many answers that takes.</summary>
    private static async Task Write(Session session, Peeked first, string file, CancellationToken ct)
    {
        var sink = ByteSink.Output(session.Terminal);
        for (var (seen, end) = (first, first.Size); ;)
        {
            sink.Write(seen.Bytes);
            var next = seen.Offset + seen.Bytes.Length;
            if (next >= end || seen.Bytes.Length == 0) break;
            seen = await session.Ask(new PeekJob(first.Job, PeekKind.File, file, next), ct);
        }
        sink.End();
    }

    private static async Task<int> Files(Session session, long job, CancellationToken ct)
    {
        var seen = await session.Ask(new PeekJob(job, PeekKind.Files, "", 0), ct);
        session.Show(seen, () =>
        {
            var table = new TextTable("SIZE", "CHANGED", "FILE").Right(0);
            foreach (var file in seen.Files) table.Add(Words.Number(file.Size), Words.Time(file.ChangedAt), file.Path);
            table.Write(session.Terminal, $"The sandbox of job {job} on {Words.Printable(seen.Node)} holds no file.");
        });
        return ExitCodes.Ok;
    }

    private static async Task<int> Processes(Session session, long job, CancellationToken ct)
    {
        var seen = await session.Ask(new PeekJob(job, PeekKind.Processes, "", 0), ct);
        session.Show(seen, () =>
        {
            var depths = new Dictionary<int, int>();
            var table = new TextTable("PID", "STATE", "CPU", "MEMORY", "THREADS", "COMMAND").Right(0, 2, 3, 4);
            foreach (var process in seen.Processes)
            {
                var depth = depths[process.Pid] = depths.TryGetValue(process.Parent, out var above) ? above + 1 : 0;
                table.Add(Words.Number(process.Pid), process.State, Words.Duration(TimeSpan.FromSeconds(process.CpuSeconds)),
                    Words.Size(process.RssKib * 1024), Words.Number(process.Threads), new string(' ', depth * 2) + process.Command);
            }
            table.Write(session.Terminal, $"Job {job} has no process on {Words.Printable(seen.Node)} now.");
        });
        return ExitCodes.Ok;
    }
}
