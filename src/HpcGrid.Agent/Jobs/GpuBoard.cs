using HpcGrid.Core.Sites;

namespace HpcGrid.Agent.Jobs;

/// <summary>What a job holds of each GPU.</summary>
/// <param name="Shares">Device number and thousandths.</param>
/// <param name="Devices">"0,2", as CUDA_VISIBLE_DEVICES wants it; "" for none of them; null on a node without GPUs.</param>
internal sealed record HeldGpus(IReadOnlyList<(int Device, long Share)> Shares, string? Devices);

/// <summary>
/// Which GPU is whose. A job gets whole devices of its own, and a fraction on one device only: half of each of two is not one. Belongs to the loop's thread.
/// </summary>
internal sealed class GpuBoard(Counters whole)
{
    private readonly long[] _free = [.. Enumerable.Repeat((long)Counters.One, (int)(whole.Of(Counters.Gpu) / Counters.One))];
    private readonly HeldGpus _none = new([], whole.Of(Counters.Gpu) < Counters.One ? null : "");

    /// <summary>The devices for this need, now taken; null when they are not free.</summary>
    public HeldGpus? Take(Resources need)
    {
        var wanted = need.Counters.Of(Counters.Gpu);
        if (wanted == 0) return _none;
        var shares = new List<(int Device, long Share)>();
        // The fraction first, on the fullest device that has room: whole ones stay whole.
        if (wanted % Counters.One is > 0 and var part)
        {
            var device = Enumerable.Range(0, _free.Length).Where(i => _free[i] >= part).OrderBy(i => _free[i]).FirstOrDefault(-1);
            if (device < 0) return null;
            shares.Add((device, part));
        }
        var taken = shares.Select(share => share.Device).ToHashSet();
        var own = Enumerable.Range(0, _free.Length).Where(i => _free[i] == Counters.One && !taken.Contains(i)).Take((int)(wanted / Counters.One)).ToList();
        if (own.Count < wanted / Counters.One) return null;
        shares.AddRange(own.Select(device => (device, (long)Counters.One)));
        foreach (var (device, share) in shares) _free[device] -= share;
        return new HeldGpus(shares, string.Join(',', shares.Select(share => share.Device).Order()));
    }

    public void Give(HeldGpus held)
    {
        foreach (var (device, share) in held.Shares) _free[device] += share;
    }
}
