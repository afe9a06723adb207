namespace HpcGrid.Cli.Report;

/// <summary>How a job counts in a picture.</summary>
internal enum SpanKind : byte { Done, Failed, Active }

/// <summary>When a job ran and where: all that a timeline keeps of each of a million jobs.</summary>
/// <param name="Job">The job.</param>
/// <param name="Node">Its place in the list of nodes; -1 for none.</param>
/// <param name="From">Seconds after the submission.</param>
/// <param name="To">Seconds after the submission.</param>
/// <param name="Kind">How it ended.</param>
internal readonly record struct JobSpan(long Job, int Node, float From, float To, SpanKind Kind)
{
    public float Seconds => To - From;
}
