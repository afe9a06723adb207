using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>The name of one version of a claimed file in its agent's out/: the sequence is read by listing, not by opening (A5, A6).</summary>
/// <param name="Queue">The file it is a version of.</param>
/// <param name="Sequence">1 for the first.</param>
/// <param name="Final">Nothing will be added.</param>
public readonly record struct VersionName(QueueName Queue, long Sequence, bool Final)
{
    /// <summary>"q17.g2.s3.db" or "q17.g2.s9.final.db".</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Queue}.s{Sequence}{(Final ? ".final" : "")}.db");

    /// <summary>Reads a <see cref="FileName"/>; false for anything else.</summary>
    public static bool TryParse(string fileName, out VersionName version)
    {
        version = default;
        var reader = new NameReader(fileName);
        if (!QueueName.TryRead(ref reader, out var queue) || !reader.Take(".s") || !reader.TakeNumber(out var sequence)) return false;
        var final = reader.Take(".final");
        if (!reader.Take(".db") || !reader.AtEnd || sequence == 0) return false;
        version = new VersionName(queue, sequence, final);
        return true;
    }
}
