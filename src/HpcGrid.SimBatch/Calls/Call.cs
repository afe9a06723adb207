namespace HpcGrid.SimBatch.Calls;

/// <summary>A command as it was called.</summary>
/// <param name="Command">Its name: sbatch, qstat.</param>
/// <param name="Words">Its arguments.</param>
/// <param name="Folder">Where.</param>
/// <param name="Environment">The caller's.</param>
/// <param name="Input">Reads its standard input, whole.</param>
internal sealed record Call(string Command, IReadOnlyList<string> Words, string Folder, IReadOnlyDictionary<string, string> Environment, Func<string> Input);

/// <summary>What a command says and how it ends.</summary>
internal sealed record Answer(string Output, int Code = 0, string Error = "")
{
    /// <summary>Of a launcher: what to start, after which its end is that of the tasks.</summary>
    public LaunchPlan? Plan { get; init; }
}

/// <summary>One task of a launcher.</summary>
/// <param name="Node">Where.</param>
/// <param name="Environment">What it has beside the launcher's own.</param>
internal sealed record TaskPlan(string Node, IReadOnlyDictionary<string, string> Environment);

/// <summary>What a launcher starts.</summary>
internal sealed record LaunchPlan(IReadOnlyList<TaskPlan> Tasks, IReadOnlyList<string> Words)
{
    /// <summary>In front of each task.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>Tasks have what their nodes give them, and nothing of the launcher's environment.</summary>
    public bool IsBare { get; init; }

    /// <summary>The first task that fails ends the others.</summary>
    public bool EndsTogether { get; init; }
}

/// <summary>A command that fails, with what it says.</summary>
internal sealed class Refused(int code, string error) : Exception(error)
{
    public int Code { get; } = code;
}
