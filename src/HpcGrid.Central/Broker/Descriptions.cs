using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using Serilog;

namespace HpcGrid.Central.Broker;

/// <summary>A stored description, understood.</summary>
/// <param name="Weight">About how many bytes one assignment of it takes in an answer.</param>
public sealed record KnownDescription(DescriptionRow Row, JobDescription Job, long Weight)
{
    private readonly Lazy<FrozenSet<string>> _files = new(() => Row.Sources.Concat(Row.Data.Select(file => file.Source))
        .SelectMany(source => source.Replicas).Select(replica => replica.Pfn).ToFrozenSet(StringComparer.Ordinal));

    private readonly Lazy<bool> _areAlike = new(() => SpecBuilder.AreAlike(Job));
    private volatile SpecFrame? _frame;

    /// <summary>True when this file of a storage element is a copy of one of its inputs.</summary>
    public bool Reads(string pfn) => _files.Value.Contains(pfn);

    /// <summary>What <see cref="SpecBuilder.Build"/> makes of it, as text; of subjobs that are alike only where their outputs go is made for each.</summary>
    public SpecText Specify(JobPart? part, JobContext context, IReadOnlyList<DataFile> data)
    {
        if (!_areAlike.Value) return SpecText.Of(SpecBuilder.Build(Job, part, context, Row.Sources, data));
        // Equal descriptions are one, so several masters may share it.
        var frame = _frame;
        if (frame is null || frame.Master != context.Master) _frame = frame = SpecFrame.Of(SpecBuilder.Build(Job, part, context, Row.Sources, data));
        return frame.With(SpecBuilder.OutputDirectory(Job, part, context, data));
    }
}

/// <summary>A job with what it runs.</summary>
/// <param name="Description">Its description, shared with others.</param>
/// <param name="Row">The job.</param>
/// <param name="Data">Its own InputData.</param>
public sealed record KnownJob(KnownDescription Description, JobRow Row, IReadOnlyList<DataFile> Data)
{
    /// <summary>Which subjob it is; null for a job of its own and for a master.</summary>
    public JobPart? Part => Row.Part is { } part ? Splitter.Part(Description.Job, part) : null;

    /// <summary>True when this file of a storage element is a copy of one of its inputs.</summary>
    public bool Reads(string pfn) =>
        Description.Reads(pfn) || (Description.Row.IsDivided && Data.Any(file => file.Source.Replicas.Any(replica => replica.Pfn == pfn)));
}

/// <summary>Descriptions by number, parsed once and kept while they are in use. Thread-safe.</summary>
public sealed class Descriptions
{
    private readonly ConcurrentDictionary<long, KnownDescription> _known = new();
    private long _characters;

    public KnownDescription Get(Session session, long id)
    {
        if (_known.TryGetValue(id, out var known)) return known;
        var row = DescriptionTable.Find(session, id) ?? throw new InvalidOperationException($"description {id} is missing");
        var sources = row.Sources.Concat(row.Data.Select(file => file.Source)).Sum(source => 400L + (3 * source.Lfn.Length));
        var own = row.IsDivided ? 2 * PartDataTable.Longest(session, id) : 0;
        known = new KnownDescription(row, Understand(row), 4096 + (2 * sources) + own + row.Jdl.Length);
        if (_known.Count >= Limits.DescriptionsInMemory || Interlocked.Add(ref _characters, row.Jdl.Length) > Limits.DescriptionCharactersInMemory)
        {
            _known.Clear();
            Interlocked.Exchange(ref _characters, row.Jdl.Length);
        }
        // Numbers of a transaction that is undone are given again.
        if (session.IsWriter) session.OnRollback(() => _known.TryRemove(id, out _));
        _known[id] = known;
        return known;
    }

    /// <summary>
    /// What was stored was understood then, and is now unless the rules have changed: then it matches nowhere, and everybody else's jobs go on.
    /// </summary>
    private static JobDescription Understand(DescriptionRow row)
    {
        try { return JobDescription.Read(row.Jdl, []); }
        catch (GridError e)
        {
            Log.Error("description {Description} cannot be understood any more: {Message}", row.Id, e.Message);
            return new JobDescription { Command = ["/bin/false"], Requirements = Expression.Parse("false"), Remarks = [e.Message], Jdl = row.Jdl };
        }
    }

    /// <summary>What a job runs, and on which data.</summary>
    public KnownJob Of(Session session, JobRow row)
    {
        var known = Get(session, row.Description);
        return new KnownJob(known, row, known.Row.IsDivided && row.Part is { } part ? PartDataTable.Find(session, row.Description, part) : known.Row.Data);
    }

    /// <summary>Stores what was submitted, or finds the equal one of the same owner.</summary>
    public static long Store(Session session, string owner, JobDescription job, IReadOnlyList<SourceFile> sources, IReadOnlyList<DataFile> data) =>
        Store(session, owner, job, sources, data, []);

    /// <summary>Stores what subjobs run, each on data of its own; or finds the equal one of the same owner.</summary>
    /// <param name="parts">The subjobs' places in the split, ascending, and their data.</param>
    public static long StoreDivided(Session session, string owner, JobDescription job, IReadOnlyList<SourceFile> sources,
        IReadOnlyList<(int Part, IReadOnlyList<DataFile> Data)> parts) => Store(session, owner, job, sources, [], parts);

    private static long Store(Session session, string owner, JobDescription job, IReadOnlyList<SourceFile> sources, IReadOnlyList<DataFile> data,
        IReadOnlyList<(int Part, IReadOnlyList<DataFile> Data)> parts)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in new[] { owner, job.Jdl, DescriptionTable.SourcesText(sources), PartDataTable.Text(data) })
            sha256.AppendData(Encoding.UTF8.GetBytes(text + '\0'));
        foreach (var part in parts) sha256.AppendData(Encoding.UTF8.GetBytes($"{part.Part}\0{PartDataTable.Text(part.Data)}\0"));
        var digest = Convert.ToHexStringLower(sha256.GetHashAndReset());
        if (DescriptionTable.Find(session, digest) is { } there) return there;
        var id = DescriptionTable.Insert(session, digest,
            new DescriptionRow(0, owner, job.Name, job.Priority, job.Repeatable, job.Jdl, sources) { Data = data, IsDivided = parts.Count > 0 });
        foreach (var part in parts) PartDataTable.Insert(session, id, part.Part, part.Data);
        return id;
    }
}
