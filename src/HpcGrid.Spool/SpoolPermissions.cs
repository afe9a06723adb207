using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>Who may use a spool.</summary>
public enum SpoolSharing
{
    /// <summary>One account: directories 0700, files 0600.</summary>
    Private,
    /// <summary>One group: directories 2770, files 0660.</summary>
    Group,
}

/// <summary>
/// Checks the spool's directories the way sshd checks its key files: whoever can write there can run programs as us. Refused are
/// another owner, any access for others, a link in place of a directory, and a parent that everybody may rename things in.
/// </summary>
public static class SpoolPermissions
{
    private const int StickyBit = 0x200;
    private const int OthersWrite = 0x2;
    private const int PrivateMode = 0x1c0;
    private const int GroupMode = 0x5f8;

    public static int DirectoryMode(SpoolSharing sharing) => sharing == SpoolSharing.Private ? PrivateMode : GroupMode;

    public static int FileMode(SpoolSharing sharing) => sharing == SpoolSharing.Private ? 0x180 : 0x1b0;

    /// <summary>Checks root and parents; answers how it is shared. GridError(Denied) says what is wrong and how to mend it.</summary>
    public static SpoolSharing Check(ISharedFs fs, string root)
    {
        var sharing = CheckDirectory(fs, root);
        for (var above = SpoolLayout.ParentOf(root); ; above = SpoolLayout.ParentOf(above))
        {
            var status = StatusOf(fs, above);
            // A link's own mode says nothing: the directory behind it counts. Who could replace the link is checked one step up.
            if (status.Kind == FileKind.SymbolicLink) status = StatusOf(fs, SpoolLayout.Join(above, "."));
            if ((status.Mode & OthersWrite) != 0 && (status.Mode & StickyBit) == 0)
                throw GridError.Denied(
                    $"{above}, above the spool, may be written by everybody: anyone could put another spool in its place", $"chmod o-w {above}");
            if (above == "/") return sharing;
        }
    }

    /// <summary>Checks one directory of the spool.</summary>
    public static SpoolSharing CheckDirectory(ISharedFs fs, string path)
    {
        var status = StatusOf(fs, path);
        if (status.Kind != FileKind.Directory)
            throw GridError.Denied($"{path} is not a directory but a {Word(status.Kind)}", "Give the spool's real path, without links.");
        if (status.Mode != PrivateMode && status.Mode != GroupMode)
            throw GridError.Denied($"{path} has mode {Octal(status.Mode)}; a spool has 0700, or 2770 for a group", $"chmod 0700 {path}");
        if (status.Mode == PrivateMode && status.UserId != fs.UserId)
            throw GridError.Denied(
                $"{path} belongs to user id {status.UserId}, this process runs as {fs.UserId}", "Run bridge and agents as the account that owns the spool.");
        return status.Mode == PrivateMode ? SpoolSharing.Private : SpoolSharing.Group;
    }

    private static FileStatus StatusOf(ISharedFs fs, string path) =>
        fs.Status(path, out var status) is var errno && errno == Errno.None
            ? status
            : throw (errno == Errno.ENOENT
                ? GridError.NotFound($"there is no {path}", "Create the spool with `hpcgrid-bridge init`, or mount its filesystem.")
                : errno.ToGridError($"looking at {path}"));

    private static string Word(FileKind kind) => kind switch
    {
        FileKind.SymbolicLink => "symbolic link",
        FileKind.Regular => "file",
        _ => "special file",
    };

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
