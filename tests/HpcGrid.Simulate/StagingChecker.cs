using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>
/// What must hold of inputs: a payload sees exactly the bytes of the files that it was promised; what has its final name in the cache is whole; nothing is
/// removed from there that a job in a queue file still needs; and at the end nothing lies there that nobody can explain.
/// </summary>
internal sealed class StagingChecker(Grid grid, Action<string, string> fail)
{
    private const string Cache = Grid.SpoolPath + "/cache/";
    private readonly Dictionary<Inode, long> _whole = [];

    /// <summary>Payloads that were started with inputs.</summary>
    public long Fed { get; private set; }

    /// <summary>Files that were removed from the cache for room.</summary>
    public long Evicted { get; private set; }

    /// <summary>A payload begins in this directory.</summary>
    public void Began(Execution execution, string directory)
    {
        foreach (var input in SimInputs.Of(execution.Attempt.Job, execution.Plan.Inputs))
        {
            Fed++;
            var path = Path.Combine(directory, input.Name);
            if (!File.Exists(path)) fail("input", $"job {execution.Attempt} runs without its input {input.Name}");
            else if (!File.ReadAllBytes(path).AsSpan().SequenceEqual(input.Bytes)) fail("input", $"job {execution.Attempt} sees other bytes than those of {input.Name}");
        }
    }

    /// <summary>A final name in the cache.</summary>
    public static bool IsCached(string path) => path.StartsWith(Cache, StringComparison.Ordinal) && SpoolNames.IsSha256(path[(path.LastIndexOf('/') + 1)..]);

    /// <summary>A file got its final name there.</summary>
    public void Published(Inode file) => CheckFile(file);

    /// <summary>What lies in the cache is whole.</summary>
    public void CheckCache()
    {
        if (grid.Server.Find(Cache) is not { } cache) return;
        foreach (var directory in cache.Children.Values)
            foreach (var file in directory.Children.Values) CheckFile(file);
    }

    private void CheckFile(Inode file)
    {
        if (!SpoolNames.IsSha256(file.Name) || (_whole.TryGetValue(file, out var version) && version == file.Version)) return;
        if (Content.Of(file.Bytes).Sha256 != file.Name) fail("cache", $"{file.Path} has its final name and other bytes");
        _whole[file] = file.Version;
    }

    /// <summary>A name was removed on the server.</summary>
    public void Unlinked(string path, string name)
    {
        if (!IsCached(path)) return;
        Evicted++;
        foreach (var id in InQueueFiles())
            if (grid.Holds(id) && SimInputs.Of(id.Job, grid.PlanOf(id.Job).Inputs).Any(input => input.Source.Content.Sha256 == name))
                fail("cache", $"{name} was removed, and job {id} needs it");
    }

    /// <summary>Jobs of all queue files that are offered or claimed.</summary>
    private IEnumerable<AttemptId> InQueueFiles()
    {
        var offered = grid.Server.Find($"{Grid.SpoolPath}/pool")?.Children.Values.SelectMany(directory => directory.Children.Keys)
            .Select(name => PoolEntry.TryParse(name, out var entry) ? entry.Name.FileName : name);
        var claimed = grid.Server.Find($"{Grid.SpoolPath}/agents")?.Children.Values
            .SelectMany(agent => agent.Children.Values).SelectMany(place => place.Children.GetValueOrDefault(SpoolNames.Claim)?.Children.Keys.ToList() ?? []);
        return (offered ?? []).Concat(claimed ?? []).SelectMany(grid.JobsOf).Distinct();
    }

    /// <summary>At the end: files of the catalogue, and what the bridge that rules has not come to remove.</summary>
    public void CheckEnd()
    {
        CheckCache();
        if (grid.Server.Find(Cache) is not { } cache) return;
        foreach (var file in cache.Children.Values.SelectMany(directory => directory.Children.Values))
            if (!SpoolNames.IsSha256(file.Name) && !SpoolNames.IsTemporary(file.Name)) fail("left", $"{file.Path} is nobody's");
        if (grid.StageFolder is { } stage && Directory.Exists(stage) && !grid.Transfers && Directory.GetFiles(stage, ".t.*") is { Length: > 0 } left)
            fail("left", $"{left.Length} unfinished files lie in the stage area");
    }
}
