namespace HpcGrid.Spool;

/// <summary>Tries to read a name as one of the kind that is expected.</summary>
internal delegate bool NameParser<T>(string name, out T value);

/// <summary>Reads directories in which one kind of name belongs. Temporary names are skipped, names seen twice (V3) count once.</summary>
internal static class DirectoryListing
{
    internal static Listing<T> Of<T>(ISharedFs fs, string directory, NameParser<T> parse)
        where T : IComparable<T>
    {
        var names = new List<string>();
        var errno = fs.List(directory, names);
        var items = new SortedSet<T>();
        var foreign = new List<string>();
        foreach (var name in names)
        {
            if (SpoolNames.IsTemporary(name)) continue;
            if (parse(name, out var item)) items.Add(item);
            else foreign.Add(name);
        }
        return new Listing<T>(errno, [.. items], foreign);
    }
}
