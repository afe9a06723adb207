using HpcGrid.Core;

namespace HpcGrid.Cli;

/// <summary>What the process's exit code says. Documented in docs/cli.md; scripts rely on it, so a number never changes its meaning.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    /// <summary>The command worked, but a job it waited for has failed.</summary>
    public const int JobFailed = 1;
    /// <summary>`doctor` has found something wrong.</summary>
    public const int Unhealthy = 1;
    public const int Invalid = 2;
    public const int NotFound = 3;
    public const int Denied = 4;
    public const int Unavailable = 5;
    public const int Conflict = 6;
    public const int Corrupt = 7;
    public const int TooLarge = 8;
    public const int Internal = 70;
    /// <summary>The time given to `wait` has passed; the number that timeout(1) uses.</summary>
    public const int TimeIsUp = 124;
    /// <summary>Ended by Ctrl-C, as shells number it.</summary>
    public const int Interrupted = 130;

    public static int Of(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => Invalid,
        ErrorCode.NotFound => NotFound,
        ErrorCode.Denied or ErrorCode.Unauthenticated => Denied,
        ErrorCode.Unavailable => Unavailable,
        ErrorCode.Conflict or ErrorCode.Exists => Conflict,
        ErrorCode.Corrupt => Corrupt,
        ErrorCode.TooLarge => TooLarge,
        _ => Internal,
    };
}
