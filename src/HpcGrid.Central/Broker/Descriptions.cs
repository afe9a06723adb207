using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using HpcGrid.Central.Database;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Broker;

/// <summary>A stored description, understood.</summary>
/// <param name="Weight">About how many bytes one assignment of it takes in an answer.</param>
public sealed record KnownDescription(DescriptionRow Row, JobDescription Job, long Weight)
{
    private readonly Lazy<FrozenSet<string>> _files =
        new(() => Row.Sources.SelectMany(source => source.Replicas).Select(replica => replica.Pfn).ToFrozenSet(StringComparer.Ordinal));

    /// <summary>True when this file of a storage element is a copy of one of its inputs.</summary>
    public bool Reads(string pfn) => _files.Value.Contains(pfn);
}

/// <summary>Descriptions by number, parsed once and kept while they are in use. Thread-safe.</summary>
public sealed class Descriptions
{
    private readonly ConcurrentDictionary<long, KnownDescription> _known = new();

    public KnownDescription Get(Session session, long id)
    {
        if (_known.TryGetValue(id, out var known)) return known;
        var row = DescriptionTable.Find(session, id) ?? throw new InvalidOperationException($"description {id} is missing");
        var sources = row.Sources.Sum(source => 400L + (3 * source.Lfn.Length));
        known = new KnownDescription(row, JobDescription.Read(row.Jdl, []), 4096 + (2 * sources) + row.Jdl.Length);
        if (_known.Count >= Limits.DescriptionsInMemory) _known.Clear();
        // Numbers of a transaction that is undone are given again.
        if (session.IsWriter) session.OnRollback(() => _known.TryRemove(id, out _));
        _known[id] = known;
        return known;
    }

    /// <summary>Stores what was submitted, or finds the equal one of the same owner.</summary>
    public static long Store(Session session, string owner, JobDescription job, IReadOnlyList<SourceFile> sources)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', owner, job.Jdl, DescriptionTable.SourcesText(sources))));
        return DescriptionTable.Store(session, Convert.ToHexStringLower(digest),
            new DescriptionRow(0, owner, job.Name, job.Priority, job.Repeatable, job.Jdl, sources));
    }
}
