namespace HpcGrid.Spool;

/// <summary>keys/: what agents verify grants with; the highest sequence counts.</summary>
internal static class KeysBoard
{
    internal static Latest<PublishedKeys> Read(SpoolRoot root, long atLeast) =>
        new LatestReader(root.Fs, root.Layout.Keys, Limits.MessageBytes).Read(
            name => SpoolNames.TryParseKeysFile(name, out var sequence) ? sequence : null,
            atLeast,
            bytes => SpoolDocument.Decode(bytes, SpoolJson.Default.PublishedKeys));

    internal static Errno Publish(SpoolRoot root, Publisher publisher, PublishedKeys keys)
    {
        var document = SpoolDocument.Encode(keys, SpoolJson.Default.PublishedKeys);
        var errno = publisher.Publish(root.Layout.Keys, SpoolNames.KeysFile(keys.Sequence), document, durable: true);
        if (errno != Errno.None) return errno;
        var names = new List<string>();
        _ = root.Fs.List(root.Layout.Keys, names);
        foreach (var name in names)
            if (SpoolNames.TryParseKeysFile(name, out var sequence) && sequence <= keys.Sequence - Limits.VersionsKept)
                _ = root.Fs.Unlink(SpoolLayout.Join(root.Layout.Keys, name)); // A leftover is harmless: the highest counts.
        return Errno.None;
    }
}
