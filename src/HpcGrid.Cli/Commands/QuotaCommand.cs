using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid quota`.</summary>
internal sealed class QuotaCommand : GridCommand
{
    private readonly Argument<string?> _user = new("user")
    {
        Description = "Whose; an admin may name others",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public QuotaCommand()
        : base("quota", "What you have, have used within 24 hours, and may have.", "hpcgrid quota", "hpcgrid quota --json | jq .unfinished") =>
        Add(_user);

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var quota = await session.Ask(new ReadQuota(parsed.GetValue(_user)), ct);
        session.Show(quota, () => Write(quota, session.Terminal));
        return ExitCodes.Ok;
    }

    private static void Write(QuotaState quota, Terminal terminal)
    {
        var table = new TextTable("OF " + quota.User.ToUpperInvariant(), "NOW", "AT MOST").Right(1, 2);
        table.Add("unfinished jobs", Words.Number(quota.Unfinished), Most(quota.MaxUnfinished));
        table.Add("active jobs", Words.Number(quota.Active), Most(quota.MaxParallel));
        table.Add("CPU seconds x price, 24 h", Words.Number((long)quota.CpuCost), Most(quota.MaxCpuCost));
        table.Add("running seconds, 24 h", Words.Number((long)quota.RunningSeconds), Most(quota.MaxRunningSeconds));
        table.Write(terminal, "");
        terminal.Output.WriteLine($"computed priority {quota.ComputedPriority}: priority {quota.Priority}, nominal {quota.NominalParallel} active jobs");
        if (quota.Over is { } over) terminal.Output.WriteLine($"waiting jobs are held (OVER_WAITING): {over}");
    }

    private static string Most(long? bound) => bound is { } most ? Words.Number(most) : "-";
}
