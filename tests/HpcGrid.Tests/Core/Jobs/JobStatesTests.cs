using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Core.Jobs;

public sealed class JobStatesTests
{
    /// <summary>Names and monitoring numbers of jalien.md 2.1, as AliEn's clients know them.</summary>
    private const string AliEn = """
        INSERTING 1, UPDATING 23, SPLITTING 2, TO_STAGE 17, A_STAGED 18, SPLIT 3, STAGING 19, WAITING 5, OVER_WAITING 21, ASSIGNED 6, STARTED 7,
        IDLE 9, INTERACTIV 8, RUNNING 10, SAVING 11, SAVED 12, SAVED_WARN 22, ZOMBIE -15, FORCEMERGE 14, MERGING 13, DONE 15, DONE_WARN 16,
        ERROR_A -1, ERROR_I -2, ERROR_E -3, ERROR_IB -4, ERROR_M -5, ERROR_RE -17, ERROR_S -7, ERROR_SV -9, ERROR_V -10, ERROR_VN -11,
        ERROR_VT -16, ERROR_EW -18, ERROR_W -19, ERROR_SPLT -8, ERROR_VER -20, FAULTY 24, INCORRECT 25, EXPIRED -12, FAILED -13, KILLED -14
        """;

    [Test]
    public void States_have_the_names_and_numbers_of_AliEn() =>
        Assert.That(Enum.GetValues<JobState>().Select(state => $"{state.Text()} {(int)state}"),
            Is.EquivalentTo(AliEn.Split(',', StringSplitOptions.TrimEntries)));

    [Test]
    public void A_name_is_read_in_any_case([Values] JobState state)
    {
        Assert.That(JobStates.TryParse(state.Text().ToLowerInvariant(), out var read), Is.True);
        Assert.That(read, Is.EqualTo(state));
    }

    [TestCase("")]
    [TestCase("RUNING")]
    [TestCase("10")]
    public void Another_name_is_no_state(string name) => Assert.That(JobStates.TryParse(name, out _), Is.False);

    [Test]
    public void A_state_is_not_final_and_active_at_once([Values] JobState state)
    {
        Assert.That(state.IsFinal() && state.IsActive(), Is.False);
        Assert.That(state.IsFailure() && !state.IsFinal(), Is.False);
    }

    [TestCase("17.2", 17, 2)]
    [TestCase("9223372036854775807.2147483647", long.MaxValue, int.MaxValue)]
    public void An_attempt_is_read_as_it_is_written(string text, long job, int attempt)
    {
        Assert.That(AttemptId.TryParse(text, out var id), Is.True);
        Assert.That((id, id.ToString()), Is.EqualTo((new AttemptId(job, attempt), text)));
    }

    [TestCase("")]
    [TestCase(".1")]
    [TestCase("1.")]
    [TestCase("1")]
    [TestCase("-1.2")]
    [TestCase("1.-2")]
    [TestCase("1.2.3")]
    [TestCase(" 1.2")]
    [TestCase("9223372036854775808.1")]
    public void Anything_else_is_no_attempt(string text) => Assert.That(AttemptId.TryParse(text, out _), Is.False);
}
