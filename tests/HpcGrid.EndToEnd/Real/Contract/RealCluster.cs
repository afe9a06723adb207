using System.Globalization;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>
/// A case's own view of a real scheduler: its commands stand behind shim.sh, which has the accidents that a real one does not have when it is asked to.
/// Cases run side by side; what happens to the commands of one happens to no other.
/// </summary>
internal abstract class RealCluster : ContractCluster
{
    /// <summary>An id that no scheduler here comes to.</summary>
    private const string UnknownId = "999999";

    private static readonly string Scripts = Path.Combine(AppContext.BaseDirectory, "Real/Contract");
    private readonly string _real;
    private int _faults;

    protected RealCluster(ClusterNature nature, Scheduler scheduler) : base(nature)
    {
        Directory.CreateDirectory(Programs);
        Directory.CreateDirectory(FaultFolder);
        _real = Path.Combine(Folder, "real");
        var exports = string.Concat(scheduler.Environment.Append(new("answers", Scripts)).Select(pair => $"export {pair.Key}='{pair.Value}'\n"));
        WriteProgram(_real, $"#!/bin/sh\n{exports}exec \"$@\"\n");
        File.WriteAllText(Path.Combine(Folder, "scheduler"), $"{exports}{Surroundings}\n. {Scripts}/{nature.System}.sh\n");
        foreach (var command in new[] { Commands.Submit, Commands.Status, Commands.History, Commands.Cancel }.Where(name => name.Length > 0).Distinct())
            WriteProgram(Path.Combine(Programs, command), File.ReadAllText(Path.Combine(Scripts, "shim.sh")));
    }

    /// <summary>A line of shell before every command.</summary>
    protected virtual string Surroundings => "";

    /// <summary>The directive line of a job that waits until it is released.</summary>
    protected abstract string Hold { get; }

    protected override TimeSpan Bound => TimeSpan.FromMinutes(3);

    protected override string Programs => Path.Combine(Folder, "bin");

    private string FaultFolder => Path.Combine(Folder, "faults");

    public override async Task<(PilotRequest Pilot, Func<Task> LetBegin)> Waiting()
    {
        var pilot = Pilot();
        await Bridge(new BatchOptions { Directives = [Hold] }).Submit(pilot, default);
        var id = JobsOf(pilot).Single();
        return (pilot, () =>
        {
            Release(id);
            return Task.CompletedTask;
        });
    }

    protected abstract void Release(string id);

    public override void Fault(string fault)
    {
        var words = fault.Split(' ');
        var times = words[^1].StartsWith('x') ? words[^1][1..] : "0";
        var amount = words.Length > 2 && !words[2].StartsWith('x') ? words[2] : "0";
        File.WriteAllText(Path.Combine(FaultFolder, (_faults++).ToString("00", CultureInfo.InvariantCulture)), $"{words[0]} {words[1]} {amount} {times}\n");
    }

    public override string Faults() => string.Join('\n', Directory.EnumerateFiles(FaultFolder).Order(StringComparer.Ordinal)
        .Select(file => File.ReadAllText(file).Trim().Split(' ')).Select(words => $"{words[0]} {words[1]} x{words[3]}"));

    public override void ClearFaults()
    {
        foreach (var file in Directory.EnumerateFiles(FaultFolder)) File.Delete(file);
    }

    public override void GoAway() => File.WriteAllText(Path.Combine(Folder, "away"), "");

    public override void ComeBack() => File.Delete(Path.Combine(Folder, "away"));

    /// <summary>The next bridge believes that the pilot had an id which the scheduler has never heard of.</summary>
    public override void Forget(PilotRequest pilot) => File.WriteAllText(Path.Combine(StateOf(pilot), "id"), UnknownId + "\n");

    /// <summary>One of the scheduler's commands, without accidents.</summary>
    protected string Real(params string[] words) => Run(_real, words);

    protected override void Down()
    {
        foreach (var id in Submitted.SelectMany(JobsOf)) Real(Commands.Cancel, id);
        foreach (var pilot in Submitted) Until(() => JobsOf(pilot).Count == 0 || HasEnded(pilot), $"{pilot.Tag} to end").GetAwaiter().GetResult();
    }
}
