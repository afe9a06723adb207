using HpcGrid.Spool;

namespace HpcGrid.Agent;

/// <summary>What the loop asks of the spool's thread. The list is closed.</summary>
internal abstract record SpoolOrder;

/// <summary>Look; and claim one offer that fits, if the pool shows one. Answered by <see cref="Polled"/>.</summary>
/// <param name="Pool">How much of the pool is listed.</param>
/// <param name="Whole">What the node has.</param>
/// <param name="Left">Until running jobs are stopped.</param>
/// <param name="Gang">Offers for this gang; 0: ordinary ones.</param>
/// <param name="Inbox">The inbox is listed.</param>
/// <param name="Everything">Its own directory and claims too.</param>
internal sealed record LookOrder(PoolListing Pool, Room Whole, TimeSpan? Left, long Gang, bool Inbox, bool Everything) : SpoolOrder;

/// <summary>Answered by <see cref="VersionWritten"/>.</summary>
internal sealed record PublishOrder(WorkQueueVersion Version) : SpoolOrder;

/// <summary>After the acknowledgement: remove what the spool has of a queue file.</summary>
internal sealed record DropOrder(QueueName Queue, IReadOnlyList<string> Outputs) : SpoolOrder;

/// <summary>Remove large outputs that the bridge has no need of any more.</summary>
internal sealed record DropOutputsOrder(IReadOnlyList<string> Outputs) : SpoolOrder;

/// <summary>Publish what a look showed (K2).</summary>
internal sealed record AnswerOrder(PeekAnswer Answer) : SpoolOrder;

/// <summary>Answered by <see cref="HeartBeaten"/>.</summary>
internal sealed record BeatOrder(HeartbeatMarker Marker) : SpoolOrder;

/// <summary>Answered by <see cref="KeysRead"/>.</summary>
internal sealed record KeysOrder : SpoolOrder;

/// <summary>Answered by <see cref="Left"/>.</summary>
internal sealed record LeaveOrder(HeartbeatMarker Marker) : SpoolOrder;
