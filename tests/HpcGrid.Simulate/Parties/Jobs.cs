using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Simulate.Parties;

/// <summary>What a job of a scenario does.</summary>
/// <param name="Seconds">Virtual time of its payload.</param>
/// <param name="ExitCode">How it ends.</param>
/// <param name="OutputBytes">It writes one file of so many bytes; 0 for none.</param>
/// <param name="Strict">It must never run twice at a time.</param>
internal sealed record JobPlan(double Seconds, int ExitCode, int OutputBytes, bool Strict)
{
    /// <summary>Nodes that it runs on; more than one makes it a gang's.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>The files that it needs.</summary>
    public Inputs Inputs { get; init; }
}

/// <summary>Job descriptions and their grants. Signing costs more than a whole step of the simulation, so both are kept for all seeds of a process.</summary>
internal static class JobSheets
{
    public const string Site = "SITE", OutputName = "result.dat", Program = "/simulated";
    // Always the same key: JSON escapes some letters of a public key, so another key is a file of another length, and a short write of it another history.
    private static readonly SigningKey Key = new(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = [.. Enumerable.Repeat((byte)7, 32)] }));
    private static readonly Dictionary<(long, int, JobPlan), (string Spec, string Grant)> Sheets = [];
    private static readonly Lock Gate = new();

    public static string PublicPem { get; } = Key.PublicPem;

    public static (string Spec, string Grant) Of(long job, int attempt, JobPlan plan)
    {
        lock (Gate)
        {
            if (Sheets.TryGetValue((job, attempt, plan), out var sheet)) return sheet;
            var spec = new JobSpec
            {
                User = "jdoe",
                Argv = [Program, plan.Seconds.ToString("R", CultureInfo.InvariantCulture), Text(plan.ExitCode), Text(plan.OutputBytes)],
                Resources = new Resources(1, plan.Strict ? 200 : 100, 100, 2 * (int)Math.Ceiling(plan.Seconds) + 1) { NodeCount = plan.Nodes > 1 ? plan.Nodes : null },
                Launch = plan.Nodes > 1 ? new GangLaunch(1, BySite: false) : null,
                Inputs = [.. SimInputs.Of(job, plan.Inputs).Select(input => input.Promise)],
                Outputs = plan.OutputBytes > 0 ? [new OutputRule(null, [OutputName], [])] : [],
                Repeatable = !plan.Strict,
            };
            var bytes = JsonSerializer.SerializeToUtf8Bytes(spec, GridJson.Default.JobSpec);
            var grant = new Grant("vo", "jdoe", job, attempt, Site, Grants.DigestOf(bytes), 0, 4_000_000_000);
            return Sheets[(job, attempt, plan)] = (Encoding.UTF8.GetString(bytes), Grants.Sign(grant, Key));
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One run of a payload on a node.</summary>
internal sealed class Execution(long id, AttemptId attempt, string agent, JobPlan plan)
{
    public long Id { get; } = id;
    public AttemptId Attempt { get; } = attempt;
    public string Agent { get; } = agent;
    public JobPlan Plan { get; } = plan;
    public bool Live { get; set; } = true;

    /// <summary>Nodes beside the first that it has ranks on.</summary>
    public List<SimNode> Ranks { get; } = [];

    /// <summary>A rank died: the others wait for it for ever.</summary>
    public bool Broken { get; private set; }

    /// <summary>Called when nothing of it lives any more.</summary>
    public Action Gone { get; init; } = () => { };

    /// <summary>Its rank on that node is no more.</summary>
    public void LoseRank(SimNode node)
    {
        if (!Ranks.Remove(node)) return;
        node.Ranks.Remove(this);
        if (Live) Broken = true;
        else if (Ranks.Count == 0) Gone();
    }

    /// <summary>Its other ranks end, because they ran to their end or see that the first is gone.</summary>
    public void EndRanks()
    {
        foreach (var node in Ranks.ToList()) LoseRank(node);
    }

    /// <summary>It ran to its own end, with the exit code of its plan.</summary>
    public bool Completed { get; set; }

    /// <summary>Its process id on its node.</summary>
    public int Process { get; init; }

    /// <summary>Of its start.</summary>
    public long Number { get; init; }

    /// <summary>What it writes to its standard output: by this a result is known as its.</summary>
    public string Token => $"run {Id.ToString(CultureInfo.InvariantCulture)} of {Attempt}";

    /// <summary>What it writes into its file.</summary>
    public byte[] Output()
    {
        var bytes = new byte[Plan.OutputBytes];
        var token = Encoding.ASCII.GetBytes(Token + "\n");
        for (var at = 0; at < bytes.Length; at += token.Length) token.AsSpan(0, Math.Min(token.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
