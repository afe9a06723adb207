using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.Broker;

/// <summary>What a description takes from the catalogue.</summary>
/// <param name="Sources">Executable, validation command, input files, in that order, each once.</param>
/// <param name="Data">InputData, each file once, in the order named.</param>
/// <param name="LeftOut">InputData that are not there or not where they must be, and that the description can do without.</param>
public sealed record ResolvedInputs(IReadOnlyList<SourceFile> Sources, IReadOnlyList<DataFile> Data, IReadOnlyList<string> LeftOut);

/// <summary>
/// Finds everything that a description takes from the catalogue, as its owner. Throws GridError that names what is missing, forbidden or ambiguous.
/// </summary>
public sealed class InputResolver(CatalogueReads reads, CollectionReader collections, string vo)
{
    public ResolvedInputs Resolve(Session session, Viewer owner, Lfn home, JobDescription description)
    {
        var sources = Programs(session, owner, home, description);
        foreach (var text in description.InputFiles) sources.AddRange(Inputs(session, owner, home, text, Limits.InputFiles));
        var distinct = SpecBuilder.WithoutRepetitions(sources);
        var (data, leftOut) = Data(session, owner, home, description);
        var most = description.Split is InputSplit ? Limits.SplitInputs : Limits.InputFiles;
        return distinct.Count + data.Count <= most
            ? new ResolvedInputs(distinct, data, leftOut)
            : throw new GridError(ErrorCode.TooLarge, $"the job takes {distinct.Count + data.Count} input files, {most} are allowed",
                description.Split is InputSplit ? "Submit parts of it as jobs of their own." : "Split the job over its input: Split = \"file\";");
    }

    /// <summary>The programs alone: the rest of a node's inputs may not exist before others have run.</summary>
    public List<SourceFile> Programs(Session session, Viewer owner, Lfn home, JobDescription description)
    {
        var sources = new List<SourceFile>();
        // jalien.md 3.2: ~/bin, the organisation's, /bin, and beside the description.
        List<Lfn> bare = [home.Child("bin"), Lfn.Parse($"/{vo}/bin"), Lfn.Parse("/bin")];
        if (description.JdlPath is { } path) bare.Add(PathOf(home, path).Parent);
        var places = new ProgramPlaces(home, bare);
        if (description.Executable is { } executable) sources.Add(Program(session, owner, places, "Executable", executable));
        if (description.ValidationCommand is { } validation) sources.Add(Program(session, owner, places, "ValidationCommand", validation));
        return sources;
    }

    /// <summary>A path as users write it: absolute, "~/…" or relative to their home.</summary>
    public static Lfn PathOf(Lfn home, string text)
    {
        var path = text.StartsWith("LF:", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        return path == "~" ? home : Lfn.Parse(path.StartsWith("~/", StringComparison.Ordinal) ? path[2..] : path, home);
    }

    private (IReadOnlyList<DataFile> Data, IReadOnlyList<string> LeftOut) Data(Session session, Viewer owner, Lfn home, JobDescription description)
    {
        var split = description.Split as InputSplit;
        var found = new Dictionary<string, DataFile>(StringComparer.Ordinal);
        var leftOut = new List<string>();
        GridError? firstMissing = null;
        foreach (var name in description.InputData.Concat(Collected(session, owner, home, description)))
        {
            try
            {
                foreach (var source in Inputs(session, owner, home, name.Path, Limits.SplitInputs)) found.TryAdd(source.Lfn, new DataFile(source,
                    name.IsFetched));
            }
            catch (GridError e) when (e.Code == ErrorCode.NotFound && split?.MissingPercent > 0)
            {
                firstMissing ??= e;
                leftOut.Add(name.Path);
            }
        }
        IReadOnlyList<DataFile> data = [.. found.Values];
        if (split?.OnlyRequiredElements == true)
        {
            var wanted = Wanted(description);
            var near = data.Where(file => file.Source.Replicas.Any(replica => wanted.Contains(replica.Se, StringComparer.OrdinalIgnoreCase))).ToList();
            leftOut.AddRange(data.Except(near).Select(file => file.Source.Lfn));
            data = near;
        }
        MustBeEnough(split, data, leftOut, firstMissing);
        return (data, leftOut);
    }

    private static void MustBeEnough(InputSplit? split, IReadOnlyList<DataFile> data, List<string> leftOut, GridError? firstMissing)
    {
        if (split is null) return;
        var all = data.Count + leftOut.Count;
        if (leftOut.Count * 100L > (long)split.MissingPercent * all || data.Count == 0)
            throw firstMissing ?? GridError.NotFound(
                $"{leftOut.Count} of {all} input files are in none of the storage elements that the Requirements name, for instance {leftOut.FirstOrDefault()}",
                "Name other storage elements, or allow some to be left out: MaxInputMissingThreshold = 10;");
    }

    private static IReadOnlyList<string> Wanted(JobDescription description) => description.WantedStorageElements is { Count: > 0 } wanted ? wanted
        : throw GridError.Invalid("ForceOnlySEInput wants to know which storage elements", "Write Requirements = member(other.CloseSE, \"VO::SITE::SE\");");

    private IEnumerable<DataName> Collected(Session session, Viewer owner, Lfn home, JobDescription description) =>
        from collection in description.InputCollections
        from file in Inputs(session, owner, home, collection.Path, Limits.InputFiles)
        from path in collections.Read(file)
        select new DataName(path, collection.IsFetched);

    private SourceFile Program(Session session, Viewer owner, ProgramPlaces where, string key, string text)
    {
        if (text.Contains('/', StringComparison.Ordinal)) return One(session, owner, PathOf(where.Home, text), $"{key} \"{text}\"");
        var places = where.Bare;
        foreach (var place in places)
        {
            try { return reads.Source(session, owner, place.Child(text)); }
            catch (GridError e) when (e.Code == ErrorCode.NotFound && place != places[^1]) { continue; }
            catch (GridError e) when (e.Code == ErrorCode.NotFound)
            {
                throw new GridError(ErrorCode.NotFound, $"{key} \"{text}\" is in none of {string.Join(", ", places)}",
                    $"Put it there (hpcgrid cp FILE {places[0]}/{text}) or give its whole path in the catalogue.", e);
            }
        }
        throw new InvalidOperationException("there is no place to look for programs");
    }

    private List<SourceFile> Inputs(Session session, Viewer owner, Lfn home, string text, int most)
    {
        var path = PathOf(home, text);
        if (!NamePattern.IsPattern(path.Name)) return [One(session, owner, path, $"input \"{text}\"")];
        try { return reads.Sources(session, owner, path, most); }
        catch (GridError e) { throw Named(e, $"input \"{text}\""); }
    }

    private SourceFile One(Session session, Viewer owner, Lfn path, string what)
    {
        try { return reads.Source(session, owner, path); }
        catch (GridError e) { throw Named(e, what); }
    }

    private static GridError Named(GridError e, string what) =>
        new(e.Code, $"{what}: {e.Message}", e.Hint ?? (e.Code == ErrorCode.NotFound ? "Put it into the catalogue first (hpcgrid cp)." : null), e);

    /// <summary>Where programs are looked for.</summary>
    /// <param name="Home">What relative paths begin at.</param>
    /// <param name="Bare">Directories for bare names, in order.</param>
    private sealed record ProgramPlaces(Lfn Home, IReadOnlyList<Lfn> Bare);
}
