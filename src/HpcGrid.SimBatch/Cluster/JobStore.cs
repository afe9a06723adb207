using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpcGrid.SimBatch.Cluster;

/// <summary>Jobs on disk, a folder each, so that a daemon that starts again knows them. A crash leaves the old record or the new one.</summary>
internal sealed class JobStore(ClusterSetup setup)
{
    private const string RecordFile = "job.json", LastFile = "last";

    public IReadOnlyList<Job> Read() => !Directory.Exists(setup.Jobs) ? [] :
        [.. Directory.EnumerateDirectories(setup.Jobs).Select(folder => Path.Combine(folder, RecordFile)).Where(File.Exists)
            .Select(path => JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.Job)!).OrderBy(job => job.Id)];

    public void Write(Job job)
    {
        Directory.CreateDirectory(setup.FolderOf(job.Id), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Replace(Path.Combine(setup.FolderOf(job.Id), RecordFile), JsonSerializer.SerializeToUtf8Bytes(job, StoreJson.Default.Job));
    }

    public void Remove(Job job) => Directory.Delete(setup.FolderOf(job.Id), recursive: true);

    /// <summary>A number that no job had before, also of those that were forgotten.</summary>
    public long NextId()
    {
        var path = Path.Combine(setup.Home, LastFile);
        var id = (File.Exists(path) ? long.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture) : 100) + 1;
        Replace(path, System.Text.Encoding.ASCII.GetBytes(id.ToString(CultureInfo.InvariantCulture)));
        return id;
    }

    private static void Replace(string path, byte[] bytes)
    {
        File.WriteAllBytes(path + ".new", bytes);
        File.Move(path + ".new", path, overwrite: true);
    }
}

[JsonSerializable(typeof(Job))]
internal sealed partial class StoreJson : JsonSerializerContext;
