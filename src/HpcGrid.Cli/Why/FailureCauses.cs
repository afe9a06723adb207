using System.Globalization;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Why;

/// <summary>Why jobs end badly, and that they ended well.</summary>
internal static class FailureCauses
{
    private const string Again = "Run it again under its number: hpcgrid resubmit {J}";
    private const string Output = "See the end of all it wrote: hpcgrid logs {J}";
    private const string Steps = "See each step: hpcgrid trace {J}";

    public static readonly WhyRule[] Rules =
    [
        new("done", f => f.State is JobState.Done or JobState.DoneWarn, f => "It ended well." + Saved(f), _ => ["See what it wrote: hpcgrid logs {J}"]),
        new("killed", f => f.State == JobState.Killed, f => $"It was ended on purpose: {Said(f, "killed")}.", _ => [Again]),
        new("input-checksum", f => f.State == JobState.ErrorIB && f.Says("checksum"), f => $"An input is not what the catalogue says: {f.Reason}.",
            _ => ["Compare with the catalogue: hpcgrid stat PATH", "Put the file there again: hpcgrid cp -f FILE grid:PATH", Again]),
        new("input-missing", f => f.State == JobState.ErrorIB && f.Says("no such", "not found", "there is no", "missing", "not in the catalogue"),
            f => $"An input is not there: {f.Reason}.",
            _ => ["Look for it: hpcgrid whereis PATH, hpcgrid find DIRECTORY NAME", "Put it there (hpcgrid cp FILE grid:PATH), then: hpcgrid resubmit {J}"]),
        new("input", f => f.State == JobState.ErrorIB, f => $"An input did not reach the node: {Said(f, "no reason was told")}.", _ => [Again, Steps]),
        new("validation", f => f.State is JobState.ErrorV or JobState.ErrorVN or JobState.ErrorVT,
            f => $"The program ended well, but its validation did not accept the result: {Said(f, "no reason was told")}.",
            f => [Output, $"The validation is {f.Description?.ValidationCommand ?? "ValidationCommand of the description"}: run it on the outputs yourself.",
                "OutputErrorE in the description saves files of failed jobs too.", Again]),
        new("output-missing", f => f.State == JobState.ErrorSV && f.Says("is missing"), f => $"It did not write a file that it is to save: {f.Reason}.",
            _ => ["Does the program write it, in its working directory, under exactly that name? A pattern (*.csv) may match nothing, a plain name must exist.",
                Output, Again]),
        new("output", f => f.State is JobState.ErrorSV or JobState.ErrorRE, f => $"Its outputs could not be saved: {Said(f, "no reason was told")}.",
            _ => ["Exists there already something of that name, may you write there, is space left? hpcgrid ls -l DIRECTORY", Again]),
        new("not-executable", f => f.State == JobState.ErrorE && (f.ExitCode == 126 || f.Says("permission denied", "exec format")),
            f => $"The program could not be executed: {Said(f, "exit 126")}.",
            _ => ["Is its first line (#!…) right, and is it built for the node's processor?", Output]),
        new("program-not-found", f => f.State == JobState.ErrorE && (f.ExitCode == 127 || f.Says("no such file", "not found", "could not be started")),
            f => $"The program, or something it calls, was not found on the node: {Said(f, "exit 127")}.",
            _ => ["A Command must be on the node, under that very path; a program of yours is an Executable in the catalogue or an input.", Output]),
        new("crash", f => f.State == JobState.ErrorE && f.Signal is 4 or 6 or 7 or 8 or 11, f => $"The program crashed with {SignalName(f)}.",
            _ => [Output, "OutputErrorE = {\"core*\", \"stderr\"}; in the description saves its core file if it leaves one.", Again]),
        new("killed-9", f => f.State == JobState.ErrorE && f.Signal == 9,
            f => $"Something on the node killed it with SIGKILL{Rss(f)}: mostly the system, when memory runs out.",
            f => [$"Ask for more memory: MemorySize (it asked for {Memory(f)}).", "Did another job on the node take it? hpcgrid ps --node NODE", Again]),
        new("signal", f => f.State == JobState.ErrorE && f.Signal is not null, f => $"The program was ended by {SignalName(f)}.", _ => [Output, Steps]),
        new("exit", f => f.State is JobState.ErrorE or JobState.ErrorEW,
            f => f.ExitCode is { } code && code != 0 ? $"The program itself ended with exit code {code}."
                : $"It could not be run: {Said(f, "no reason was told")}.",
            _ => [Output, "A failure of the program is not tried again by itself; when its cause is gone: hpcgrid resubmit {J}"]),
        new("waited-too-long", f => f.State == JobState.ErrorW, f => $"It waited for longer than allowed: {Said(f, "MaxWaitingTime")}.",
            _ => ["Does any site match? hpcgrid submit --list-match DESCRIPTION", "Raise MaxWaitingTime, or loosen Requirements and resources.", Again]),
        new("grant", f => f.State == JobState.ErrorVer, f => $"The node refused to run it: {Said(f, "its grant did not verify")}.",
            _ => ["The node's clock may be wrong, or it waited longer than a grant lives.", Again, "If it happens again, tell the grid's operator."]),
        new("predecessor", f => f.State is JobState.Failed or JobState.ErrorA && f.Says("before it ended", "predecessor"),
            f => $"It never ran: {f.Reason}.", _ => ["Mend and resubmit that job first; then this one: hpcgrid resubmit {J}"]),
        new("split", f => f.State is JobState.ErrorSplit or JobState.ErrorI, f => $"It could not be split or accepted: {Said(f, "no reason was told")}.",
            _ => ["Check the description: hpcgrid submit --dry-run DESCRIPTION"]),
        new("lost", f => f.State == JobState.Expired,
            f => $"It was lost too often: {Said(f, "its bridge or node went away")}{Losses(f)}.",
            _ => ["Does it take its node down (memory, processes, disk)? Compare where it was: hpcgrid trace {J}", Again]),
        new("failed", f => f.State.IsFailure(), f => $"It failed: {Said(f, "no reason was told")}.", _ => [Steps, Again]),
    ];

