namespace HpcGrid.Central.Storage;

/// <summary>
/// One stream on its way into several stores. A disk that fails loses its copy, the others go on; the last one's failure is thrown. Disposing removes
/// what was not published.
/// </summary>
internal sealed class IncomingCopies(IReadOnlyList<IncomingCopies.Copy> copies) : IAsyncDisposable
{
    private List<Copy> _good = [.. copies];

    /// <summary>Those that have all bytes so far.</summary>
    public IReadOnlyList<LocalStore> Stores => [.. _good.Select(copy => copy.Store)];

    public Task Write(ReadOnlyMemory<byte> bytes, CancellationToken ct) => InEach(async copy => await copy.Open().WriteAsync(bytes, ct));

    /// <summary>All bytes are on the disks.</summary>
    public Task Sync(CancellationToken ct) => InEach(async copy =>
    {
        var stream = copy.Open();
        if (stream is FileStream file) file.Flush(flushToDisk: true);
        else await stream.FlushAsync(ct);
        await copy.Close();
    });

    /// <summary>
    /// Gives them their names. A failure here is the caller's: what was said beforehand names this copy already, and the sender's repetition stores it anew.
    /// </summary>
    public void Publish()
    {
        foreach (var copy in _good) copy.Store.Publish(copy.Temporary, copy.Final);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var copy in copies)
        {
            await copy.Close();
            copy.Store.Discard(copy.Temporary);
        }
    }

    private async Task InEach(Func<Copy, Task> work)
    {
        var (good, last) = (new List<Copy>(_good.Count), (IOException?)null);
        foreach (var copy in _good)
        {
            try
            {
                await work(copy);
                good.Add(copy);
            }
            catch (IOException e) { last = e; }
        }
        if (good.Count == 0 && last is not null) throw last;
        _good = good;
    }

    /// <summary>One copy.</summary>
    internal sealed class Copy(LocalStore store, string temporary, string final)
    {
        private Stream? _stream;

        public LocalStore Store { get; } = store;
        public string Temporary { get; } = temporary;
        public string Final { get; } = final;

        public Stream Open() => _stream ??= Store.Create(Temporary);

        public async Task Close()
        {
            if (_stream is not null) await _stream.DisposeAsync();
        }
    }
}
