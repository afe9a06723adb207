using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>What `submit`, `run` and `local run` share: a JDL file with arguments, or a plain command behind "--".</summary>
internal sealed class SubmitOptions
{
    private readonly Argument<string?> _file = new("jdl") { Description = "A job description; - for standard input.",
        Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string[]> _arguments = new("arguments") { Description = "Values for $1, $2 … in it.",
        Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<int?> _count = new("--number",
        "-n") { Description = "Run the command behind -- so many times; #alien_counter# is 1 to N.", HelpName = "N" };
    private readonly Option<int?> _cores = new("--cores") { Description = "Cores of each job (command behind --).", HelpName = "N" };
    private readonly Option<int?> _ttl = new("--ttl") { Description = "Seconds each job may take (command behind --).", HelpName = "SECONDS" };
    private readonly Option<string[]> _save = new("--save") { Description = "Save this file too, besides stdout and stderr (command behind --).",
        HelpName = "PATTERN" };
    private readonly Option<bool> _upload = new("--upload") { Description = "First copy files that the JDL names and that lie beside it into the catalogue." };
    private readonly bool _alwaysUpload;

    public SubmitOptions(Command command, bool alwaysUpload = false)
    {
        _alwaysUpload = alwaysUpload;
        foreach (var argument in new Argument[] { _file, _arguments }) command.Add(argument);
        foreach (var option in new Option[] { _count, _cores, _ttl, _save }) command.Add(option);
        if (!alwaysUpload) command.Add(_upload);
    }

    /// <summary>Submits once, whatever happens to the connection. Throws GridError.</summary>
    public async Task<Submitted> Submit(GridCommand command, ParseResult parsed, Session session, CancellationToken ct)
    {
        var file = parsed.GetValue(_file);
        var arguments = parsed.GetValue(_arguments) ?? [];
        string jdl;
        if (command.PlainCommand is { } argv)
        {
            if (file is not null) throw GridError.Invalid($"both a job description ('{file}') and a command behind '--' are given",
                "Give one of them.");
            jdl = new PlainCommand(argv, parsed.GetValue(_count), parsed.GetValue(_cores), parsed.GetValue(_ttl),
                parsed.GetValue(_save) ?? []).ToJdl();
        }
        else
        {
            if (file is null) throw GridError.Invalid("there is nothing to submit",
                $"Give a job description (hpcgrid {command.Name} job.jdl) or a command (hpcgrid {command.Name} -- /bin/echo hello).");
            if (parsed.GetValue(_count) is not null) throw GridError.Invalid("-n is for a command behind '--'",
                $"In a job description write Split = \"production:1-{parsed.GetValue(_count)}\";");
            jdl = await ReadJdl(file, session, ct);
            if (_alwaysUpload || parsed.GetValue(_upload)) await new FilesBesideJdl(session).Upload(jdl, arguments,
                Path.GetDirectoryName(Path.GetFullPath(file))!, ct);
        }
        var submitted = await session.Ask(new SubmitJob(jdl, arguments, Guid.NewGuid().ToString()), ct);
        if (!session.Json)
            foreach (var remark in submitted.Remarks) await session.Terminal.Error.WriteLineAsync($"note: {Words.Printable(remark)}");
        return submitted;
    }

    private static async Task<string> ReadJdl(string file, Session session, CancellationToken ct)
    {
        if (file == "-") return await session.Terminal.Input.ReadToEndAsync(ct);
        try
        {
            if (new FileInfo(file).Length > Limits.LargestJdl) throw new GridError(ErrorCode.TooLarge,
                $"'{file}' is larger than {Limits.LargestJdl / 1024 / 1024} MB", "Submit the job description, not its program or data.");
            return await File.ReadAllTextAsync(file, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(e is FileNotFoundException or DirectoryNotFoundException ? ErrorCode.NotFound : ErrorCode.Denied,
                $"the job description '{file}' cannot be read: {e.Message}",
                "Check the name. A plain command is written behind '--': hpcgrid submit -- /bin/echo hello", e);
        }
    }
}
