namespace HpcGrid.Agent.Processes;

/// <summary>
/// One soft bound of this process, which children inherit at their start. What it is stays known here: to ask the kernel before each change costs as
/// much as the change. Nothing else in this process may change it.
/// </summary>
internal sealed class OwnLimit
{
    private readonly int _resource;
    private readonly ulong _hard;
    private ulong _soft;

    public OwnLimit(int resource)
    {
        _resource = resource;
        (_soft, _hard) = ResourceLimits.Of(0, resource) ?? (ResourceLimits.Unlimited, ResourceLimits.Unlimited);
        Original = _soft;
    }

    /// <summary>As the batch system or the account's defaults have it.</summary>
    public ulong Original { get; }

    /// <summary>Sets it, but not above the hard bound.</summary>
    public void Set(ulong soft)
    {
        var wanted = Math.Min(soft, _hard);
        if (wanted != _soft && ResourceLimits.SetOwn(_resource, wanted, _hard)) _soft = wanted;
    }
}
