using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Cli.Files;

/// <summary>
/// Brings the files that a job description names into the catalogue, as far as files of the same names lie beside it: programs
/// named without a path to ~/bin, everything else to where the description says. What is there already with the same content stays.
/// </summary>
internal sealed class FilesBesideJdl(Session session)
{
    public async Task Upload(string jdl, IReadOnlyList<string> arguments, string folder, CancellationToken ct)
    {
        var description = JobDescription.Read(jdl, arguments);
        var uploader = new Uploader(session, new TransferMeter());
        foreach (var path in Named(description))
        {
            var local = Path.Combine(folder, path[(path.LastIndexOf('/') + 1)..]);
            if (!File.Exists(local)) continue;
            var lfn = await session.Resolve(path, ct);
            await session.Ask(new MakeDirectory(lfn.Parent.Path, Parents: true), ct);
            await uploader.Store(local, lfn, replace: true, ct);
        }
    }

    /// <summary>Catalogue paths as `hpcgrid cp` would take them.</summary>
    public static IEnumerable<string> Named(JobDescription description)
    {
        foreach (var program in new[] { description.Executable, description.ValidationCommand }.OfType<string>())
            yield return program.Contains('/', StringComparison.Ordinal) ? program : "bin/" + program;
        foreach (var path in description.InputFiles.Where(path => !path.AsSpan().ContainsAny('*', '?'))) yield return path;
    }
}
