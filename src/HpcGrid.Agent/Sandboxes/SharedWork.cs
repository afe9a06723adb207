namespace HpcGrid.Agent.Sandboxes;

/// <summary>
/// Where the sandboxes of jobs over several nodes are, when the site has named a folder that all nodes see: SHARED/SPOOL/AGENT/. The processes that the
/// site's launcher starts on other nodes work there. What a killed agent leaves, its bridge removes: no lock on a shared filesystem can tell
/// agents that live from dead ones.
/// </summary>
internal sealed class SharedWork(string folder, Guid spool, string agent) : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetFullPath(folder), spool.ToString(), agent);
    private int _serial;

    /// <summary>An empty sandbox. Throws IOException when the folder cannot be written.</summary>
    public Sandbox TakeSandbox()
    {
        try
        {
            Directory.CreateDirectory(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return Sandbox.Create(Path.Combine(_path, $"sandbox{++_serial}"));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{folder}, the folder for jobs over several nodes, cannot be written: {e.Message}", e);
        }
    }

    public void Dispose() => Tree.Remove(_path);
}
