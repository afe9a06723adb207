using HpcGrid.Cli.Output;
using HpcGrid.Client;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Cli;

/// <summary>What one command works with: where to write, and central, connected when first needed.</summary>
internal sealed class Session(Terminal terminal, string? config, bool json) : IAsyncDisposable
{
    private CentralAddress? _address;
    private GridClient? _grid;
    private StorageClient? _storage;
    private Identity? _identity;

    public Terminal Terminal => terminal;

    /// <summary>The user wants JSON: one document on standard output and nothing else there.</summary>
    public bool Json => json;

    /// <summary>How long to wait for a central that is away, unless the user says it (<see cref="PatienceSetting"/>).</summary>
    public TimeSpan Patience { get; set; } = Limits.Patience;

    /// <summary>A shell asks while somebody types: the user's own patience is for commands.</summary>
    public bool IsForCompletion { get; init; }

    public CentralAddress Address => _address ??= ClientFile.Read(ClientFileSearch.Find(config));
    public GridClient Grid => _grid ??= new GridClient(Address) { Patience = (IsForCompletion ? null : PatienceSetting.OfThisUser()) ?? Patience };
    public StorageClient Storage => _storage ??= new StorageClient(Address);

    /// <summary>Works with another grid than the one configured: the local one just started.</summary>
    public void Connect(CentralAddress address) => _address = address;

    public Task<TReply> Ask<TReply>(Request<TReply> request, CancellationToken ct) where TReply : Reply => Grid.Call(request, ct);

    public async Task<Identity> Identity(CancellationToken ct) => _identity ??= await Ask(new WhoAmI(), ct);

    /// <summary>A catalogue path as the user wrote it: absolute, or relative to their home; "~" is that home.</summary>
    public async Task<Lfn> Resolve(string path, CancellationToken ct)
    {
        if (path.StartsWith('/')) return Lfn.Parse(path);
        var home = Lfn.Parse((await Identity(ct)).Home);
        if (path is "" or "~") return home;
        return Lfn.Parse(path.StartsWith("~/", StringComparison.Ordinal) ? path[2..] : path, home);
    }

    /// <summary>Prints a reply: as JSON, or as <paramref name="text"/> writes it.</summary>
    public void Show<T>(T value, Action text)
    {
        if (json) JsonText.Write(terminal.Output, value);
        else text();
    }

    public async ValueTask DisposeAsync()
    {
        if (_grid is not null) await _grid.DisposeAsync();
        _storage?.Dispose();
    }
}
