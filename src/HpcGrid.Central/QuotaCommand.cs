using System.CommandLine;
using System.Globalization;
using HpcGrid.Central.Broker;
using HpcGrid.Core;

namespace HpcGrid.Central;

/// <summary>`hpcgrid-central user quota NAME`: shows what an account may have, after changing what the options say. Takes effect at once.</summary>
internal static class QuotaCommand
{
    private const string None = "none";

    public static Command Make(Argument<string> name, Option<string> home)
    {
        var priority = new Option<double?>("--priority") { Description = "Weight against other users; 1 is ordinary" };
        var nominal = new Option<int?>("--nominal-parallel") { Description = "Active jobs at which the computed priority is 0" };
        var parallel = Bound("--max-parallel", "Active jobs at most");
        var unfinished = Bound("--max-unfinished", "Jobs that have not ended at most; more are refused at submission");
        var cost = Bound("--max-cpu-cost", "CPU seconds times price within 24 hours; beyond, waiting jobs are held");
        var running = Bound("--max-running-seconds", "Elapsed seconds of payloads within 24 hours; beyond, waiting jobs are held");
        var command = new Command("quota", "Show and change what an account may have. A number, or 'none' for no bound.")
            { name, home, priority, nominal, parallel, unfinished, cost, running };
        command.SetAction((parsed, _) => Commands.Run(async () =>
        {
            var user = parsed.GetValue(name)!;
            var quota = await Commands.AccountsOf(parsed.GetValue(home)!).ChangeQuota(user, old => new Quota(
                parsed.GetValue(priority) ?? old.Priority,
                parsed.GetValue(nominal) ?? old.NominalParallel,
                (int?)Read(parsed, parallel, old.MaxParallel, int.MaxValue),
                (int?)Read(parsed, unfinished, old.MaxUnfinished, int.MaxValue),
                Read(parsed, cost, old.MaxCpuCost, long.MaxValue),
                Read(parsed, running, old.MaxRunningSeconds, long.MaxValue)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{user}: priority {quota.Priority}, nominal parallel {quota.NominalParallel}, max parallel {Text(quota.MaxParallel)}, ")
                + $"max unfinished {Text(quota.MaxUnfinished)}, max CPU cost {Text(quota.MaxCpuCost)}, max running seconds {Text(quota.MaxRunningSeconds)}");
        }));
        return command;
    }

    /// <summary>Throws GridError(Invalid) for a quota under which nothing sensible would happen.</summary>
    public static Quota Check(Quota quota)
    {
        if (quota.Priority is not (> 0 and <= 1000)) throw GridError.Invalid($"a priority of {quota.Priority} is not between 0 and 1000", "1 is ordinary.");
        if (quota.NominalParallel < 1) throw GridError.Invalid($"{quota.NominalParallel} nominal parallel jobs", "At least 1.");
        long?[] bounds = [quota.MaxParallel, quota.MaxUnfinished, quota.MaxCpuCost, quota.MaxRunningSeconds];
        return bounds.Any(bound => bound < 0) ? throw GridError.Invalid("a bound is negative", "A number from 0 on, or 'none'.") : quota;
    }

    private static Option<string?> Bound(string option, string description) => new(option) { Description = description };

    private static long? Read(ParseResult parsed, Option<string?> option, long? old, long most) => parsed.GetValue(option) switch
    {
        null => old,
        None => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most => number,
        var text => throw GridError.Invalid($"{option.Name} cannot be '{text}'", $"A number from 0 on, or '{None}' for no bound."),
    };

    private static string Text(long? bound) => bound?.ToString(CultureInfo.InvariantCulture) ?? None;
}
