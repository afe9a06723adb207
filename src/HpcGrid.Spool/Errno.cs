using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>
/// What a filesystem call answered: Linux errno values, plus two of our own (negative) for refusals that happen before any call.
/// A value is a hint, never a proof (PROTOCOL 1): ownership and publication are decided by listing.
/// </summary>
public enum Errno
{
    /// <summary>Ours: the agent's `live` directory is not listed (any more), so nothing was created (A4).</summary>
    NotLive = -2,
    /// <summary>Ours: the sentinel is not there or is another one; the filesystem is not mounted. Nothing was created.</summary>
    NotMounted = -1,
    None = 0,
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    EBADF = 9,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EEXIST = 17,
    EXDEV = 18,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EMFILE = 24,
    EFBIG = 27,
    ENOSPC = 28,
    EROFS = 30,
    EMLINK = 31,
    ENAMETOOLONG = 36,
    ENOSYS = 38,
    ENOTEMPTY = 39,
    ELOOP = 40,
    EOPNOTSUPP = 95,
    ENOTCONN = 107,
    ETIMEDOUT = 110,
    ESTALE = 116,
    EDQUOT = 122,
}

/// <summary>Errno values in words.</summary>
public static class ErrnoWords
{
    /// <summary>True when the disk or the quota is full: results stay in memory and the heartbeat says `.full` (A5).</summary>
    public static bool IsFull(this Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT;

    /// <summary>True when the name was not there at this moment, which proves nothing on a shared filesystem.</summary>
    public static bool IsAbsent(this Errno errno) => errno is Errno.ENOENT or Errno.ESTALE;

    /// <summary>"no space left on the device (ENOSPC)".</summary>
    public static string Describe(this Errno errno) => errno switch
    {
        Errno.NotLive => "this agent has been fenced off",
        Errno.NotMounted => "the spool's sentinel is missing: the filesystem is not mounted",
        Errno.None => "no error",
        Errno.EPERM => "not permitted (EPERM)",
        Errno.ENOENT => "no such file or directory (ENOENT)",
        Errno.EIO => "input/output error (EIO)",
        Errno.EACCES => "permission denied (EACCES)",
        Errno.EEXIST => "it exists already (EEXIST)",
        Errno.EXDEV => "the two directories are on different devices (EXDEV)",
        Errno.ENOTDIR => "not a directory (ENOTDIR)",
        Errno.EISDIR => "it is a directory (EISDIR)",
        Errno.EFBIG => "larger than allowed (EFBIG)",
        Errno.ENOSPC => "no space left on the device (ENOSPC)",
        Errno.EROFS => "the filesystem is read-only (EROFS)",
        Errno.ENAMETOOLONG => "the name is too long (ENAMETOOLONG)",
        Errno.ELOOP => "it is a symbolic link (ELOOP)",
        Errno.ENOTCONN => "the filesystem's server is away (ENOTCONN)",
        Errno.ETIMEDOUT => "the filesystem's server did not answer (ETIMEDOUT)",
        Errno.ESTALE => "the file was replaced on the server (ESTALE)",
        Errno.EDQUOT => "the quota is used up (EDQUOT)",
        _ => $"errno {(int)errno}",
    };

    /// <summary>The error as operating trouble: which step on which file failed, and what to do about it.</summary>
    public static GridError ToGridError(this Errno errno, string step) => errno switch
    {
        Errno.EACCES or Errno.EPERM or Errno.EROFS => GridError.Denied(
            $"{step}: {errno.Describe()}", "Check the owner and the mode of the spool's directories."),
        Errno.ENOSPC or Errno.EDQUOT => GridError.Unavailable(
            $"{step}: {errno.Describe()}", "Free space on the spool's filesystem or raise the quota."),
        Errno.NotMounted => GridError.Unavailable(
            $"{step}: {errno.Describe()}", "Mount the filesystem, or create the spool with `hpcgrid-bridge init`."),
        _ => GridError.Unavailable($"{step}: {errno.Describe()}"),
    };
}
