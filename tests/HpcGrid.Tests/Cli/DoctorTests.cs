using System.Text.Json;
using HpcGrid.Cli.Doctor;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Cli;

[TestFixture, CancelAfter(60_000)]
internal sealed class DoctorTests : CliTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    [TestCase(-10, 300, Health.Good)]
    [TestCase(-10, 13, Health.Doubtful)]
    [TestCase(-10, -1, Health.Bad)]
    [TestCase(1, 300, Health.Bad)]
    public void A_certificate_is_good_in_its_time_and_told_of_before_its_end(int fromDays, int toDays, Health health) =>
        Judge(DoctorRules.Certificate("certificate", new CertificateFacts("jdoe", Now.AddDays(fromDays), Now.AddDays(toDays)), Now), health);

    [TestCase(UnixFileMode.UserRead | UnixFileMode.UserWrite, Health.Good)]
    [TestCase(UnixFileMode.UserRead, Health.Good)]
    [TestCase(UnixFileMode.UserRead | UnixFileMode.GroupRead, Health.Bad)]
    [TestCase(UnixFileMode.UserRead | UnixFileMode.OtherRead, Health.Bad)]
    public void A_private_key_is_its_owners_alone(UnixFileMode mode, Health health) => Judge(DoctorRules.KeyFile("/key", mode), health);

    [TestCase(0.1, 0.01, Health.Good)]
    [TestCase(-4, 0.01, Health.Good)]
    [TestCase(20, 0.01, Health.Doubtful)]
    [TestCase(20, 30, Health.Good)]
    [TestCase(-3600, 0.01, Health.Bad)]
    public void A_clock_may_differ_a_little_and_a_slow_answer_proves_nothing(double offset, double roundTrip, Health health) =>
        Judge(DoctorRules.Clock(TimeSpan.FromSeconds(offset), TimeSpan.FromSeconds(roundTrip)), health);

    [TestCase("1.2.0+abc", "1.2.0+def", Health.Good)]
    [TestCase("1.3.0", "1.2.0", Health.Doubtful)]
    [TestCase(null, "1.2.0", Health.Good)]
    public void Versions_of_client_and_central_are_compared(string? central, string own, Health health) =>
        Judge(DoctorRules.Central(new Identity("jdoe", ["user"], "vo", "/home", null) { Version = central }, own, TimeSpan.Zero, new Uri("https://grid:1")), health);

    [Test]
    public void Bridges_are_judged_by_when_they_were_seen_and_by_their_nodes()
    {
        Judge(DoctorRules.Bridges(new NodeList([]), Now).Single(), Health.Bad);
        Judge(DoctorRules.Bridges(new NodeList([Bridge(5, "running")]), Now).Single(), Health.Good);
        Judge(DoctorRules.Bridges(new NodeList([Bridge(5, "suspect")]), Now).Single(), Health.Doubtful);
        Judge(DoctorRules.Bridges(new NodeList([Bridge(600, "running")]), Now).Single(), Health.Bad);
        Judge(DoctorRules.Bridges(new NodeList([Bridge(5, "running") with { LastSeen = null }]), Now).Single(), Health.Bad);
    }

    [TestCase(100L << 30, 1000L << 30, Health.Good)]
    [TestCase(10L << 30, 1000L << 30, Health.Doubtful)]
    [TestCase(500L << 20, 1L << 30, Health.Doubtful)]
    [TestCase(1L << 20, 1000L << 30, Health.Bad)]
    public void Space_runs_short_before_it_runs_out(long free, long total, Health health) => Judge(DoctorRules.Space("spool", "/spool", free, total), health);

    [TestCase("/scratch/spool/state", Health.Bad)]
    [TestCase("/scratch/spool", Health.Bad)]
    [TestCase("/scratch/spool2", Health.Good)]
    [TestCase("/var/lib/hpcgrid", Health.Good)]
    public void The_ledger_does_not_lie_in_the_spool(string state, Health health) => Judge(DoctorRules.StatePlace(state, "/scratch/spool"), health);

    [TestCase("fork", "", Health.Good)]
    [TestCase("slurm", "sbatch squeue scancel", Health.Good)]
    [TestCase("slurm", "sbatch", Health.Bad)]
    [TestCase("openpbs", "", Health.Bad)]
    [TestCase("lsf", "bsub bjobs bkill", Health.Good)]
    [TestCase("abacus", "", Health.Doubtful)]
    public void A_batch_system_needs_its_commands(string system, string there, Health health) => Judge(DoctorRules.Batch(system, there.Split(' ').Contains), health);

    [TestCase("/a", "/a", "/a", Health.Good)]
    [TestCase(null, null, null, Health.Doubtful)]
    [TestCase("/a", null, "/a", Health.Bad)]
    public void All_daemons_are_there_or_none(string? central, string? bridge, string? agent, Health health) =>
        Judge(DoctorRules.Installation(new Dictionary<string, string?> { ["central"] = central, ["bridge"] = bridge, ["agent"] = agent }), health);

    [Test]
    public async Task A_doctor_looks_on_after_trouble_and_says_so_by_its_exit_code()
    {
        await using var central = await Central(request => request is WhoAmI
            ? new Identity("jdoe", ["user"], "vo", "/home", null) { Now = DateTimeOffset.UtcNow }
            : new NodeList([Bridge(5, "running") with { LastSeen = DateTimeOffset.UtcNow }]));
        var file = PathOf("bridge.yaml");
        await File.WriteAllTextAsync(file, "name: titan\nspool: nowhere\nstate: here\nbatch:\n  system: fork\n  nodes: 3\n");
        var run = await Run("doctor", "--bridge", file, "--json");
        var findings = JsonDocument.Parse(run.Output).RootElement.GetProperty("findings").EnumerateArray()
            .ToDictionary(finding => finding.GetProperty("check").GetString()!, finding => finding.GetProperty("health").GetString());
        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(findings["central"], Is.EqualTo("Good"));
            Assert.That(findings["clock"], Is.EqualTo("Good"));
            Assert.That(findings["bridge titan"], Is.EqualTo("Good"));
            Assert.That(findings["spool"], Is.EqualTo("Bad"));
            Assert.That(findings["batch system"], Is.EqualTo("Good"));
        });
        Assert.That((await Run("doctor", "--bridge", file)).Output, Does.Contain("WRONG  spool").And.Contain("→ "));
    }

    private static BridgeNodes Bridge(int secondsAgo, string state) =>
        new("titan", "ORNL", Now.AddSeconds(-secondsAgo), [new NodeStatus("nid1", "a1", state, 16, 1, "none")]);

    private static void Judge(Finding finding, Health health)
    {
        Assert.That(finding.Health, Is.EqualTo(health), finding.What);
        Assert.That(finding.Remedy, health == Health.Good ? Is.Null : Is.Not.Null, "what is not good has a remedy");
    }
}
