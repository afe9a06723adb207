using System.Diagnostics;
using HpcGrid.Agent.Jobs;

namespace HpcGrid.Tests.Agent;

/// <summary>The numbers of a task of a job over several nodes, by the variables of the launcher that started it (R-H10).</summary>
public sealed class RankTests
{
    [TestCase("SLURM_PROCID=5 SLURM_LOCALID=1", "5 1")]
    [TestCase("SLURM_PROCID=0 SLURM_LOCALID=0 PMI_RANK=5 MPI_LOCALRANKID=1", "5 1", Description = "mpiexec within a step of Slurm")]
    [TestCase("SLURM_PROCID=0 OMPI_COMM_WORLD_RANK=5 OMPI_COMM_WORLD_LOCAL_RANK=1", "5 1")]
    [TestCase("PALS_RANKID=5 PALS_LOCAL_RANKID=1", "5 1")]
    [TestCase("JSM_NAMESPACE_RANK=5 JSM_NAMESPACE_LOCAL_RANK=1 OMPI_COMM_WORLD_RANK=5", "5 1")]
    [TestCase("FLUX_TASK_RANK=5 FLUX_TASK_LOCAL_ID=1 SLURM_PROCID=0", "5 1")]
    [TestCase("ALPS_APP_PE=5", "5 none")]
    [TestCase("HPCGRID_RANK=5 HPCGRID_LOCAL_RANK=1 OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_LOCAL_RANK=0 SLURM_PROCID=0", "5 1", Description = "the site's own word")]
    [TestCase("", "none none")]
    public void A_task_finds_its_numbers_under_one_name_whatever_launcher_started_it(string variables, string expected) =>
        Assert.That(Task(variables, "/bin/sh", "-c", "echo ${HPCGRID_RANK:-none} ${HPCGRID_LOCAL_RANK:-none} of $HPCGRID_TASKS"), Is.EqualTo($"{expected} of 6\n"));

    [Test]
    public void Its_arguments_arrive_as_they_are() =>
        Assert.That(Task("PMI_RANK=0", "/usr/bin/printf", "%s|", "a b", "$(date)", "it's", "-n", "x\ny"), Is.EqualTo("a b|$(date)|it's|-n|x\ny|"));

    [Test]
    public void A_program_that_the_agent_starts_itself_is_started_as_it_is() =>
        Assert.That(new GangPlace(["n1", "n2"], "/hosts", 3, "/launch.sh", BySite: false).Words(["program", "x"]), Is.EqualTo(new[] { "program", "x" }));

    /// <summary>What a launcher starts on a node, behind its own four words.</summary>
    private static string Task(string variables, params string[] program)
    {
        var words = new GangPlace(["n1", "n2"], "/hosts", 3, "/launch.sh", BySite: true).Words(program);
        Assert.That(words.Take(4), Is.EqualTo(new[] { "/launch.sh", "/hosts", "2", "3" }));
        var start = new ProcessStartInfo(words[4], words.Skip(5)) { RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var pair in variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)) start.Environment[pair.Split('=')[0]] = pair.Split('=')[1];
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said;
    }
}
