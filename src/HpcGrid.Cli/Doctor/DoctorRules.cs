using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Doctor;

/// <summary>What a certificate file holds.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="From">Valid from.</param>
/// <param name="To">Valid to.</param>
internal sealed record CertificateFacts(string Subject, DateTimeOffset From, DateTimeOffset To);

/// <summary>What a batch system needs on a login node.</summary>
internal sealed record BatchNeeds(string System, IReadOnlyList<string> Commands, string Remedy);

/// <summary>How things are, from what was seen of them. Pure: each rule has its test.</summary>
internal static class DoctorRules
{
    /// <summary>A certificate that ends so soon is renewed now.</summary>
    private static readonly TimeSpan SoonEnding = TimeSpan.FromDays(14);

    /// <summary>Grants and tokens allow for a small difference of clocks; a larger one breaks them, and a smaller one is worth a word.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ClockDoubt = TimeSpan.FromSeconds(5);

    /// <summary>A bridge renews its leases many times a minute.</summary>
    private static readonly TimeSpan BridgeSilence = TimeSpan.FromMinutes(2);

    private const long LeastFree = 1L << 30;

    private static readonly BatchNeeds[] Batches =
    [
        new("fork", [], ""),
        new("slurm", ["sbatch", "squeue", "scancel"], "Load the site's Slurm module in the bridge's environment, or run the bridge on a submit host."),
        new("openpbs", ["qsub", "qstat", "qdel"], "Load the site's PBS module in the bridge's environment, or run the bridge on a submit host."),
        new("lsf", ["bsub", "bjobs", "bkill"], "Source LSF's profile.lsf in the bridge's environment."),
    ];

    /// <summary>The daemons that lie beside this program; null paths are missing.</summary>
    public static Finding Installation(IReadOnlyDictionary<string, string?> daemons)
    {
        var missing = daemons.Where(daemon => daemon.Value is null).Select(daemon => "hpcgrid-" + daemon.Key).ToList();
        return missing.Count == 0 ? new("installation", Health.Good,
            $"central, bridge and agent lie in {string.Join(", ", daemons.Values.Select(Path.GetDirectoryName).Distinct())}")
            : missing.Count == daemons.Count ? new("installation", Health.Doubtful, "only the client is installed",
                "Enough to submit jobs; `hpcgrid local up` needs the daemons too.")
            : new("installation", Health.Bad, $"missing: {string.Join(", ", missing)}",
                "Install all of HpcGrid into one folder, or set HPCGRID_BIN_CENTRAL, _BRIDGE, _AGENT.");
    }

    public static Finding Certificate(string check, CertificateFacts facts, DateTimeOffset now) =>
        now < facts.From ? new(check, Health.Bad, $"{facts.Subject} is valid only from {Words.Time(facts.From)} on",
            "Is this machine's clock right? Otherwise ask the grid's operator.")
        : now >= facts.To ? new(check, Health.Bad, $"{facts.Subject} ended {Words.Time(facts.To)}",
            "Ask the grid's operator for a new one: hpcgrid-central user add NAME.")
        : facts.To - now < SoonEnding ? new(check, Health.Doubtful, $"{facts.Subject} ends in {Words.Duration(facts.To - now)}",
            "Ask the grid's operator for a new one soon.")
        : new(check, Health.Good, $"{facts.Subject}, valid until {Words.Time(facts.To)}");

    /// <summary>Who may read a private key.</summary>
    public static Finding KeyFile(string path, UnixFileMode mode) =>
        (mode & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) == 0
            ? new("private key", Health.Good, $"{path} is yours alone")
            : new("private key", Health.Bad, $"{path} can be read or written by others", $"chmod 600 {path}");

    /// <param name="offset">This machine's clock less central's.</param>
    /// <param name="roundTrip">How long the question took: how exact the offset is.</param>
    public static Finding Clock(TimeSpan offset, TimeSpan roundTrip)
    {
        var surely = offset.Duration() - roundTrip;
        var words = $"this machine's clock is {Words.Duration(offset.Duration())} {(offset > TimeSpan.Zero ? "ahead of" : "behind")} central's";
        return surely > ClockTolerance ? new("clock", Health.Bad, words,
            "Set it by NTP (chronyc tracking, timedatectl): certificates, grants and tokens are refused at such a difference.")
            : surely > ClockDoubt ? new("clock", Health.Doubtful, words, "Does NTP run here and on central's machine? (chronyc tracking, timedatectl)")
            : new("clock", Health.Good, $"within {Words.Duration(offset.Duration() + roundTrip)} of central's");
    }

