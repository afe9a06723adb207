using HpcGrid.Core.Sites;

namespace HpcGrid.Core.Jdl;

/// <summary>Whether a site may run a job. The list is closed.</summary>
public abstract record SiteMatch
{
    private SiteMatch() { }

    /// <summary>It may.</summary>
    public sealed record Yes : SiteMatch;

    /// <summary>It may not.</summary>
    /// <param name="Reason">The first condition that does not hold, and what the site offers instead.</param>
    public sealed record No(string Reason) : SiteMatch;

    /// <summary>The requirements ask for something this site says nothing about; the job does not go there.</summary>
    /// <param name="Reason">Which condition, and what is not said.</param>
    public sealed record Undefined(string Reason) : SiteMatch;
}

/// <summary>
/// The match of a description with a site (R-A8, R-A10): resources, packages, then the user's Requirements, condition by
/// condition. Who may use the site is not asked here.
/// </summary>
public static class Requirements
{
    private static readonly SiteMatch.Yes Match = new();

    /// <summary>A site that says everything a site can say.</summary>
    private static readonly SiteSide Talkative = new(new SiteMap { Site = "", Ce = "", CvmfsRevision = 1 });

    /// <summary>True for attributes that sites say something about.</summary>
    public static bool IsKnown(string attribute) => Talkative.Find(attribute) is not Value.Undefined;

    /// <summary>True when the site has room and packages, whatever the user's Requirements are.</summary>
    internal static bool Fits(JobDescription description, SiteMap site) => Shortage(description.Resources, site) is null && Missing(description, site) is null;

    /// <summary>Yes, or the first condition that is not true, in words.</summary>
    public static SiteMatch Matches(JobDescription description, SiteMap site)
    {
        if (Shortage(description.Resources, site) is { } shortage) return new SiteMatch.No(shortage);
        if (Missing(description, site) is { } missing)
            return new SiteMatch.No($"the site does not have the package {missing}");
        if (description.Requirements is not { } requirements) return Match;
        var (other, self) = (new SiteSide(site), new JobSide(description));
        return requirements.Evaluate(other, self) is Value.Flag { IsTrue: true } ? Match : Explain(requirements, other, self);
    }

    /// <summary>The rank of a site for the job: 0 when there is no Rank or it is no number.</summary>
    public static double Rank(JobDescription description, SiteMap site) => RankOrNull(description, site) ?? 0;

    /// <summary>The rank of a site for the job; null when there is no Rank or it is no number.</summary>
    public static double? RankOrNull(JobDescription description, SiteMap site) =>
        description.Rank?.Evaluate(new SiteSide(site), new JobSide(description)) switch
        {
            Value.Whole whole => whole.Number,
            Value.Real real => real.Number,
            Value.Flag flag => flag.IsTrue ? 1 : 0,
            _ => null,
        };

    private static string? Missing(JobDescription description, SiteMap site) =>
        description.Packages.FirstOrDefault(package => !site.Packages.Contains(package, StringComparer.OrdinalIgnoreCase));

    private static string? Shortage(Resources need, SiteMap site) =>
        need.Cores > site.Cores ? $"it needs {need.Cores} cores, the site gives {site.Cores}"
        : need.Nodes > site.Nodes ? $"it needs {need.Nodes} nodes of one pilot, the site gives {site.Nodes}"
        : need.MemoryMib > site.MemoryMib ? $"it needs {need.MemoryMib} MB of memory, the site gives {site.MemoryMib}"
        : need.DiskMib > site.DiskMib ? $"it needs {need.DiskMib} MB of disk, the site gives {site.DiskMib}"
        : need.Counters.MissingFrom(site.Counters) is { } counter
            ? $"it needs {counter}={Counters.Text(need.Counters.Of(counter))}, the site gives {Counters.Text(site.Counters.Of(counter))}"
        : need.TtlSeconds > site.TtlSeconds ? $"it needs {need.TtlSeconds} s, the site's slots have {site.TtlSeconds} s left"
        : null;

