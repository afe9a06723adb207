using System.Text.RegularExpressions;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Cli.Files;

/// <summary>
/// Brings the files that a job description names into the catalogue, as far as files of the same names lie beside it: programs
/// named without a path to ~/bin, everything else to where the description says. What is there already with the same content stays.
/// </summary>
internal sealed partial class FilesBesideJdl(Session session)
{
    public async Task Upload(string jdl, IReadOnlyList<string> arguments, string folder, CancellationToken ct)
    {
        var description = JobDescription.Read(jdl, arguments);
        var uploader = new Uploader(session, new TransferMeter());
        var named = Named(description).Concat(Collections(description).SelectMany(path => Beside(path, folder)).SelectMany(file => Listed(file.Local)));
        foreach (var (path, local) in named.SelectMany(path => Beside(path, folder)).Distinct())
        {
            var lfn = await session.Resolve(path, ct);
            await session.Ask(new MakeDirectory(lfn.Parent.Path, Parents: true), ct);
            await uploader.Store(local, lfn, replace: true, ct);
        }
    }

    /// <summary>Catalogue paths as `hpcgrid cp` would take them, those of all nodes too; '*' and '?' may stand in the last component.</summary>
    public static IEnumerable<string> Named(JobDescription description)
    {
        if (description.Split is NodeSplit nodes) return nodes.Nodes.SelectMany(node => Named(node.Job)).Distinct(StringComparer.Ordinal);
        var programs = new[] { description.Executable, description.ValidationCommand }.OfType<string>();
        return programs.Select(program => program.Contains('/', StringComparison.Ordinal) ? program : "bin/" + program)
            .Concat(description.InputFiles)
            .Concat(description.InputData.Concat(description.InputCollections).Select(data => data.Path))
            .Concat(description.Merge?.Files.Select(merged => merged.Jdl) ?? []);
    }

    private static IEnumerable<string> Collections(JobDescription description) => description.Split is NodeSplit nodes
        ? nodes.Nodes.SelectMany(node => Collections(node.Job)).Distinct(StringComparer.Ordinal)
        : description.InputCollections.Select(data => data.Path);

    /// <summary>The paths that a collection lists, XML or a path a line.</summary>
    private static IEnumerable<string> Listed(string collection)
    {
        var text = File.ReadAllText(collection);
        return text.TrimStart().StartsWith('<')
            ? XmlFile().Matches(text).Select(match => System.Net.WebUtility.HtmlDecode(match.Groups[1].Value))
            : text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#');
    }

    [GeneratedRegex("<file[^>]* lfn=\"([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex XmlFile();

    /// <summary>
    /// The files in the folder that such a path stands for, each with its own path: those under the longest end of the path that is there, so that
    /// ~/data/run1/* takes run1/* rather than *.
    /// </summary>
    public static IEnumerable<(string Path, string Local)> Beside(string path, string folder)
    {
        var parts = path.Split('/').Where(part => part is not ("" or "~" or "." or "..")).ToList();
        for (var first = 0; first < parts.Count; first++)
        {
            var directory = Path.Combine([folder, .. parts.Skip(first).SkipLast(1)]);
            if (!Directory.Exists(directory)) continue;
            var found = Directory.EnumerateFiles(directory, parts[^1], new EnumerationOptions { MatchType = MatchType.Simple }).Order(StringComparer.Ordinal)
                .ToList();
            if (found.Count > 0) return found.Select(local => (path[..^parts[^1].Length] + Path.GetFileName(local), local));
        }
        return [];
    }
}