    public static Finding Central(Identity identity, string own, TimeSpan roundTrip, Uri url)
    {
        var said = $"{url} answers within {Words.Duration(roundTrip)}; you are {identity.User} ({string.Join(", ", identity.Roles)}) of {identity.Vo}";
        return identity.Version is not { } version || Release(version) == Release(own) ? new("central", Health.Good, said)
            : new("central", Health.Doubtful, $"{said}; it is version {version}, this is {own}", "Use a client of central's version.");
    }

    /// <summary>Each bridge that central knows, and its nodes.</summary>
    public static IEnumerable<Finding> Bridges(NodeList list, DateTimeOffset now)
    {
        if (list.Bridges.Count == 0)
            yield return new("bridge", Health.Bad, "no bridge has ever connected: jobs can be submitted, and wait",
                "Start one: hpcgrid local up here, or hpcgrid-bridge run on a login node.");
        foreach (var bridge in list.Bridges)
        {
            var check = "bridge " + bridge.Bridge;
            var silent = now - (bridge.LastSeen ?? DateTimeOffset.MinValue);
            if (bridge.LastSeen is not { } seen || silent > BridgeSilence)
            {
                yield return new(check, Health.Bad, bridge.LastSeen is null ? $"of {bridge.Site} has not been seen since central started"
                    : $"of {bridge.Site} was last seen {Words.Duration(silent)} ago",
                        "Does it run? Look at its log on the login node, then start it: hpcgrid-bridge run --config bridge.yaml");
                continue;
            }
            var lost = bridge.Nodes.Count(node => node.State == "suspect");
            var nodes = bridge.Nodes.Count(node => node.State is "running" or "draining");
            yield return lost > 0
                ? new(check, Health.Doubtful, $"{lost} of its nodes are out of contact",
                    "Is the shared filesystem slow there? Their jobs go to others when the batch system confirms their end.")
                : new(check, Health.Good, $"of {bridge.Site}, seen {Words.Duration(silent)} ago, {nodes} {(nodes == 1 ? "node" : "nodes")} at work");
        }
    }

    /// <param name="check">"spool", "state".</param>
    /// <param name="path">Where.</param>
    /// <param name="free">Bytes free.</param>
    /// <param name="total">Bytes in all.</param>
    public static Finding Space(string check, string path, long free, long total)
    {
        var said = $"{Words.Size(free)} of {Words.Size(total)} free at {path}";
        return free < LeastFree / 16 ? new(check, Health.Bad, said, "Make room: results cannot be published there.")
            : free < LeastFree || free < total / 50 ? new(check, Health.Doubtful, said, "Make room soon: results lie there until they are saved.")
            : new(check, Health.Good, said);
    }

    /// <summary>The ledger must not lie where the compute nodes write.</summary>
    public static Finding StatePlace(string state, string spool) =>
        (state + "/").StartsWith(spool.TrimEnd('/') + "/", StringComparison.Ordinal)
            ? new("ledger", Health.Bad, $"{state} lies in the spool", "Put `state` of bridge.yaml on a local disk of the login node.")
            : new("ledger", Health.Good, $"in {state}");

    /// <param name="system">As bridge.yaml names it.</param>
    /// <param name="isThere">Whether a command is found in the PATH.</param>
    public static Finding Batch(string system, Func<string, bool> isThere)
    {
        if (Array.Find(Batches, batch => batch.System == system) is not { } needs)
            return new("batch system", Health.Doubtful, $"'{system}' is unknown to this client",
                $"Known are {string.Join(", ", Batches.Select(batch => batch.System))}.");
        var missing = needs.Commands.Where(command => !isThere(command)).ToList();
        return missing.Count > 0 ? new("batch system", Health.Bad, $"{system} lacks the commands {string.Join(", ", missing)}", needs.Remedy)
            : new("batch system", Health.Good, needs.Commands.Count == 0 ? $"{system} needs no commands"
                : $"{system}: {string.Join(", ", needs.Commands)} are there");
    }

    private static string Release(string version) => version.Split('+')[0];
}
