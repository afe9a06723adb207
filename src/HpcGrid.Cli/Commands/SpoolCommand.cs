using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Cli.SpoolView;
using HpcGrid.Core;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid spool`: for operators, on a node that has the shared filesystem.</summary>
internal sealed class SpoolCommand : GridCommand
{
    public SpoolCommand() : base("spool", "Look into a spool on the shared filesystem, and try whether a filesystem is fit for one.",
        "hpcgrid spool ls", "hpcgrid spool check /lustre/project/grid/spool", "hpcgrid spool probe /lustre/project/grid")
    {
        Add(new SpoolLsCommand());
        Add(new SpoolCheckCommand());
        Add(new SpoolShapeCommand());
        Add(new SpoolProbeCommand());
    }
}

/// <summary>Which spool.</summary>
internal sealed class SpoolChoice
{
    private readonly Argument<string?> _directory = new("directory") { Description = "The spool (the local grid's unless given).",
        Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _bridge = new("--bridge") { Description = "The spool of this bridge's configuration.", HelpName = "FILE" };

    public SpoolChoice(Command command)
    {
        command.Add(_directory);
        command.Add(_bridge);
    }

    /// <summary>Throws GridError when there is none.</summary>
    public SpoolLook Open(ParseResult parsed) => SpoolLook.Open(parsed.GetValue(_directory), parsed.GetValue(_bridge));
}

/// <summary>`hpcgrid spool ls`.</summary>
internal sealed class SpoolLsCommand : GridCommand
{
    private readonly SpoolChoice _choice;

    public SpoolLsCommand() : base("ls",
        "What is in a spool now: offers, agents and what they hold, the rest. Reads names and sizes alone; safe on a living spool.",
        "hpcgrid spool ls", "hpcgrid spool ls /lustre/project/grid/spool", "hpcgrid spool ls --bridge /etc/hpcgrid/bridge.yaml --json | jq '.agents[]'") =>
        _choice = new SpoolChoice(this);

    protected override Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var look = _choice.Open(parsed);
        var document = look.Describe(look.Take());
        session.Show(document, () => Write(document, session.Terminal));
        return Task.FromResult(ExitCodes.Ok);
    }

    private static void Write(SpoolDocument spool, Terminal terminal)
    {
        terminal.Output.WriteLine($"{spool.Root}: spool {spool.Spool}, {spool.Filesystem}, names are seen within {spool.CachingBound:0.#} s, "
            + $"{spool.Shards} {(spool.Shards == 1 ? "shard" : "shards")}\n");
        var offers = new TextTable("OFFER", "IN", "JOBS", "CORES", "MEMORY", "TTL", "COUNTERS", "GANG", "SIZE", "AGE").Right(2, 3, 4, 5, 7, 8, 9);
        foreach (var offer in spool.Offers)
            offers.Add(offer.Queue, offer.Directory, Words.Number(offer.Jobs), Words.Number(offer.Cores), $"{offer.MemoryMib} MiB",
                Words.Duration(TimeSpan.FromSeconds(offer.TtlSeconds)), offer.Counters, Text(offer.Gang), Words.Size(offer.Bytes), Age(offer.AgeSeconds));
        offers.Write(terminal, "");
        terminal.Output.WriteLine(spool.Offers.Count == 0 ? "No job lies in the pool.\n" : "");
        var agents = new TextTable("AGENT", "STATE", "BEAT", "IDLE", "GANG", "CLAIMS", "VERSIONS", "OUTPUTS", "INBOX", "SIZE", "OLDEST").Right(2, 3, 4, 5, 6,
            7, 8, 9, 10);
        foreach (var agent in spool.Agents)
            agents.Add(agent.Agent, agent.State, Text(agent.Beat), Text(agent.IdleCores), Text(agent.Gang), Words.Number(agent.Claims),
                Words.Number(agent.Versions),
                Words.Number(agent.Outputs), Words.Number(agent.Messages), Words.Size(agent.Bytes), Age(agent.OldestSeconds));
        agents.Write(terminal, "");
        terminal.Output.WriteLine(spool.Agents.Count == 0 ? "No agent is here.\n" : "");
        var others = new TextTable("REST", "FILES", "SIZE", "OLDEST").Right(1, 2, 3);
        foreach (var other in spool.Others) others.Add(other.Kind, Words.Number(other.Files), Words.Size(other.Bytes), Age(other.OldestSeconds));
        others.Write(terminal, "");
    }

    private static string Text(long? number) => number is { } value ? Words.Number(value) : "";

    private static string Age(double? seconds) => seconds is { } age ? Words.Duration(TimeSpan.FromSeconds(age)) : "";
}

/// <summary>`hpcgrid spool shape`.</summary>
internal sealed class SpoolShapeCommand : GridCommand
{
    private readonly SpoolChoice _choice;

    public SpoolShapeCommand() : base("shape",
        "How many files each directory of a spool holds, how large and how old: what piles up shows at once. Safe on a living spool.",
        "hpcgrid spool shape", "hpcgrid spool shape --json /lustre/project/grid/spool") => _choice = new SpoolChoice(this);

    protected override Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var look = _choice.Open(parsed);
        var shape = look.Shape(look.Take());
        session.Show(shape, () =>
        {
            var table = new TextTable(["DIRECTORY", "FILES", "SIZE", .. shape.Classes]).Right([.. Enumerable.Range(1, shape.Classes.Count + 2)]);
            foreach (var line in shape.Directories)
                table.Add([line.Directory, Words.Number(line.Entries), Words.Size(line.Bytes),
                    .. line.Ages.Select(count => count == 0 ? "." : Words.Number(count))]);
            table.Write(session.Terminal, "The spool is empty.");
        });
        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary>`hpcgrid spool check`.</summary>
internal sealed class SpoolCheckCommand : GridCommand
{
    private readonly SpoolChoice _choice;
    private readonly Option<int> _wait = new("--wait")
    {
        Description = "Seconds between two looks; what has not moved in between is stuck. 0 looks once.", HelpName = "SECONDS", DefaultValueFactory = _ => 25,
    };

    private readonly Option<bool> _idle = new("--idle") { Description = "All work is over: every file of a job that is left counts as wrong." };

    public SpoolCheckCommand() : base("check",
        "What in a spool is damaged, foreign or stuck: reads every file and checks it, looks twice, and changes nothing. Exit code 1 when work "
        + "stands still or may be lost.",
        "hpcgrid spool check", "hpcgrid spool check --wait 0 /lustre/project/grid/spool",
            "hpcgrid spool check --json | jq '.suspicions[] | select(.isHarmful)'")
    {
        _choice = new SpoolChoice(this);
        Add(_wait);
        Add(_idle);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Unhealthy, "work stands still or may be lost")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var wait = parsed.GetValue(_wait);
        if (wait is < 0 or > 3600) throw GridError.Invalid($"--wait {wait} is not possible", "Give 0 to 3600 seconds.");
        var check = new SpoolCheck(_choice.Open(parsed), TimeProvider.System, parsed.GetValue(_idle));
        CheckDocument? result = null;
        await StepMeter.Show(session, "checking the spool", SpoolCheck.Parts, async told => result = await check.Run(TimeSpan.FromSeconds(wait), told, ct));
        session.Show(result!, () => Write(result!, session.Terminal));
        return result!.Healthy ? ExitCodes.Ok : ExitCodes.Unhealthy;
    }

    private static void Write(CheckDocument check, Terminal terminal)
    {
        foreach (var suspicion in check.Suspicions)
        {
            var (word, colour) = suspicion.IsHarmful ? ("WRONG", 31) : ("look ", 33);
            var mark = terminal.OutputIsLive ? AnsiText.Coloured(colour, word) : word;
            terminal.Output.WriteLine($"{mark}  {Words.Printable(suspicion.Path)}");
            terminal.Output.WriteLine($"       {Words.Printable(suspicion.What)}");
            terminal.Output.WriteLine($"       → {Words.Printable(suspicion.Remedy)}");
        }
        var wrong = check.Suspicions.Count(suspicion => suspicion.IsHarmful);
        terminal.Error.WriteLine(check.Suspicions.Count == 0
            ? $"{check.FilesRead} files read: all is well."
            : $"{check.FilesRead} files read; {wrong} wrong, {check.Suspicions.Count - wrong} to look at.");
    }
}

/// <summary>`hpcgrid spool probe`.</summary>
internal sealed class SpoolProbeCommand : GridCommand
{
    private readonly Argument<string> _directory = new("directory")
    {
        Description = "A directory on the filesystem; the test makes a folder in it and removes it.",
    };
    private readonly Option<bool> _peer = new("--peer")
    {
        Description = "Try it between two nodes: run the same on the other one, login node and compute node.",
    };

    public SpoolProbeCommand() : base("probe",
        "Try whether a filesystem is fit for a spool: all calls that the protocol is made of, and with --peer what one node sees of the "
        + "other, raced claims and how long a new name takes. Exit code 1 when it is not fit.",
        "hpcgrid spool probe /lustre/project/grid",
        "hpcgrid spool probe --peer /lustre/project/grid        # on the login node, and then",
        "srun -N1 hpcgrid spool probe --peer /lustre/project/grid        # on a compute node")
    {
        Add(_directory);
        Add(_peer);
    }

    public override IReadOnlyList<(int Code, string Meaning)> OwnExitCodes => [(ExitCodes.Unhealthy, "the filesystem is not fit for a spool")];

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var probe = new SpoolProbe(Path.GetFullPath(parsed.GetValue(_directory)!), parsed.GetValue(_peer), session.Terminal);
        ProbeDocument? result = null;
        await StepMeter.Show(session, "trying the filesystem", probe.Steps, told => Task.Run(() => result = probe.Run(told), ct));
        session.Show(result!, () => Write(result!, session.Terminal));
        return result!.Fit ? ExitCodes.Ok : ExitCodes.Unhealthy;
    }

    private static void Write(ProbeDocument probe, Terminal terminal)
    {
        var wide = probe.Findings.Max(finding => finding.What.Length);
        foreach (var finding in probe.Findings)
        {
            var (word, colour) = finding.Fitness switch { HpcGrid.Spool.Fitness.Good => ("ok", 32), HpcGrid.Spool.Fitness.Remark => ("look", 33), _ =>
                ("UNFIT", 31) };
            var mark = terminal.OutputIsLive ? AnsiText.Coloured(colour, $"{word,-5}") : $"{word,-5}";
            terminal.Output.WriteLine($"{mark}  {finding.What.PadRight(wide)}  {Words.Printable(finding.Seen)}");
        }
        terminal.Output.WriteLine($"\n{probe.Directory} ({probe.Filesystem}): {probe.Sentence}");
    }
}
