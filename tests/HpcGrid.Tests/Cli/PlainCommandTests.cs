using HpcGrid.Cli.Jobs;
using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class PlainCommandTests
{
    private static readonly string[] Odd =
    [
        "/bin/echo", "", " blanks  stay ", "\"double\"", "'single'", "back\\slash", "$HOME", "$1", "$(rm -rf /)", "`x`", "; rm -rf /",
        "line\nbreak", "tab\t", "ä ö 粒子 🙂", "{\"a\"}", "#", "]", "=", "%s", "*", "-n", "--", "\\", "\\\"",
    ];

    [Test]
    public void Odd_arguments_travel_through_the_job_description_unharmed() =>
        Assert.That(JobDescription.Read(Of(Odd).ToJdl(), []).Command, Is.EqualTo(Odd));

    [Test]
    public void A_number_makes_a_production_and_outputs_are_saved()
    {
        var description = JobDescription.Read((Of(["/bin/true"]) with { Count = 100, Cores = 2, TtlSeconds = 60, Save = ["out_*.txt"] }).ToJdl(), []);
        Assert.Multiple(() =>
        {
            Assert.That(description.Split, Is.EqualTo(new ProductionSplit(1, 100)));
            Assert.That((description.Resources.Cores, description.Resources.TtlSeconds), Is.EqualTo((2, 60)));
            Assert.That(description.Outputs.SelectMany(rule => rule.Patterns), Is.EqualTo(new[] { "stdout", "stderr", "out_*.txt" }));
        });
    }

    [Test]
    public void No_command_and_no_jobs_are_refused()
    {
        Assert.Throws<GridError>(() => Of([]).ToJdl());
        Assert.Throws<GridError>(() => (Of(["/bin/true"]) with { Count = 0 }).ToJdl());
        Assert.Throws<GridError>(() => Of(["a\0b"]).ToJdl());
    }

    private static PlainCommand Of(IReadOnlyList<string> argv) => new(argv, null, null, null, []);
}
