using System.CommandLine;
using HpcGrid.Cli.Local;
using HpcGrid.Core;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid local demo`, which tools/demo calls.</summary>
internal sealed class LocalDemoCommand : GridCommand
{
    private readonly LocalSize _size;
    private readonly Option<int> _jobs = new("--jobs") { Description = "Jobs of the production.", DefaultValueFactory = _ => 200, HelpName = "N" };
    private readonly Option<bool> _keep = new("--keep") { Description = "Leave the grid up and say what to try next." };
    private readonly Option<string> _examples = new("--examples") { Description = "The folder of the examples.", DefaultValueFactory = _ =>
        "examples", HelpName = "DIR" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "Folder for the results.", DefaultValueFactory = _ =>
        "artifacts/demo", HelpName = "DIR" };

    public LocalDemoCommand() : base("demo", "Start a local grid, simulate particle decays in a production on it, merge, verify and draw the result.",
        "tools/demo", "tools/demo --jobs 1000 --nodes 8", "tools/demo --keep")
    {
        _size = new LocalSize(this);
        foreach (var option in new Option[] { _jobs, _keep, _examples, _output }) Add(option);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        if (parsed.GetValue(_jobs) is < 1 or > 1_000_000) throw GridError.Invalid($"--jobs {parsed.GetValue(_jobs)} is not possible",
            "Give 1 to 1000000.");
        var grid = LocalCommand.Grid(session);
        var wasUp = grid.IsUp;
        try
        {
            await _size.Up(grid, parsed, ct);
            session.Connect(grid.Address);
            session.Patience = Limits.WatchPatience;
            return await new Demo(session, parsed.GetValue(_examples)!, parsed.GetValue(_output)!).Run(parsed.GetValue(_jobs), ct);
        }
        finally
        {
            if (parsed.GetValue(_keep) && !ct.IsCancellationRequested) WriteNextSteps(session);
            else if (wasUp) session.Terminal.Error.WriteLine("the local grid was up before and stays up");
            else await grid.Down(purge: false);
        }
    }

    private static void WriteNextSteps(Session session)
    {
        var output = session.Terminal.Error;
        output.WriteLine();
        output.WriteLine("The grid is still up. Try:");
        foreach (var next in new[] { "local status", "ps", "ls -l decay", "run -- /bin/sh -c 'echo hello from $(hostname); cat /proc/net/dev'",
            "local down" })
            output.WriteLine($"  tools/hpcgrid {next}");
    }
}
