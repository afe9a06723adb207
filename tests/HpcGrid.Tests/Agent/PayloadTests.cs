using System.Text;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Tests.Agent;

/// <summary>What a payload gets, and what is said of its end. Real agents, real processes.</summary>
public sealed class PayloadTests
{
    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void Arguments_travel_unharmed()
    {
        string[] odd = ["a b", "", "it's \"quoted\"", "line\nbreak\ttab", "; rm -rf / #", "$HOME `id` $(id)", "Grüße 数据 🦆", "\\", "*", "-n"];
        var report = _rig.Run(AgentRig.Payload(["echo", .. odd]));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(report.StdoutTail.Split('\0')[..^1], Is.EqualTo(odd));
    }

    [Test]
    public void The_environment_is_the_jobs_and_not_the_agents()
    {
        var spec = AgentRig.Payload("env") with { Master = 77, OutputDirectory = "/vo/out" };
        var variables = new Dictionary<string, string>(spec.Environment) { ["ODD"] = "x=y\n'z' ü", ["HPCGRID_ATTEMPT"] = "forged", ["HPCGRID_NODE"] = "forged" };
        var report = _rig.Run(spec with { Environment = variables });
        var seen = report.StdoutTail.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Multiple(() =>
        {
            Assert.That(seen["ODD"], Is.EqualTo("x=y\n'z' ü"));
            Assert.That(seen["ALIEN_PROC_ID"], Is.EqualTo("1000"));
            Assert.That(seen["ALIEN_MASTERJOB_ID"], Is.EqualTo("77"));
            Assert.That(seen["ALIEN_SITE"], Is.EqualTo(AgentRig.Site));
            Assert.That(seen["HPCGRID_JOB_ID"], Is.EqualTo("1000"));
            Assert.That(seen["HPCGRID_ATTEMPT"], Is.EqualTo("1000.1"));
            Assert.That(seen["HPCGRID_NODE"], Is.EqualTo("node1"));
            Assert.That(seen["HPCGRID_CORES"], Is.EqualTo("1"));
            Assert.That(seen["HOME"], Is.EqualTo(report.Workdir));
            Assert.That(seen["TMPDIR"], Does.StartWith(report.Workdir).And.Not.EqualTo(report.Workdir));
            Assert.That(seen["PATH"], Is.Not.Empty);
            Assert.That(seen["LC_TEST"], Is.EqualTo("passes"));
            Assert.That(seen, Does.Not.ContainKey("SECRET_OF_THE_AGENT"));
        });
    }

