namespace HpcGrid.EndToEnd.Real;

/// <summary>A folder beside the grids for what a test needs besides; removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name) =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(
            TestContext.CurrentContext.WorkDirectory, "grids", $"{name}-{Guid.NewGuid().ToString("N")[..8]}")).FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
