namespace HpcGrid.Agent.Processes;

/// <summary>How a program's standard output and error come to their files.</summary>
internal enum OutputFiles
{
    /// <summary>The files are empty or not there. To truncate an empty one costs a transaction of its filesystem's journal.</summary>
    Empty,
    /// <summary>What is in them goes.</summary>
    Truncate,
    /// <summary>What is in them stays.</summary>
    Append,
}

/// <summary>A program to start.</summary>
/// <param name="Program">Absolute path.</param>
/// <param name="Argv">All words, the program's name first.</param>
/// <param name="Environment">"NAME=value", complete.</param>
/// <param name="Directory">Working directory, absolute.</param>
/// <param name="Stdout">File for its standard output, absolute.</param>
/// <param name="Stderr">File for its standard error, absolute.</param>
/// <param name="Files">What is in these files.</param>
internal sealed record SpawnOrder(
    string Program, IReadOnlyList<string> Argv, IReadOnlyCollection<string> Environment, string Directory, string Stdout, string Stderr, OutputFiles Files)
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