    [Test]
    public void An_exit_code_is_an_exit_code()
    {
        var report = _rig.Run(AgentRig.Payload("exit", "3"));
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
            Assert.That(report.Payload!.ExitCode, Is.EqualTo(3));
            Assert.That(report.Payload.Signal, Is.Null);
            Assert.That(report.Reason, Does.Contain("exit 3"));
        });
    }

    [Test]
    public void A_signal_is_a_signal()
    {
        var report = _rig.Run(AgentRig.Payload("signal", "9"));
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
            Assert.That(report.Payload!.Signal, Is.EqualTo(9));
            Assert.That(report.Payload.ExitCode, Is.Null);
        });
    }

    [Test]
    public void Time_and_memory_are_accounted_for()
    {
        // A peak that is not larger than the starter's own cannot be told from it, and here the starter is the test host.
        using var host = System.Diagnostics.Process.GetCurrentProcess();
        var mebibytes = host.PeakWorkingSet64 / 1024 / 1024 + 300;
        var payload = _rig.Run(AgentRig.Payload("allocate", $"{mebibytes}") with { Resources = new Resources(1, 2 * mebibytes, 100, 60) }).Payload!;
        Assert.Multiple(() =>
        {
            Assert.That(payload.CpuSeconds, Is.GreaterThan(0));
            Assert.That(payload.WallSeconds, Is.GreaterThan(0));
            Assert.That(payload.MaxRssKib, Is.GreaterThan(mebibytes * 1024));
            Assert.That(payload.Node, Is.EqualTo("node1"));
        });
    }

    [Test]
    public void A_payload_leads_its_own_session_with_nothing_but_three_descriptors()
    {
        var report = _rig.Run(AgentRig.Shell("cut -d' ' -f1,5,6 /proc/$$/stat; ls /proc/$$/fd; readlink /proc/$$/fd/0"));
        var lines = report.StdoutTail.Split('\n');
        var ids = lines[0].Split(' ');
        Assert.That(ids.Distinct().Count(), Is.EqualTo(1), lines[0]);
        Assert.That(lines[1..], Is.EqualTo(new[] { "0", "1", "2", "/dev/null", "" }));
    }

    [Test]
    public void A_program_in_the_sandbox_needs_no_path_and_a_script_no_first_line()
    {
        var script = Encoding.UTF8.GetBytes("echo \"I am $0 with $1\"; cat \"data file\"");
        var data = Encoding.UTF8.GetBytes("data");
        var spec = AgentRig.Job("run me", "a word") with
        {
            Inputs = [new InputFile("run me", Content.Of(script), true, "/vo/run"), new InputFile("data file", Content.Of(data), false, "/vo/data")],
        };
        var report = _rig.Run(spec, script, data);
        Assert.That(report.StdoutTail, Is.EqualTo($"I am {report.Workdir}/run me with a word\ndata"), report.Reason + report.StderrTail);
    }

    [Test]
    public void Nothing_of_one_job_is_seen_by_the_next()
    {
        string[] traces = ["echo secret; echo secret >&2", "touch file", "touch $TMPDIR/file", "ln stdout ../leak", "rm stdout; ln -s /etc/passwd stdout", "chmod 500 ."];
        var look = AgentRig.Shell("ls -A . $TMPDIR; cat stdout stderr; stat -c '%a %F' . stdout; test -w . && echo writable");
        var queue = _rig.Offer([.. traces.SelectMany(trace => new[] { AgentRig.Shell(trace), look, AgentRig.Job("/no/such/program") })]);
        _rig.Start("--cores", "1");
        var reports = _rig.Final(queue).Reports;
        var clean = reports.Where((_, i) => i % 3 == 1).Select(report => report.StdoutTail.Replace(report.Workdir, "W", StringComparison.Ordinal)).Distinct().ToList();
        Assert.That(clean, Has.Count.EqualTo(1), string.Join("--\n", clean));
        Assert.That(clean[0], Does.Contain("700 directory").And.Contain("644 regular").And.Contain("writable").And.Not.Contain("secret"));
        Assert.That(reports.Where((_, i) => i % 3 == 2).Select(report => report.StdoutTail + report.StderrTail), Is.All.Empty);
    }

    [TestCase("/no/such/program", "does not exist")]
    [TestCase("missing", "does not exist")]
    [TestCase("/etc/passwd", "not executable")]
    [TestCase("../../../bin/true", "leads out of the sandbox")]
    public void A_program_that_cannot_start_is_an_execution_failure_that_says_why(string program, string why)
    {
        var report = _rig.Run(AgentRig.Job(program));
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
            Assert.That(report.Reason, Does.Contain(why));
            Assert.That(report.Payload, Is.Null);
        });
    }

    [Test]
    public void A_NUL_in_an_argument_is_refused()
    {
        var report = _rig.Run(AgentRig.Job("/bin/echo", "a\0b"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
        Assert.That(report.Reason, Does.Contain("argument 1 contains a NUL"));
    }

    [Test]
    public void Validation_runs_in_the_same_sandbox_after_success()
    {
        var spec = AgentRig.Shell("echo result > out.txt") with
        {
            ValidationArgv = ["/bin/sh", "-c", "echo validating; cat out.txt; echo trouble >&2"],
            Outputs = [new OutputRule(null, ["out.txt", "validation.out", "validation.err"], [])],
        };
        var queue = _rig.Offer([spec]);
        _rig.Start();
        var version = _rig.Final(queue);
        var report = version.Reports.Single();
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
            Assert.That(report.Payload!.ValidationExitCode, Is.Zero);
            Assert.That(Encoding.UTF8.GetString(_rig.Bytes(version, report.Outputs[1])), Is.EqualTo("validating\nresult\n"));
            Assert.That(Encoding.UTF8.GetString(_rig.Bytes(version, report.Outputs[2])), Is.EqualTo("trouble\n"));
        });
    }

    [Test]
    public void A_validation_that_fails_fails_the_job()
    {
        var report = _rig.Run(AgentRig.Job("/bin/true") with { ValidationArgv = ["/bin/sh", "-c", "exit 9"] });
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.ValidationFailed));
            Assert.That(report.Payload!.ExitCode, Is.Zero);
            Assert.That(report.Payload.ValidationExitCode, Is.EqualTo(9));
        });
    }

    [Test]
    public void A_payload_that_fails_is_not_validated()
    {
        var report = _rig.Run(AgentRig.Job("/bin/false") with { ValidationArgv = ["/bin/true"] });
        Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
        Assert.That(report.Payload!.ValidationExitCode, Is.Null);
    }

    [Test]
    public void The_tail_of_a_long_output_is_its_last_16_KiB()
    {
        var report = _rig.Run(AgentRig.Payload("print", "100000"));
        Assert.That(report.StdoutTail, Has.Length.EqualTo(16 * 1024));
        Assert.That(report.StdoutTail, Does.EndWith(((char)('a' + 99999 % 26)).ToString()));
    }
}