    private static string Said(WhyFacts facts, string otherwise) => facts.Reason.Length > 0 ? facts.Reason : otherwise;

    private static string Saved(WhyFacts facts) => facts.End is { Outputs.Count: > 0 } end
        ? $" {end.Outputs.Count} {(end.Outputs.Count == 1 ? "file is" : "files are")} in {facts.Detail.OutputDirectory}." : "";

    private static string Losses(WhyFacts facts) => facts.Lost is var (shallow, deep) && shallow + deep > 0
        ? $"; {shallow} times before it ran, {deep} times after" : "";

    private static string Memory(WhyFacts facts) =>
        facts.Description is { } description ? Words.Size(description.Resources.MemoryMib * 1024 * 1024) : "an unknown amount";

    private static string Rss(WhyFacts facts) => facts.Payload is { MaxRssKib: > 0 } payload ? $", when it had used {Words.Size(payload.MaxRssKib * 1024)}"
        : "";

    private static string SignalName(WhyFacts facts) => facts.Signal switch
    {
        1 => "SIGHUP", 2 => "SIGINT", 3 => "SIGQUIT", 4 => "SIGILL (illegal instruction: built for another processor?)",
        6 => "SIGABRT (it aborted itself)", 7 => "SIGBUS (a file shrank under it, or a disk is full)", 8 => "SIGFPE (division by zero)",
        9 => "SIGKILL", 11 => "SIGSEGV (it used memory that is not its own)", 13 => "SIGPIPE", 15 => "SIGTERM", 24 => "SIGXCPU (CPU limit)",
        25 => "SIGXFSZ (file size limit)", var other => "signal " + other?.ToString(CultureInfo.InvariantCulture),
    };
}
