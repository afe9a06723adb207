using System.Globalization;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>What a job needs: CPUCores, MemorySize, WorkDirectorySize and TTL as AliEn has them, and HpcGrid's GPUs, Counters, WholeNode and NodeCount with what belongs to it.</summary>
internal sealed class ResourceReader(KeyReader keys)
{
    private const string SmallestShare = "0.001";

    public Resources Read()
    {
        var usual = Resources.Default;
        var share = Thousandths("CPUCores", usual.Cores * (long)Counters.One, Limits.MostCores) ?? Counters.One;
        var cores = (int)((share + Counters.One - 1) / Counters.One);
        var counters = Counted();
        var nodes = NodeCount();
        return new Resources(
            cores,
            keys.Mebibytes("MemorySize", usual.MemoryMib),
            keys.Mebibytes("WorkDirectorySize", usual.DiskMib),
            (int)keys.Whole("TTL", 1, Limits.LongestTtl, usual.TtlSeconds))
        {
            CoreThousandths = share % Counters.One == 0 ? null : (int)share,
            NodeCount = nodes,
            WholeNode = WholeNode(nodes is not null),
            Counted = counters.IsNone ? null : counters,
        };
    }

    /// <summary>How a job with nodes of its own is started; null for an ordinary one.</summary>
    public GangLaunch? Launch(Resources need) =>
        need.NodeCount is null ? null : new GangLaunch((int)keys.Whole("TasksPerNode", 1, Limits.MostCores, need.Cores), BySite());

    /// <summary>One node is enough to try the launcher, so each of the keys makes it such a job.</summary>
    private int? NodeCount()
    {
        string[] any = ["NodeCount", "TasksPerNode", "Launcher"];
        return any.Any(key => keys.Document.Find(key) is not null) ? (int)keys.Whole("NodeCount", 1, Limits.MostNodesOfJob, 1) : null;
    }

    private bool BySite()
    {
        if (keys.Text("Launcher") is not { } text || text.Equals("site", StringComparison.OrdinalIgnoreCase)) return true;
        if (!text.Equals("none", StringComparison.OrdinalIgnoreCase))
            keys.Wrong(keys.Document.Find("Launcher")!, $"is {Faults.Shown(text)}", "Write Launcher = \"site\"; or \"none\".");
        return false;
    }

    /// <summary>Launchers place processes on whole nodes, so a job that they start shares none of them.</summary>
    private bool WholeNode(bool launched)
    {
        var whole = keys.Flag("WholeNode", launched);
        if (launched && !whole)
            keys.Wrong(keys.Document.Find("WholeNode")!, "= false and NodeCount exclude each other", "A job that a launcher starts has its nodes to itself.");
        return launched || whole;
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
