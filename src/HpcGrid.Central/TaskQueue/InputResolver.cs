using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Finds everything that a description takes from the catalogue, as its owner: executable, validation command, input files, in that order. Throws
/// GridError that names what is missing, forbidden or ambiguous.
/// </summary>
public sealed class InputResolver(CatalogueReads reads, string vo)
{
    public IReadOnlyList<SourceFile> Resolve(Session session, Viewer owner, Lfn home, JobDescription description)
    {
        var sources = new List<SourceFile>();
        if (description.Executable is { } executable) sources.Add(Program(session, owner, home, "Executable", executable));
        if (description.ValidationCommand is { } validation) sources.Add(Program(session, owner, home, "ValidationCommand", validation));
        foreach (var text in description.InputFiles) sources.AddRange(Inputs(session, owner, home, text));
        var distinct = SpecBuilder.WithoutRepetitions(sources);
        return distinct.Count <= Limits.InputFiles
            ? distinct
            : throw new GridError(ErrorCode.TooLarge, $"the job takes {distinct.Count} input files, {Limits.InputFiles} are allowed",
                "Split the production over its input.");
    }

    /// <summary>A path as users write it: absolute, "~/…" or relative to their home.</summary>
    public static Lfn PathOf(Lfn home, string text)
    {
        var path = text.StartsWith("LF:", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        return path == "~" ? home : Lfn.Parse(path.StartsWith("~/", StringComparison.Ordinal) ? path[2..] : path, home);
    }

    private SourceFile Program(Session session, Viewer owner, Lfn home, string key, string text)
    {
        if (text.Contains('/', StringComparison.Ordinal)) return One(session, owner, PathOf(home, text), $"{key} \"{text}\"");
        Lfn[] places = [home.Child("bin"), Lfn.Parse($"/{vo}/bin"), Lfn.Parse("/bin")];
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

    private List<SourceFile> Inputs(Session session, Viewer owner, Lfn home, string text)
    {
        var path = PathOf(home, text);
        if (!NamePattern.IsPattern(path.Name)) return [One(session, owner, path, $"input \"{text}\"")];
        try { return reads.Sources(session, owner, path); }
        catch (GridError e) { throw Named(e, $"input \"{text}\""); }
    }

    private SourceFile One(Session session, Viewer owner, Lfn path, string what)
    {
        try { return reads.Source(session, owner, path); }
        catch (GridError e) { throw Named(e, what); }
    }

    private static GridError Named(GridError e, string what) =>
        new(e.Code, $"{what}: {e.Message}", e.Hint ?? (e.Code == ErrorCode.NotFound ? "Put it into the catalogue first (hpcgrid cp)." : null), e);
}
