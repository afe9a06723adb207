using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Catalogue;

/// <summary>Who looks at the catalogue: an account, and whether everything is open to it.</summary>
public readonly record struct Viewer(string Name, bool IsAdmin);

/// <summary>What three octal digits (owner, group, others) permit; admins may everything.</summary>
public static class PermissionRules
{
    public const string NewDirectory = "755";
    public const string NewFile = "644";

    private const int Read = 4;
    private const int Write = 2;
    private const int Enter = 1;

    public static void MustRead(Viewer viewer, EntryRow entry, Lfn path) => Must(viewer, entry, path, Read, "read");

    /// <summary>Make, remove and rename entries of a directory.</summary>
    public static void MustWrite(Viewer viewer, EntryRow directory, Lfn path) => Must(viewer, directory, path, Write, "write to");

    public static void MustEnter(Viewer viewer, EntryRow directory, Lfn path) => Must(viewer, directory, path, Enter, "enter");

    public static bool MayWrite(Viewer viewer, EntryRow directory) => May(viewer, directory, Write);

    /// <summary>True for a directory whose entries the viewer may list and look at.</summary>
    public static bool MayLookInto(Viewer viewer, EntryRow entry) => entry.IsDirectory && May(viewer, entry, Read) && May(viewer, entry, Enter);

    private static void Must(Viewer viewer, EntryRow entry, Lfn path, int bit, string verb)
    {
        if (!May(viewer, entry, bit))
            throw GridError.Denied($"{viewer.Name} may not {verb} {path}", $"It belongs to {entry.Owner} and has permissions {entry.Permissions}.");
    }

    private static bool May(Viewer viewer, EntryRow entry, int bit)
    {
        if (viewer.IsAdmin) return true;
        var digit = entry.Owner == viewer.Name ? 0 : entry.Group == viewer.Name ? 1 : 2;
        return ((entry.Permissions[digit] - '0') & bit) != 0;
    }
}
