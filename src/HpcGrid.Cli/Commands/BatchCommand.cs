using System.CommandLine;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid batch`: for who sets up a site. The bridge, which talks to batch systems, does the work.</summary>
internal sealed class BatchCommand : GridCommand
{
    public BatchCommand() : base("batch", "Check what makes HpcGrid talk to a batch system, and try it on the real one.",
        "hpcgrid batch check hpc-templates/slurm", "hpcgrid batch test main --config bridge.yaml")
    {
        Add(new BatchCheckCommand());
        Add(new BatchTestCommand());
    }
}

/// <summary>`hpcgrid batch check`.</summary>
internal sealed class BatchCheckCommand : GridCommand
{
    private readonly Argument<string> _path = new("path") { Description = "A folder with adapter.yaml; or a bridge.yaml, or a folder with one." };

    public BatchCheckCommand() : base("check", "Check an adapter or a site's configuration, and show the script that it submits. Wrong ones are told with line "
        + "and field.", "hpcgrid batch check my-slurm", "hpcgrid batch check bridge.yaml") => Add(_path);

    protected override Task<int> Run(ParseResult parsed, Session session, CancellationToken ct) =>
        SiblingDaemon.Run("bridge",
            ["batch", "check", parsed.GetRequiredValue(_path), .. parsed.GetValue(SharedOptions.Json) ? ["--json"] : Array.Empty<string>()], session.Terminal);
}

/// <summary>`hpcgrid batch test`.</summary>
internal sealed class BatchTestCommand : GridCommand
{
    private readonly Argument<string?> _queue = new("queue") { Description = "Queue or partition (the default one unless given).",
        Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _bridge = new("--bridge") { Description = "The site's values and adapter, from its bridge.yaml.", HelpName = "FILE" };
    private readonly Option<string?> _system = new("--system") { Description = "A shipped adapter: slurm, openpbs, torque, lsf, sge, htcondor, cobalt, flux.",
        HelpName = "NAME" };
    private readonly Option<string?> _templates = new("--templates") { Description = "An adapter of the site's own.", HelpName = "DIR" };
    private readonly Option<string?> _folder = new("--folder") { Description = "For scripts and notes; compute nodes must see it (default: ./batch-test).",
        HelpName = "DIR" };
    private readonly Option<int?> _walltime = new("--walltime") { Description = "Walltime of the pilot that is left to end (default: 60).",
        HelpName = "SECONDS" };
    private readonly Option<int?> _patience = new("--patience") { Description = "How long a pilot may wait in the queue (default: 600).",
        HelpName = "SECONDS" };

    public BatchTestCommand() : base("test",
        "Try an adapter on the real batch system: submits two small pilots, asks for them, cancels one, lets the other's walltime end, and prints a report.",
        "hpcgrid batch test --system slurm", "hpcgrid batch test main --bridge bridge.yaml --folder /lustre/project/try",
        "hpcgrid batch test main --system sge --json > report.json")
    {
        Add(_queue);
        foreach (var option in (Option[])[_bridge, _system, _templates, _folder, _walltime, _patience]) Add(option);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(1, "a check has failed")];

    protected override Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var words = new List<string> { "batch", "test" };
        if (parsed.GetValue(_queue) is { } queue) words.Add(queue);
        foreach (var (name, value) in ((string, string?)[])[("--config", parsed.GetValue(_bridge)), ("--system", parsed.GetValue(_system)),
            ("--templates", parsed.GetValue(_templates)), ("--folder", parsed.GetValue(_folder)), ("--walltime", Text(parsed.GetValue(_walltime))),
            ("--patience", Text(parsed.GetValue(_patience)))])
            if (value is not null) words.AddRange([name, value]);
        if (parsed.GetValue(SharedOptions.Json)) words.Add("--json");
        return SiblingDaemon.Run("bridge", [.. words], session.Terminal);
    }

    private static string? Text(int? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
