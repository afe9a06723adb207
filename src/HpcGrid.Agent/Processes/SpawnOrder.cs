namespace HpcGrid.Agent.Processes;

/// <summary>A program to start.</summary>
/// <param name="Program">Absolute path.</param>
/// <param name="Argv">All words, the program's name first.</param>
/// <param name="Environment">"NAME=value", complete.</param>
/// <param name="Directory">Working directory, absolute.</param>
/// <param name="Stdout">File for its standard output, absolute.</param>
/// <param name="Stderr">File for its standard error, absolute.</param>
/// <param name="Append">Append to these files instead of truncating them.</param>
internal sealed record SpawnOrder(
    string Program, IReadOnlyList<string> Argv, IReadOnlyList<string> Environment, string Directory, string Stdout, string Stderr, bool Append)
{
    /// <summary>Inherited by all its descendants; null for none.</summary>
    public ulong? Brand { get; init; }

    /// <summary>It and all it starts are in this group before it runs; null for none.</summary>
    public JobGroup? Group { get; init; }

    /// <summary>No core file of it is larger, bytes; null leaves that bound as it is.</summary>
    public long? CoreBytes { get; init; }
}

/// <summary>The new process, or why there is none.</summary>
/// <param name="ProcessId">Its id, session id and process group id; 0 when it was not started.</param>
/// <param name="Error">errno, 0 when started or when the fault is not the system's.</param>
/// <param name="Fault">In words; null when started.</param>
internal readonly record struct SpawnResult(int ProcessId, int Error, string? Fault)
{
    public bool Started => ProcessId > 0;
}
