namespace HpcGrid.Core;

/// <summary>What kind of trouble it is; decides the CLI's exit code and whether trying again can help.</summary>
public enum ErrorCode
{
    /// <summary>The request itself is wrong. Trying again cannot help; nothing was changed.</summary>
    Invalid,
    /// <summary>The thing named does not exist.</summary>
    NotFound,
    /// <summary>The thing named exists already.</summary>
    Exists,
    /// <summary>The caller is known but may not do this.</summary>
    Denied,
    /// <summary>The caller could not show who they are.</summary>
    Unauthenticated,
    /// <summary>The state of things does not allow it now (a finished job cannot be killed).</summary>
    Conflict,
    /// <summary>A named limit would be passed.</summary>
    TooLarge,
    /// <summary>A service, disk or network is away or full. Trying again later can help.</summary>
    Unavailable,
    /// <summary>Bytes are not what their checksum or format promised.</summary>
    Corrupt,
    /// <summary>A fault of HpcGrid itself.</summary>
    Internal,
}

/// <summary>
/// Operating trouble as its reader should see it: what happened and where (Message), and what to do about it (Hint).
/// Thrown for trouble a caller can act on; a bug throws anything else and ends the process.
/// </summary>
public sealed class GridError(ErrorCode code, string message, string? hint = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The kind of trouble.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>What the reader can do, or null when the message says it all.</summary>
    public string? Hint { get; } = hint;

    /// <summary>True when the same request may succeed later without anybody changing it.</summary>
    public bool IsTransient => Code == ErrorCode.Unavailable;

    public static GridError Invalid(string message, string? hint = null) => new(ErrorCode.Invalid, message, hint);
    public static GridError NotFound(string message, string? hint = null) => new(ErrorCode.NotFound, message, hint);
    public static GridError Exists(string message, string? hint = null) => new(ErrorCode.Exists, message, hint);
    public static GridError Denied(string message, string? hint = null) => new(ErrorCode.Denied, message, hint);
    public static GridError Conflict(string message, string? hint = null) => new(ErrorCode.Conflict, message, hint);
    public static GridError Corrupt(string message, string? hint = null) => new(ErrorCode.Corrupt, message, hint);
    public static GridError Unavailable(string message, string? hint = null, Exception? cause = null) =>
        new(ErrorCode.Unavailable, message, hint, cause);
}
