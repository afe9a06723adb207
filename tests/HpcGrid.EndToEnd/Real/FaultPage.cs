using System.IO.MemoryMappedFiles;

namespace HpcGrid.EndToEnd.Real;

/// <summary>The preloaded fault injector (spoolfaults.c), built with gcc for one test; how often it strikes, and what it has injected.</summary>
internal sealed class FaultPage : IDisposable
{
    private const int Bytes = 4096;
    private static readonly string[] Words = ["", "calls", "EIO", "ENOSPC", "EDQUOT", "ESTALE", "EINTR", "short writes", "done, then an error"];
    private readonly MemoryMappedFile _page;
    private readonly MemoryMappedViewAccessor _words;
    private readonly string _folder;

    private FaultPage(string folder)
    {
        _folder = folder;
        File.WriteAllBytes(PageFile, new byte[Bytes]);
        _page = MemoryMappedFile.CreateFromFile(PageFile, FileMode.Open);
        _words = _page.CreateViewAccessor();
    }

    public string Library => Path.Combine(_folder, "spoolfaults.so");
    private string PageFile => Path.Combine(_folder, "page");

    /// <summary>A spool beside it.</summary>
    public string Spool => Path.Combine(_folder, "spool");

    public static async Task<FaultPage> Make()
    {
        Needs.Program("gcc", "gcc");
        if (!File.Exists("/usr/include/dlfcn.h")) Assert.Ignore("the C library's headers are not installed (libc6-dev)");
        var folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "grids", "faults-" + Guid.NewGuid().ToString("N")[..8]));
        var faults = new FaultPage(folder.FullName);
        await Needs.Run("gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", faults.Library, Path.Combine(AppContext.BaseDirectory, "Real", "spoolfaults.c"));
        return faults;
    }

    /// <summary>What a process needs to get it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library, ["SPOOLFAULTS_ROOT"] = Spool, ["SPOOLFAULTS_PAGE"] = PageFile,
    };

    /// <summary>So many of a thousand calls fail from now on.</summary>
    public void Strike(int permille) => _words.Write(0, permille);

    /// <summary>What was injected, by kind.</summary>
    public IReadOnlyDictionary<string, int> Injected =>
        Enumerable.Range(1, Words.Length - 1).ToDictionary(word => Words[word], word => _words.ReadInt32(word * sizeof(int)));

    public void Dispose()
    {
        _words.Dispose();
        _page.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
