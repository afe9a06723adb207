using HpcGrid.Agent.Processes;
using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Jobs;

/// <summary>What of a job is started, and how: words, environment, directory, files.</summary>
internal sealed class JobCommand(AttemptId attempt, JobSpec spec, Sandbox sandbox, JobEnvironment environment, string? gpus, GangPlace? gang)
{
    public (SpawnOrder? Order, string? Fault) Payload() => Make(spec.Argv, sandbox.Stdout, sandbox.Stderr, OutputFiles.Empty, gang);

    public (SpawnOrder? Order, string? Fault) Validation()
    {
        sandbox.Know(Sandbox.ValidationStdoutName);
        sandbox.Know(Sandbox.ValidationStderrName);
        return Make(spec.ValidationArgv, sandbox.PathOf(Sandbox.ValidationStdoutName), sandbox.PathOf(Sandbox.ValidationStderrName), OutputFiles.Append, null);
    }

    private (SpawnOrder? Order, string? Fault) Make(IReadOnlyList<string> argv, string stdout, string stderr, OutputFiles files, GangPlace? place)
    {
        if (argv.Count == 0 || argv[0].Length == 0) return (null, "the job names no program");
        if (JobEnvironment.Fault(spec) is { } fault) return (null, fault);
        if (Locate(argv[0]) is not { } program) return (null, $"the program '{argv[0]}' leads out of the sandbox");
        if (spec.Launch is not null && gang is null) return (null, "the job wants several nodes and was given one");
        if (place?.Fault is { } missing) return (null, missing);
        string[] words = [program, .. argv.Skip(1)];
        if (place is not null) words = [.. place.Words(words)];
        return (new SpawnOrder(words[0], words, environment.Of(attempt, spec, sandbox, gpus, gang), sandbox.Path, stdout, stderr, files), null);
    }

    /// <summary>An absolute path is on the node; everything else is in the sandbox, and "..", which would lead out of it, is refused.</summary>
    private string? Locate(string program) =>
        program.StartsWith('/') ? program
        : program.Split('/').Contains("..") ? null
        : sandbox.PathOf(program);
}
