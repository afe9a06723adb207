namespace HpcGrid.Spool;

/// <summary>Whether this bridge rules.</summary>
public enum Rule
{
    /// <summary>It is the highest that is listed.</summary>
    Ours,
    /// <summary>Another one is higher: stop, touch nothing.</summary>
    Theirs,
    /// <summary>The listing failed: do nothing now, look again.</summary>
    Unknown,
}

/// <summary>
/// E1: who of several bridges rules. A bridge writes its generation under a name of its own (so there is no race to win and no link needed),
/// waits C, and rules when nobody is higher. It looks again before each batch of external actions.
/// </summary>
public sealed class BridgeEpoch
{
    private readonly SpoolRoot _root;
    private readonly EpochName _own;

    private BridgeEpoch(SpoolRoot root, EpochName own)
    {
        _root = root;
        _own = own;
    }

    /// <summary>The generation.</summary>
    public long Epoch => _own.Epoch;

    /// <summary>
    /// Writes the next generation. <paramref name="ledgerEpoch"/> is the highest that the ledger knows: a spool restored from a backup must not
    /// bring an old one back. The caller waits C, then asks <see cref="Look"/>. GridError when the spool can't be read or written.
    /// </summary>
    /// <param name="root">The spool.</param>
    /// <param name="ledgerEpoch">0 for a new ledger.</param>
    /// <param name="note">For people: host, process, start.</param>
    /// <param name="nonces">Gives this bridge's nonce.</param>
    public static BridgeEpoch Begin(SpoolRoot root, long ledgerEpoch, string note, NonceSource nonces)
    {
        var listed = List(root);
        if (!listed.Complete) throw listed.Errno.ToGridError("reading the bridges' generations");
        var highest = listed.Items.Count == 0 ? 0 : listed.Items[^1].Epoch;
        var own = new EpochName(Math.Max(highest, ledgerEpoch) + 1, nonces());
        var errno = new Publisher(root, nonces, own.Epoch).Publish(
            root.Layout.Bridge, own.FileName, Trailer.Seal(System.Text.Encoding.UTF8.GetBytes(note)), durable: true);
        return errno == Errno.None ? new BridgeEpoch(root, own) : throw errno.ToGridError("writing this bridge's generation");
    }

    /// <summary>The last look showed another bridge of this very generation: both began before they saw each other.</summary>
    public bool IsShared { get; private set; }

    /// <summary>Looks whether this bridge rules; one listing.</summary>
    public Rule Look()
    {
        var listed = List(_root);
        IsShared = listed.Items.Any(other => other.Epoch == _own.Epoch && other != _own);
        if (listed.Items.Any(other => other > _own)) return Rule.Theirs;
        // Its own name not listed: deleted, or the listing is partial, or this is another filesystem.
        return listed.Complete && listed.Items.Contains(_own) ? Rule.Ours : Rule.Unknown;
    }

    /// <summary>Looks whether the bridge of this generation rules, for whom it matters at this very moment; one listing.</summary>
    public static Rule LookFor(SpoolRoot root, long epoch)
    {
        var listed = List(root);
        if (listed.Items.Any(other => other.Epoch > epoch)) return Rule.Theirs;
        return listed.Complete && listed.Items.Any(own => own.Epoch == epoch) ? Rule.Ours : Rule.Unknown;
    }

    /// <summary>Unlinks generations far behind, once this bridge rules.</summary>
    public void RemoveOld()
    {
        foreach (var old in List(_root).Items.Where(other => other.Epoch < _own.Epoch - Limits.EpochsKept))
            _ = _root.Fs.Unlink(SpoolLayout.Join(_root.Layout.Bridge, old.FileName)); // A leftover is harmless: the highest rules.
    }

    private static Listing<EpochName> List(SpoolRoot root) => DirectoryListing.Of<EpochName>(root.Fs, root.Layout.Bridge, EpochName.TryParse);
}
