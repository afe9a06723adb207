using System.CommandLine;
using HpcGrid.Cli.Files;
using HpcGrid.Cli.Jobs;
using HpcGrid.Cli.Output;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>A description ready to be sent: its text, the values of $1, $2 …, and the folder where files that it names may lie.</summary>
internal sealed record ReadyDescription(string Text, IReadOnlyList<string> Arguments, string? Folder);

/// <summary>What `submit`, `run` and `local run` share: a job description with arguments, or a plain command behind "--".</summary>
internal sealed class SubmitOptions
{
    private readonly Argument<string?> _file = new("description")
    {
        Description = "A job description, JDL or JSON; - for standard input, grid:PATH for one in the catalogue.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Argument<string[]> _arguments = new("arguments") { Description = "Values for $1, $2 … in it.",
        Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _json = new("--from-json") { Description = "A job description in JSON; - for standard input.", HelpName = "FILE" };
    private readonly Option<long?> _maxFails = new("--max-fails") { Description = "When so many subjobs have failed, kill those that wait (MaxFailed).",
        HelpName = "N" };
    private readonly Option<string?> _key = new("--key") { Description = "A word of yours for this submission: given again, it returns the first one's job.",
        HelpName = "KEY" };
    private readonly Option<bool> _upload =
        new("--upload") { Description = "First copy files that the description names and that lie beside it into the catalogue." };
    private const string CataloguePrefix = "grid:";
    private readonly PlainCommandOptions _plain;
    private readonly bool _alwaysUpload;

    public SubmitOptions(Command command, bool alwaysUpload = false)
    {
        _alwaysUpload = alwaysUpload;
        foreach (var argument in (Argument[])[_file, _arguments]) command.Add(argument);
        foreach (var option in (Option[])[_json, _maxFails, _key]) command.Add(option);
        if (!alwaysUpload) command.Add(_upload);
        _plain = new PlainCommandOptions(command);
    }

    /// <summary>The description as it would be sent. Nothing is changed anywhere. Throws GridError.</summary>
    public async Task<ReadyDescription> Prepare(GridCommand command, ParseResult parsed, Session session, CancellationToken ct)
    {
        var ready = await Read(command, parsed, session, ct);
        if (parsed.GetValue(_maxFails) is not { } fails) return ready;
        return fails > 0 ? ready with { Text = DescriptionText.With(ready.Text, "MaxFailed", fails - 1) }
            : throw GridError.Invalid($"--max-fails {fails} is not possible",
            "Give 1 to stop at the first failure.");
    }

    /// <summary>Submits once, whatever happens to the connection. Throws GridError.</summary>
    public async Task<Submitted> Submit(GridCommand command, ParseResult parsed, Session session, CancellationToken ct)
    {
        var ready = await Prepare(command, parsed, session, ct);
        if (ready.Folder is { } folder && (_alwaysUpload || parsed.GetValue(_upload)))
            await new FilesBesideJdl(session).Upload(ready.Text, ready.Arguments, folder, ct);
        var submitted = await session.Ask(new SubmitJob(ready.Text, ready.Arguments, parsed.GetValue(_key) ?? Guid.NewGuid().ToString()), ct);
        TellRemarks(session, submitted.Remarks);
        return submitted;
    }

    public static void TellRemarks(Session session, IReadOnlyList<string> remarks)
    {
        if (!session.Json)
            foreach (var remark in remarks) session.Terminal.Error.WriteLine($"note: {Words.Printable(remark)}");
    }

    private async Task<ReadyDescription> Read(GridCommand command, ParseResult parsed, Session session, CancellationToken ct)
    {
        var (file, json) = (parsed.GetValue(_file), parsed.GetValue(_json));
        if (command.PlainCommand is { } argv)
        {
            if ((file ?? json) is { } other) throw GridError.Invalid($"both a job description ('{other}') and a command behind '--' are given",
                "Give one of them.");
            return new ReadyDescription((await _plain.Read(argv, parsed, session, ct)).ToJdl(), [], null);
        }
        _plain.MustBeAbsent(parsed);
        // With --from-json the first word is already a value for $1.
        List<string> arguments = [.. parsed.GetValue(_arguments) ?? []];
        if (json is not null && file is not null) arguments.Insert(0, file);
        var path = json ?? file ?? throw GridError.Invalid("there is nothing to submit",
            $"Give a job description (hpcgrid {command.Name} job.jdl) or a command (hpcgrid {command.Name} -- /bin/echo hello).");
        if (path.StartsWith(CataloguePrefix, StringComparison.Ordinal))
            return new ReadyDescription(await FromCatalogue(path[CataloguePrefix.Length..], session, ct), arguments, null);
        var text = await TextFile.Read(path, "the job description", session, ct);
        if (json is not null) DescriptionText.MustBeJson(text);
        return new ReadyDescription(text, arguments, path == "-" ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path)));
    }

    /// <summary>A description of the catalogue says where it lies: programs are looked for beside it.</summary>
    private static async Task<string> FromCatalogue(string path, Session session, CancellationToken ct)
    {
        var lfn = await session.Resolve(path, ct);
        using var downloader = new Downloader(session, new TransferMeter());
        using var bytes = new MemoryStream();
        await downloader.CopyTo(lfn, bytes, ct);
        return DescriptionText.With(System.Text.Encoding.UTF8.GetString(bytes.ToArray()), "JDLPath", lfn.Path);
    }
}
