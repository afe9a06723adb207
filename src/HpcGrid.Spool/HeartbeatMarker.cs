using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>
/// An agent's heartbeat: what the name of its empty file in hb/ says. Renamed with every beat, so that one listing of a directory tells all of
/// many agents (B5). It is judged by when its number last changed on the reader's monotonic clock, never by a time in it.
/// </summary>
/// <param name="Number">Grows with every beat.</param>
/// <param name="IdleCores">Cores that it could give to new jobs now.</param>
/// <param name="Draining">It claims nothing more.</param>
/// <param name="Full">Its results could not be written: the disk or the quota is full (A5).</param>
public readonly record struct HeartbeatMarker(long Number, int IdleCores, bool Draining, bool Full)
{
    /// <summary>The lease it has seen last: the bridge measures the echo (C, PROTOCOL 6). 0 before the first.</summary>
    public long Lease { get; init; }

    /// <summary>The highest control message applied (K1); a hint.</summary>
    public long Applied { get; init; }

    /// <summary>Grows when its claim/ or out/ changed: whoever looks after many agents opens only those where it did (PROTOCOL 5).</summary>
    public long Changes { get; init; }

    /// <summary>The word for what it has there (<see cref="HoldingsWord"/>); 0: it does not say.</summary>
    public uint Holdings { get; init; }

    /// <summary>The gang it keeps its node for (J1); 0 for none.</summary>
    public long Gang { get; init; }

    /// <summary>Its last words: all its processes are gone and it exits. No death clock needed.</summary>
    public bool Left { get; init; }
}

/// <summary>The file name of an agent's heartbeat.</summary>
public readonly record struct HeartbeatName(string Agent, HeartbeatMarker Marker) : IComparable<HeartbeatName>
{
    private const int DotsOfAgent = 3;

    /// <summary>"[agent].17.i4.l3.a2.c9", then ".h123", ".w5", ".drain", ".full" and ".left" where they hold.</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture,
        $"{Agent}.{Marker.Number}.i{Marker.IdleCores}.l{Marker.Lease}.a{Marker.Applied}.c{Marker.Changes}")
        + (Marker.Holdings == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".h{Marker.Holdings}"))
        + (Marker.Gang == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".w{Marker.Gang}"))
        + (Marker.Draining ? ".drain" : "") + (Marker.Full ? ".full" : "") + (Marker.Left ? ".left" : "");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out HeartbeatName name)
    {
        name = default;
        var end = -1;
        for (var dot = 0; dot < DotsOfAgent; dot++)
        {
            end = fileName.IndexOf('.', end + 1);
            if (end < 0) return false;
        }
        var agent = fileName[..end];
        if (!AgentName.IsWellFormed(agent) || !TryParse(new NameReader(fileName[end..]), out var marker)) return false;
        name = new HeartbeatName(agent, marker);
        return true;
    }

    private static bool TryParse(NameReader reader, out HeartbeatMarker marker)
    {
        marker = default;
        if (!reader.Take(".") || !reader.TakeNumber(out var number)
            || !reader.Take(".i") || !reader.TakeInt(out var idle)
            || !reader.Take(".l") || !reader.TakeNumber(out var lease)
            || !reader.Take(".a") || !reader.TakeNumber(out var applied)
            || !reader.Take(".c") || !reader.TakeNumber(out var changes))
            return false;
        var (holdings, gang) = (0L, 0L);
        if (reader.Take(".h") && !(reader.TakeNumber(out holdings) && holdings is > 0 and <= uint.MaxValue)) return false;
        if (reader.Take(".w") && !(reader.TakeNumber(out gang) && gang > 0)) return false;
        marker = new HeartbeatMarker(number, idle, reader.Take(".drain"), reader.Take(".full"))
        {
            Lease = lease,
            Applied = applied,
            Changes = changes,
            Holdings = (uint)holdings,
            Gang = gang,
            Left = reader.Take(".left"),
        };
        return reader.AtEnd;
    }

    /// <summary>By agent, then by number.</summary>
    public int CompareTo(HeartbeatName other) => string.CompareOrdinal(Agent, other.Agent) is var agents && agents != 0
        ? agents
        : string.CompareOrdinal(FileName, other.FileName) is var names && Marker.Number == other.Marker.Number
            ? names
            : Marker.Number.CompareTo(other.Marker.Number);

    public static bool operator <(HeartbeatName left, HeartbeatName right) => left.CompareTo(right) < 0;
    public static bool operator >(HeartbeatName left, HeartbeatName right) => left.CompareTo(right) > 0;
    public static bool operator <=(HeartbeatName left, HeartbeatName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(HeartbeatName left, HeartbeatName right) => left.CompareTo(right) >= 0;
}
