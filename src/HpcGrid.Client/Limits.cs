namespace HpcGrid.Client;

/// <summary>Every bound of the client, each with its reason.</summary>
internal static class Limits
{
    /// <summary>A call waits so long for a connection: a restart of central passes unnoticed, a stopped one is told within half a minute.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A call in flight longer than this is lost: central answers every request within seconds, a bulk submission within a minute.</summary>
    public static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(5);

    /// <summary>One attempt to connect, handshake included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The greeting of a new connection; a central that cannot answer it is no use for other calls.</summary>
    public static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(30);

    /// <summary>First and longest pause between attempts: quick after a restart, polite to a central that stays away.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>A connection that lived shorter than this counts as a failed attempt, so that a central that drops us at once is not hammered.</summary>
    public static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(5);

    /// <summary>Pings notice a dead peer; firewalls forget idle connections after minutes.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A safe request is repeated so often over broken connections; one that breaks central each time must not do so for ever.</summary>
    public const int MaxRepeats = 8;

    /// <summary>Bytes read from a socket or file at a time.</summary>
    public const int BufferSize = 64 * 1024;

    /// <summary>Longest text of an error answer of a storage element; more is no message.</summary>
    public const int LongestErrorText = 16 * 1024;

    /// <summary>Uploads from this size on ask the storage element first, so that a refusal costs no transfer.</summary>
    public const long AskBeforeUpload = 1024 * 1024;

    /// <summary>Nothing moved on a transfer for so long: it is dead.</summary>
    public static readonly TimeSpan TransferStall = TimeSpan.FromMinutes(2);

    /// <summary>A client.yaml or central.url larger than this is something else.</summary>
    public const long LargestConfiguration = 64 * 1024;
}
