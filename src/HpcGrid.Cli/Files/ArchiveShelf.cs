namespace HpcGrid.Cli.Files;

/// <summary>
/// Local copies of archives, fetched once for all members wanted from them and kept while somebody reads; of those that nobody reads,
/// a bounded number stays for the next member.
/// </summary>
/// <param name="kept">How many copies stay.</param>
internal sealed class ArchiveShelf(int kept)
{
    private readonly Dictionary<string, Copy> _copies = [];

    /// <summary>
    /// Lets the reader use the copy with that checksum, which the first one to ask fetches. A fetch that failed is tried again by the next.
    /// </summary>
    public async Task Read(string sha256, Func<Task<string>> fetch, Func<string, Task> read)
    {
        var copy = Borrow(sha256, fetch);
        try { await read(await copy.File.Value); }
        finally { Return(sha256, copy); }
    }

    private Copy Borrow(string sha256, Func<Task<string>> fetch)
    {
        lock (_copies)
        {
            if (!_copies.TryGetValue(sha256, out var copy)) _copies.Add(sha256, copy = new Copy(new Lazy<Task<string>>(fetch)));
            copy.Readers++;
            return copy;
        }
    }

    private void Return(string sha256, Copy copy)
    {
        lock (_copies)
        {
            copy.Readers--;
            if (copy.File.Value.IsCompletedSuccessfully) Thin();
            else if (_copies.TryGetValue(sha256, out var current) && current == copy) _copies.Remove(sha256);
        }
    }

    private void Thin()
    {
        foreach (var (sha256, copy) in _copies.Where(pair => pair.Value.Readers == 0).Take(Math.Max(0, _copies.Count - kept)).ToList())
        {
            _copies.Remove(sha256);
            if (copy.File.Value.IsCompletedSuccessfully) File.Delete(copy.File.Value.Result);
        }
    }

    private sealed class Copy(Lazy<Task<string>> file)
    {
        public Lazy<Task<string>> File { get; } = file;
        public int Readers { get; set; }
    }
}
