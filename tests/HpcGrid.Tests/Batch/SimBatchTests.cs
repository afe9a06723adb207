using System.Text.Json;
using HpcGrid.Core;
using HpcGrid.SimBatch;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;
using HpcGrid.SimBatch.Pbs;
using HpcGrid.SimBatch.Slurm;
using HpcGrid.Tests.House;
using Simulated = HpcGrid.SimBatch.Cluster.Simulation;

namespace HpcGrid.Tests.Batch;

/// <summary>The simulated batch system itself: its rules, and that it speaks as the recorded ones do.</summary>
public sealed class SimBatchTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch;
    private readonly string _home = Directory.CreateTempSubdirectory("hpcgrid-sim-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_home, recursive: true);

    [Test]
    public void A_job_is_warned_once_ended_at_its_walltime_and_killed_after_the_grace()
    {
        var job = Running(Request() with { Walltime = TimeSpan.FromMinutes(10), Warning = new Warning(Signals.User1, TimeSpan.FromMinutes(2), Reach.Script) });
        var sent = new List<string>();
        for (var second = 0; second < 720; second += 10)
        {
            Deed deed;
            do
            {
                var before = job;
                (job, deed) = JobRules.Next(job, Begin.AddSeconds(second), ending => new SlurmDialect().Steps(before, ending), Setup("slurm"));
                if (deed is Deed.Signal signal) sent.Add($"{second}: {signal.Number} {signal.Reach}");
            }
            while (deed is Deed.Signal);
        }
        Assert.That(sent, Is.EqualTo(new[] { "480: 10 Script", "600: 15 Everything", "630: 9 Everything" }));
        Assert.That(job.Ending, Is.EqualTo(Ending.Walltime));
    }

    [Test]
    public void The_first_reason_of_an_end_counts()
    {
        var job = JobRules.Begin(JobRules.Begin(Running(Request()), Ending.Cancelled, Begin), Ending.Walltime, Begin.AddSeconds(1));
        Assert.That((job.Ending, job.EndingSince), Is.EqualTo((Ending.Cancelled, Begin)));
    }

    [TestCase(false, "n1,n2")]
    [TestCase(true, "n1,n1")]
    public void Chunks_share_a_node_unless_they_are_scattered(bool packed, string expected)
    {
        var nodes = new[] { new Node("n0", 4, Up: false), new Node("n1", 4, Up: true), new Node("n2", 4, Up: true) };
        Assert.That(string.Join(',', JobRules.Place(Request() with { Nodes = 2, Cores = 2, IsPacked = packed }, nodes, [])!), Is.EqualTo(expected));
    }

    [Test]
    public void A_job_waits_for_cores_that_others_have()
    {
        var nodes = new[] { new Node("n1", 4, Up: true) };
        var other = Running(Request() with { Cores = 3 }) with { On = ["n1"] };
        Assert.That(JobRules.Place(Request() with { Cores = 2 }, nodes, [other]), Is.Null);
        Assert.That(JobRules.Place(Request() with { Cores = 1 }, nodes, [other]), Is.EqualTo(new[] { "n1" }));
    }

    [Test]
    public void A_job_whose_node_died_comes_again_only_if_it_may([Values] bool requeue)
    {
        var ended = JobRules.End(JobRules.Begin(Running(Request() with { Requeue = requeue }), Ending.NodeFailed, Begin), Begin);
        Assert.That((ended.Phase, ended.Restarts), Is.EqualTo(requeue ? (Phase.Queued, 1) : (Phase.Ended, 0)));
    }

    [TestCase("node[1-3,5]", "node1,node2,node3,node5")]
    [TestCase("node7", "node7")]
    public void Slurms_lists_of_nodes_are_written_and_read(string list, string nodes)
    {
        Assert.That(string.Join(',', SlurmText.Nodes(list)), Is.EqualTo(nodes));
        Assert.That(SlurmText.NodeList(nodes.Split(',')), Is.EqualTo(list));
    }

    [TestCase("90", 90)]
    [TestCase("1:30:00", 90)]
    [TestCase("1-1:30", 1530)]
    [TestCase("UNLIMITED", null)]
    public void Slurms_times_are_read(string text, int? minutes) => Assert.That(SlurmText.Limit(text)?.TotalMinutes, Is.EqualTo((double?)minutes));

    [TestCase("squeue truncate 40 x2", "squeue truncate 40 x2")]
    [TestCase("*  lost-answer", "* lost-answer")]
    public void A_fault_is_a_line(string line, string written) => Assert.That(Fault.Parse(line).ToString(), Is.EqualTo(written));

    [TestCase("squeue")]
    [TestCase("squeue nonsense")]
    [TestCase("squeue delay long")]
    public void A_line_that_is_no_fault_is_refused(string line) => Assert.That(Assert.Throws<GridError>(() => Fault.Parse(line))!.Hint, Is.Not.Empty);

    [Test]
    public void Faults_are_counted_down_and_those_of_the_caller_stay()
    {
        var faults = new Faults(Setup("slurm"));
        faults.Add(Fault.Parse("squeue warn x2"));
        var call = new Call("squeue", [], "/", new Dictionary<string, string> { [Faults.Variable] = "squeue foreign;sbatch fail" }, () => "");
        for (var left = 2; left > 0; left--) Assert.That(faults.Take(call).Select(fault => fault.Kind), Is.EqualTo(new[] { FaultKind.Warn, FaultKind.Foreign }));
        Assert.That(faults.Take(call).Select(fault => fault.Kind), Is.EqualTo(new[] { FaultKind.Foreign }));
        Assert.That(faults.Read(), Is.Empty);
    }

    [Test]
    public void Directives_end_at_the_first_command_and_quotes_hold_words_together() =>
        Assert.That(Directives.Read("#!/bin/sh\n# words\n#BSUB -R \"span[ptile=2]\" -J 'two words' # why\n\n#BSUB -n 2\necho\n#BSUB -n 9\n", "#BSUB"),
            Is.EqualTo(new[] { "-R", "span[ptile=2]", "-J", "two words", "-n", "2" }));

    [TestCase("qdel", "2.vm", "qdel-twice.stderr")]
    [TestCase("qstat", "99999.vm", "qstat-unknown.stderr")]
    public void OpenPBS_says_of_an_unknown_job_what_the_recorded_one_says(string command, string id, string recorded)
    {
        var (simulation, dialect) = Pbs();
        var call = new Call(command, [id], "/", new Dictionary<string, string>(), () => "");
        var (said, code) = ("", 0);
        try { (said, code) = dialect.Run(call, simulation, new Sight([])) is var answer ? (answer.Error, answer.Code) : default; }
        catch (Refused e) { (said, code) = (e.Message, e.Code); }
        Assert.That($"{said.Trim()}\nrc {code}", Is.EqualTo(Recorded(recorded).Trim()));
    }

    [Test]
    public void OpenPBS_writes_jobs_with_the_fields_of_the_recorded_one()
    {
        var (simulation, dialect) = Pbs();
        simulation.Submit(Request() with { Name = "it's \"a\" job", Held = true });
        var answer = dialect.Run(new Call("qstat", ["-x", "-f", "-F", "json"], "/", new Dictionary<string, string>(), () => ""), simulation, new Sight([.. simulation.Jobs]));
        var mine = JsonDocument.Parse(answer.Output).RootElement.GetProperty("Jobs").EnumerateObject().Single();
        var theirs = JsonDocument.Parse(Recorded("qstat-f-json.mixed.json")).RootElement.GetProperty("Jobs").EnumerateObject().First().Value;
        Assert.That(mine.Value.EnumerateObject().Select(field => field.Name), Is.SubsetOf(theirs.EnumerateObject().Select(field => field.Name).Append("comment")));
        Assert.That(mine.Value.GetProperty("Job_Name").GetString(), Is.EqualTo("it's \"a\" job"));
        Assert.That(mine.Value.GetProperty("job_state").GetString(), Is.EqualTo("H"));
        // Tabs behind the colons, as cJSON lays it out.
        Assert.That(answer.Output, Does.StartWith("{\n\t\"timestamp\":\t"));
    }

    private (Simulated Simulation, Dialect Dialect) Pbs()
    {
        var dialect = new PbsDialect();
        return (new Simulated(Setup("openpbs"), dialect, TimeProvider.System), dialect);
    }

    private ClusterSetup Setup(string system) => new(_home, system) { Isolate = "no" };

    private static JobRequest Request() => new() { Name = "p1", Queue = "q", Folder = "/", Output = "/dev/null", Script = "" };

    private static Job Running(JobRequest request) => new() { Id = 1, User = "u", Request = request, Submitted = Begin, Started = Begin, Phase = Phase.Running };

    private static string Recorded(string file) => Repository.Text("tests/HpcGrid.Tests/Bridge/Recorded/" + file);
}
