using System.Globalization;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Jobs;

/// <summary>What would run, and where it could, as tables.</summary>
internal static class PlanText
{
    public static void Write(JobPlan plan, Terminal terminal)
    {
        var to = terminal.Output;
        to.WriteLine(plan.Subjobs > 0 ? $"would become {plan.Subjobs} subjobs" + (plan.Subjobs > plan.Jobs.Count ? $"; the first {plan.Jobs.Count}:" : ":")
            : "would become one job:");
        var table = new TextTable("NUMBER", "CORES", "MEMORY", "TTL", "INPUTS", "OUTPUTS", "RUNS").Right(0, 1);
        foreach (var job in plan.Jobs)
            table.Add(job.Number > 0 ? Words.Number(job.Number) : "", Words.Number(job.Spec.Resources.Cores),
                Words.Size(job.Spec.Resources.MemoryMib * 1024 * 1024),
                Words.Duration(TimeSpan.FromSeconds(job.Spec.Resources.TtlSeconds)), Inputs(job.Spec),
                string.Join(' ', job.Spec.Outputs.Select(Text)), ShellText.Of(job.Spec.Argv));
        table.Write(terminal, "");
        if (plan.Jobs is not [var first, ..]) return;
        to.WriteLine($"outputs go to {Words.Printable(first.Spec.OutputDirectory)}{(plan.Subjobs > 1 ? " (the first job's)" : "")}");
        if (first.Spec.ValidationArgv.Count > 0) to.WriteLine($"validated by {Words.Printable(ShellText.Of(first.Spec.ValidationArgv))}");
        if (first.Requirements is { } requirements) to.WriteLine($"only at sites where {Words.Printable(requirements)}");
    }

    public static void Write(SiteMatches matches, Terminal terminal)
    {
        var table = new TextTable("SITE", "CE", "MATCHES", "RANK", "SEEN", "WHY NOT").Right(3);
        foreach (var site in matches.Sites)
            table.Add(site.Site, site.Ce, site.Matches ? "yes" : "no", site.Rank?.ToString("0.###", CultureInfo.InvariantCulture),
                Words.Time(site.SeenAt), site.Reason);
        table.Write(terminal, "No site has offered anything yet: no bridge is connected, or none has free slots.");
    }

    private static string Inputs(JobSpec spec) => spec.Inputs.Count switch
    {
        0 => "",
        <= 3 => string.Join(' ', spec.Inputs.Select(input => input.Name)),
        var more => $"{more} files, {Words.Size(spec.Inputs.Sum(input => input.Content.Size))}",
    };

    private static string Text(OutputRule rule) => rule.Archive is null ? string.Join(' ', rule.Patterns)
        : $"{rule.Archive}({string.Join(' ', rule.Patterns)})";
}
