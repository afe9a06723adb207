using System.Diagnostics;
using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Bridge;

/// <summary>Submit scripts of the shipped templates (R-H2, R-H3).</summary>
public sealed class SubmitScriptTests
{
    private static readonly string[] Systems = ["slurm", "openpbs", "torque", "lsf", "sge", "htcondor", "cobalt", "flux"];
    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-script-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void What_is_not_set_emits_no_directive([ValueSource(nameof(Systems))] string system)
    {
        var bare = Make(system, new BatchOptions());
        Assert.That(Directives(bare).Where(line => line.TrimEnd().EndsWith('=') || line.Split(' ').Length < 2), Is.Empty);
        var full = Make(system, new BatchOptions { Queue = "long", Account = "CSC108", MemoryMib = 4000, Directives = ["#X special"], Setup = ["module load dotnet"] });
        Assert.That(full, Does.Contain("\nmodule load dotnet\n"));
        if (system == "htcondor") return;
        Assert.That(Directives(full).Count(), Is.GreaterThan(Directives(bare).Count()));
        Assert.That(full, Does.Contain("long").And.Contain("CSC108").And.Contain("\n#X special\n"));
    }

    [Test]
    public void The_shell_takes_every_script([ValueSource(nameof(Systems))] string system, [Values(1, 4)] int nodes)
    {
        var options = new BatchOptions { Queue = "q", Account = "a", Qos = "x", MemoryMib = 100, Directives = ["#X"], Setup = ["true"], Work = "/tmp/w" };
        Assert.That(Shell(Make(system, options, nodes), "-n"), Is.EqualTo((0, "")));
    }

