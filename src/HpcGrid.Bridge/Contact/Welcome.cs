using System.Text.Json;
using HpcGrid.Bridge.Ledger;
using HpcGrid.Core.Api;

namespace HpcGrid.Bridge.Contact;

/// <summary>
/// Central's last words of welcome, kept in the ledger: a bridge that starts while central is away still knows where outputs go
/// and which keys its agents need.
/// </summary>
public sealed class Welcome
{
    private const string Fact = "welcome";
    private readonly LedgerDatabase _ledger;

    public Welcome(LedgerDatabase ledger)
    {
        _ledger = ledger;
        Load();
    }

    /// <summary>Null until central has been met for the first time.</summary>
    public BridgeWelcome? Last { get; private set; }

    /// <summary>Where outputs may go, nearest first; empty before the first contact.</summary>
    public IReadOnlyList<StorageTarget> Storage => Last?.Storage ?? [];

    /// <summary>Stores a new one, in the tick's transaction.</summary>
    public void Store(Tick tick, BridgeWelcome welcome)
    {
        _ledger.Facts.Write(Fact, JsonSerializer.Serialize(welcome, BridgeJson.Default.BridgeWelcome));
        tick.AfterCommitInAnyCase(() => Last = welcome);
    }

    private void Load() =>
        Last = _ledger.Facts.Read(Fact) is { } text ? JsonSerializer.Deserialize(text, BridgeJson.Default.BridgeWelcome) : null;
}