    /// <summary>False outranks undefined: it would not match even if the site said more.</summary>
    private static SiteMatch Explain(Expression requirements, SiteSide other, JobSide self)
    {
        SiteMatch? undefined = null;
        foreach (var condition in requirements.Conditions())
        {
            var said = Short(condition.ToString());
            switch (condition.Evaluate(other, self))
            {
                case Value.Flag { IsTrue: true }:
                    break;
                case Value.Flag:
                    return new SiteMatch.No($"{said} is false{Offered(condition, other)}");
                case Value.Undefined:
                    undefined ??= new SiteMatch.Undefined($"{said} is undefined{Offered(condition, other)}");
                    break;
                case Value.Error error:
                    return new SiteMatch.No($"{said} is an error: {Short(error.Why)}");
                case var value:
                    return new SiteMatch.No($"{said} is {Short(value.ToString())}, not true or false");
            }
        }
        return undefined ?? new SiteMatch.No($"{Short(requirements.ToString())} is not true");
    }

    private static string Offered(Expression condition, SiteSide site)
    {
        var names = condition.SiteAttributes().Take(3).Select(name => site.Find(name) is var value and not Value.Undefined
            ? $"{name} = {Short(value.ToString())}"
            : $"{name} is not said").ToList();
        return names.Count == 0 ? "" : $" (the site: {string.Join(", ", names)})";
    }

    /// <summary>Reasons are for people and cross the wire; an expression may have 10 MB.</summary>
    private static string Short(string text) => text.Length <= Limits.LongestReason ? text : text[..Limits.LongestReason] + "…";

    /// <summary>What `other.` means: AliEn's names for what a site map says.</summary>
    private sealed class SiteSide(SiteMap site) : IAttributes
    {
        public Value Find(string name) => name.ToUpperInvariant() switch
        {
            "TYPE" => Value.Of("machine"),
            "SITE" => Value.Of(site.Site),
            "CE" => Value.Of(site.Ce),
            "PLATFORM" => Value.Of(site.Platform),
            "TTL" => Value.Of((long)site.TtlSeconds),
            "CPUCORES" => Value.Of((long)site.Cores),
            "NODECOUNT" => Value.Of((long)site.Nodes),
            "MEMORYSIZE" => Value.Of(site.MemoryMib),
            "LOCALDISKSPACE" => Value.Of(site.DiskMib > long.MaxValue / 1024 ? long.MaxValue : site.DiskMib * 1024),
            "GPUS" => new Value.Real((double)site.Counters.Of(Counters.Gpu) / Counters.One),
            "CLOSESE" => Value.Of(site.CloseSe),
            "GRIDPARTITIONS" or "PARTITION" => Value.Of(site.Partitions),
            "PACKAGES" or "INSTALLEDPACKAGES" => Value.Of(site.Packages),
            "CVMFS_REVISION" => site.CvmfsRevision is { } revision ? Value.Of(revision) : Value.Undefined.Instance,
            // Sites charge nothing.
            "PRICE" => Value.Of(0L),
            _ => Value.Undefined.Instance,
        };
    }

    /// <summary>What `self.` means: what the description says, with its defaults.</summary>
    private sealed class JobSide(JobDescription description) : IAttributes
    {
        public Value Find(string name) => name.ToUpperInvariant() switch
        {
            "TYPE" => Value.Of("Job"),
            "EXECUTABLE" => description.Executable is { } executable ? Value.Of(executable) : Value.Undefined.Instance,
            "TTL" => Value.Of((long)description.Resources.TtlSeconds),
            "CPUCORES" => Value.Of((long)description.Resources.Cores),
            "NODECOUNT" => Value.Of((long)description.Resources.Nodes),
            "MEMORYSIZE" => Value.Of(description.Resources.MemoryMib),
            "WORKDIRECTORYSIZE" => Value.Of(description.Resources.DiskMib),
            "PRICE" => new Value.Real(description.Price),
            "PRIORITY" => Value.Of((long)description.Priority),
            "PACKAGES" => Value.Of(description.Packages),
            "JOBTAG" => Value.Of(description.JobTag),
            _ => Value.Undefined.Instance,
        };
    }
}
