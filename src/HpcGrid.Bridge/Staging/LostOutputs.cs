using HpcGrid.Bridge.Ledger;
using HpcGrid.Bridge.Nodes;
using HpcGrid.Spool;

namespace HpcGrid.Bridge.Staging;

/// <summary>
/// Large outputs that are nowhere on the spool: a site removed old files, or another bridge acknowledged their queue file. That one look does not show a file says
/// nothing (PROTOCOL 1); what several complete looks over T_lost do not show is lost, as a queue file is (B6).
/// </summary>
internal sealed class LostOutputs(BridgeAgents agents, MeasuredTiming timing)
{
    private readonly Dictionary<long, (int Looks, TimeSpan Since)> _absent = [];

    /// <summary>Looks for one that could not be read; true when it has been absent for so long.</summary>
    /// <param name="output">Which.</param>
    /// <param name="now">The reader's monotonic time.</param>
    public bool IsLost(PendingOutput output, TimeSpan now)
    {
        if (output.SpoolFile is null || !OutputName.TryParse(output.SpoolFile, out var name)) return false;
        // A look that failed proves nothing; the next one counts.
        if (agents.HasOutput(output.Agent, name) is not { } there) return false;
        if (there)
        {
            _absent.Remove(output.Row);
            return false;
        }
        var (looks, since) = _absent.GetValueOrDefault(output.Row, (0, now));
        _absent[output.Row] = (looks + 1, since);
        return looks + 1 >= timing.Now.LostListings && now - since >= timing.Now.Lost;
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Forget(long row) => _absent.Remove(row);
}