    [Test]
    public void Odd_values_make_a_script_that_the_shell_takes_with_the_directives_of_a_tame_one([ValueSource(nameof(Systems))] string system, [Values(1, 4)] int nodes)
    {
        const string Letters = "'\"\\$`;&|<>(){}[]*?!#~ \n\r\tab=%é粒";
        var random = new Random(11);
        string Odd() => string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => Letters[random.Next(Letters.Length)]));
        string[] lines = ["\n#SBATCH --nodes=9\n", "\n#PBS -l nodes=9\n", "\n #BSUB -n 99\n", "\n#$ -pe x 9\n", "\n#COBALT -n 9\n", "\n#flux: -N9\n"];
        for (var i = 0; i < 12; i++)
        {
            string Value() => Odd() + lines[random.Next(lines.Length)] + Odd();
            var options = new BatchOptions { Work = Value(), Environment = new() { ["A"] = Value(), ["B"] = Odd() } };
            var script = Make(system, options, nodes, ["agent", .. lines, .. Enumerable.Range(0, 10).Select(_ => Value())]);
            Assert.That(Shell(script, "-n"), Is.EqualTo((0, "")), script);
            Assert.That(Directives(script), Is.EqualTo(Directives(Make(system, new BatchOptions(), nodes, ["agent"]))), script);
        }
    }

    [TestCase("a\"; touch WAS_RUN; #")]
    [TestCase("$(touch WAS_RUN)")]
    [TestCase("`touch WAS_RUN`")]
    [TestCase("it's")]
    [TestCase("two  words\nand a line")]
    [TestCase("ünï 粒子 * ? [a]")]
    [TestCase("-n")]
    public void Whatever_stands_in_a_value_is_one_inert_word(string value)
    {
        var script = Made("printf '%s|' {{#each agent}}{{this}} {{/each}}", new BatchOptions(), [value, value]);
        Assert.That(Shell(script), Is.EqualTo((0, $"{value}|{value}|")));
        Assert.That(File.Exists(Path.Combine(_folder, "WAS_RUN")), Is.False);
    }

    [Test]
    public void The_agent_is_started_with_what_it_must_know([ValueSource(nameof(Systems))] string system)
    {
        var tool = Path.Combine(_folder, "agent");
        File.WriteAllText(tool, "#!/bin/sh\nprintf '%s\\n' \"$@\"; echo pilot=$HPCGRID_PILOT\n");
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        // Those that reach their nodes with a launcher even when there is one.
        var start = system is "cobalt" or "flux" ? "itself" : "";
        var (code, output) = Shell(Make(system, new BatchOptions { Work = "/work here", Start = start }, agent: [tool, "--spool", "/a b"]));
        Assert.That(code, Is.Zero, output);
        var words = output.Split('\n');
        Assert.That(words, Does.Contain("/a b").And.Contain("/work here").And.Contain("pilot=p7-abc"));
        foreach (var option in (string[])["--cores", "--pilot", "--batch-id", "--deadline", "--node"]) Assert.That(words, Does.Contain(option));
    }

    [Test]
    public void A_template_that_asks_for_what_there_is_not_is_refused() =>
        Assert.That(Assert.Throws<GridError>(() => Made("{{nonsense}}", new BatchOptions(), []))!.Message, Does.Contain("nonsense"));

    [TestCase(20, false)]
    [TestCase(30, true)]
    public void Only_a_long_pilot_is_warned_before_its_end(int minutes, bool warned) =>
        Assert.That(new SubmitScript(Shipped("slurm"), new BatchOptions(), ["agent"])
            .Make(Request(1) with { Walltime = TimeSpan.FromMinutes(minutes) }, "/log").Contains("--signal", StringComparison.Ordinal), Is.EqualTo(warned));

    [TestCase("slurm", "--reservation=res1", "--constraint=knl", "--gpus-per-node=4", "--exclusive", "--licenses=matlab:1")]
    [TestCase("openpbs", "-P proj", "ngpus=4", ":knl", "place=scatter:exclhost")]
    [TestCase("torque", "nodes=1:ppn=16:knl", "advres=res1", "gres=gpus:4", "mem=3200mb")]
    [TestCase("sge", "-pe smp 16", "-P proj", "-l gpu=4", "h_vmem=200M", "-ar res1")]
    [TestCase("cobalt", "--attrs mcdram=flat")]
    [TestCase("flux", "--requires=knl")]
    [TestCase("lsf", "-U res1", "-x", "span[ptile=16]")]
    public void A_value_of_the_site_stands_in_the_directive_of_its_system(string system, params string[] expected)
    {
        var attributes = system switch
        {
            "sge" => new Dictionary<string, string> { ["pe"] = "smp" },
            "cobalt" => new() { ["attrs"] = "mcdram=flat" },
            "lsf" => new() { ["plain"] = "yes" },
            _ => [],
        };
        var script = Make(system, new BatchOptions
        {
            Project = "proj", Reservation = "res1", Constraint = "knl", Gpus = 4, Exclusive = true, Licences = "matlab:1", MemoryMib = 3200, Attributes = attributes,
        });
        foreach (var part in expected) Assert.That(string.Join('\n', Directives(script)), Does.Contain(part));
    }

    [Test]
    public void An_attribute_that_the_adapter_does_not_name_is_refused() =>
        Assert.That(Assert.Throws<GridError>(() => Make("sge", new BatchOptions { Attributes = new() { ["ep"] = "smp" } }))!.Message, Does.Contain("'ep'"));

    [Test]
    public void What_starts_the_agents_is_a_word_of_the_configuration_and_a_wrong_one_is_told_with_the_right_ones()
    {
        Assert.That(Make("torque", new BatchOptions { Start = "aprun" }, nodes: 4), Does.Contain("exec aprun -n 4 -N 1 "));
        var error = Assert.Throws<GridError>(() => Make("torque", new BatchOptions { Start = "nothing" }));
        Assert.That(error!.Hint, Does.Contain("aprun").And.Contain("jsrun").And.Contain("openmpi"));
    }

    [Test]
    public void Variables_of_the_site_are_exported_whatever_is_in_them()
    {
        var script = Made("{{> setup}}\nprintf '%s|' \"$A_B\"", new BatchOptions { Environment = new() { ["A_B"] = "it's $(touch WAS_RUN) \"x\"" } }, []);
        Assert.That(Shell(script), Is.EqualTo((0, "it's $(touch WAS_RUN) \"x\"|")));
    }

    [Test]
    public void HTCondor_gets_its_description_beside_the_script()
    {
        var job = new SubmitScript(Shipped("htcondor"), new BatchOptions { MemoryMib = 4000 }, ["agent"]).Make("job.sub", Request(1), "/logs/p7.log", "/state/p7/submit.sh");
        Assert.That(job, Does.Contain("executable = /state/p7/submit.sh\n").And.Contain("batch_name = p7-abc\n").And.Contain("> 5400)")
            .And.Contain("request_memory = 4000\n").And.Contain("universe = vanilla\n").And.Not.Contain("accounting_group").And.Not.Contain("machine_count"));
    }

    [Test]
    public void An_empty_argument_would_vanish_and_is_refused() => Assert.Throws<GridError>(() => Made("true", new BatchOptions(), [""]));

    [TestCase("{{#if queue}}")]
    [TestCase("{{#each")]
    public void A_template_with_a_mistake_says_so(string text) => Assert.Throws<GridError>(() => Made(text, new BatchOptions(), []));

    private static IEnumerable<string> Directives(string script) => script.Split('\n').Where(line => line.StartsWith('#') && !line.StartsWith("#!", StringComparison.Ordinal) && !line.StartsWith("# ", StringComparison.Ordinal));

    private static string Make(string system, BatchOptions options, int nodes = 1, IReadOnlyList<string>? agent = null) =>
        new SubmitScript(Shipped(system), options, agent ?? ["/opt/hpcgrid/agent", "--spool", "/lustre/spool"])
            .Make(Request(nodes), "/lustre/logs/p7-abc.log");

    private string Made(string template, BatchOptions options, IReadOnlyList<string> agent)
    {
        var file = Path.Combine(_folder, "template");
        File.WriteAllText(file, template);
        return new SubmitScript(Shipped("slurm") with { Template = file }, options, agent).Make(Request(1), "/log");
    }

    private static Adapter Shipped(string system) => AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates", system));

    private static PilotRequest Request(int nodes) => new("p7-abc", nodes, 16, TimeSpan.FromMinutes(90), DateTimeOffset.UnixEpoch);

    private (int Code, string Output) Shell(string script, params string[] options)
    {
        var file = Path.Combine(_folder, "script.sh");
        File.WriteAllText(file, script);
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", [.. options, file]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder })!;
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output);
    }
}
