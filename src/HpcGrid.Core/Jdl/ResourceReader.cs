using System.Globalization;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>What a job needs: CPUCores, MemorySize, WorkDirectorySize and TTL as AliEn has them, and HpcGrid's GPUs, Counters and WholeNode.</summary>
internal sealed class ResourceReader(KeyReader keys)
{
    private const string SmallestShare = "0.001";

    public Resources Read()
    {
        var usual = Resources.Default;
        var share = Thousandths("CPUCores", usual.Cores * (long)Counters.One, Limits.MostCores) ?? Counters.One;
        var cores = (int)((share + Counters.One - 1) / Counters.One);
        var counters = Counted();
        return new Resources(
            cores,
            keys.Mebibytes("MemorySize", usual.MemoryMib),
            keys.Mebibytes("WorkDirectorySize", usual.DiskMib),
            (int)keys.Whole("TTL", 1, Limits.LongestTtl, usual.TtlSeconds))
        {
            CoreThousandths = share % Counters.One == 0 ? null : (int)share,
            WholeNode = keys.Flag("WholeNode", false),
            Counted = counters.IsNone ? null : counters,
        };
    }

    private Counters Counted()
    {
        var amounts = new List<KeyValuePair<string, long>>();
        if (Thousandths("GPUs", 0, Limits.MostCounted) is > 0 and var gpus) amounts.Add(new(Counters.Gpu, gpus));
        foreach (var (text, place) in keys.Items("Counters"))
        {
            try { amounts.AddRange(Counters.Parse(text).Amounts); }
            catch (GridError e) { Fault(e, place); }
        }
        try { return Counters.From(amounts); }
        catch (GridError e)
        {
            Fault(e, keys.Document.Find("Counters")?.ValuePlace);
            return Counters.None;
        }
    }

    private void Fault(GridError e, TextPlace? place) => keys.Faults.Add(place, e.Message, e.Hint ?? "Write Counters = {\"licence=1\"};");

    /// <summary>A number with at most three decimals, in thousandths.</summary>
    private long? Thousandths(string key, long otherwise, int most)
    {
        if (keys.Document.Find(key) is not { } entry) return otherwise;
        var text = entry.Value is JdlRaw raw ? raw.Text : keys.Text(key);
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= most && number * Counters.One % 1 == 0)
            return (long)(number * Counters.One);
        keys.Wrong(entry, $"must be a number from {SmallestShare} to {most} with at most three decimals",
            $"Write {key} = 2; or {key} = 0.5; for half of one.");
        return null;
    }
}
