using System.Text.RegularExpressions;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.EndToEnd.Real.Contract;

/// <summary>A real Grid Engine of one node, this machine.</summary>
internal sealed class GridEngineCluster(ClusterNature nature, Scheduler scheduler) : RealCluster(nature, scheduler)
{
    protected override string Hold => "#$ -h";

    protected override void Release(string id) => Real("qrls", id);

    protected override bool HasEnded(PilotRequest pilot) => Active(pilot).Count == 0 && Accounted(pilot).Count > 0;

    public override IReadOnlyList<string> JobsOf(PilotRequest pilot) => [.. Active(pilot).Union(Accounted(pilot))];

    public override void Requeue(PilotRequest pilot) => throw new NotSupportedException(nameof(Requeue));

    public override void NodeDown(string node) => throw new NotSupportedException(nameof(NodeDown));

    public override void NodeUp(string node) => throw new NotSupportedException(nameof(NodeUp));

    private List<string> Active(PilotRequest pilot) => Ids(Real("qstat", "-u", "*", "-xml"),
        $@"<JB_job_number>(\d+)</JB_job_number>(?:(?!</job_list>)[\s\S])*?<JB_name>{pilot.Tag}</JB_name>");

    private List<string> Accounted(PilotRequest pilot) => Ids(Real("qacct", "-j", pilot.Tag), @"^jobnumber +(\d+)");

    private static List<string> Ids(string text, string pattern) =>
        [.. Regex.Matches(text, pattern, RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
}
