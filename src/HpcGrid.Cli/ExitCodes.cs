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

    /// <summary>Whoever read standard output has left; what shells say of programs that SIGPIPE ends.</summary>
    public const int OutputClosed = 141;

    /// <summary>All of them, as help and the man page tell them.</summary>
    public static readonly (int Code, string Meaning)[] Table =
    [
        (Ok, "it worked; of watch, run, wait and logs -f: every job is DONE"),
        (JobFailed, "it worked, but a job has failed; of doctor: something is wrong"),
        (Invalid, "wrong usage, or central refuses the request as wrong"),
        (NotFound, "not found"),
        (Denied, "denied, or not authenticated"),
        (Unavailable, "central, storage or the local grid is away; trying again can help"),
        (Conflict, "exists already, or not possible in the present state"),
        (Corrupt, "bytes are not what their checksum says"),
        (TooLarge, "larger than a limit"),
        (Internal, "a fault of HpcGrid itself"),
        (TimeIsUp, "the time given to wait has passed"),
        (Interrupted, "ended by Ctrl-C"),
        (OutputClosed, "nobody reads standard output any more, as behind `| head`"),
    ];

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
