using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>
/// An agent's heartbeat: an empty file in live/ that is renamed with every beat, so that one listing tells all (B5).
/// It is judged by when its number last changed on the reader's monotonic clock, never by a time in it.
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

    /// <summary>Its last words: all its processes are gone and it exits. No death clock needed.</summary>
    public bool Left { get; init; }

    /// <summary>"hb.17.i4.l3.a2", then ".drain", ".full" and ".left" where they hold.</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture,
        $"hb.{Number}.i{IdleCores}.l{Lease}.a{Applied}{(Draining ? ".drain" : "")}{(Full ? ".full" : "")}{(Left ? ".left" : "")}");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out HeartbeatMarker marker)
    {
        marker = default;
        var reader = new NameReader(fileName);
        if (!reader.Take("hb.") || !reader.TakeNumber(out var number)
            || !reader.Take(".i") || !reader.TakeInt(out var idle)
            || !reader.Take(".l") || !reader.TakeNumber(out var lease)
            || !reader.Take(".a") || !reader.TakeNumber(out var applied))
            return false;
        marker = new HeartbeatMarker(number, idle, reader.Take(".drain"), reader.Take(".full"))
        {
            Lease = lease,
            Applied = applied,
            Left = reader.Take(".left"),
        };
        return reader.AtEnd;
    }
}
