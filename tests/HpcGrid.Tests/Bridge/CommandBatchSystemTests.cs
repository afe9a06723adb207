using HpcGrid.Bridge;
using HpcGrid.Bridge.Batch;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Tests.House;
using Limits = HpcGrid.Bridge.Limits;

namespace HpcGrid.Tests.Bridge;

/// <summary>A batch system behind real commands: a scheduler of a few lines of shell that keeps its jobs in a file, and lies when told to.</summary>
public sealed class CommandBatchSystemTests
{
    private const string Scheduler = """
        #!/bin/sh
        # Jobs stand in `jobs`, a line "id|tag|state|detail" each; what stands in `fault` is done once.
        cd "$(dirname "$0")"
        fault=$(cat fault 2>/dev/null); rm -f fault
        case $fault in slow) sleep 30 ;; fail) echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1 ;; esac
        case $1 in
        submit)
            [ "$fault" = refuse ] && { echo "error: invalid partition specified: nowhere" >&2; exit 1; }
            id=$(($(cat last 2>/dev/null || echo 0) + 1)); echo $id > last
            tag=$(sed -n 's/^#SBATCH --job-name=//p' "$2")
            echo "$id|$tag|PENDING|Priority" >> jobs
            [ "$fault" = lost ] && exit 1
            echo "$id" ;;
        status) cat jobs 2>/dev/null ; [ "$fault" = warn ] && echo "warning: busy"; exit 0 ;;
        cancel)
            grep -q "^$2|" jobs 2>/dev/null || { echo "scancel: error: Invalid job id $2" >&2; exit 1; }
            sed -i "s/^$2|\([^|]*\)|[^|]*|/$2|\1|CANCELLED by 0|/" jobs ;;
        esac
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hpcgrid-batch-").FullName;
    private readonly ManualTime _time = new();
    private CommandBatchSystem _batch = null!;

    [SetUp]
    public void Start()
    {
        var program = Path.Combine(_folder, "sched");
        File.WriteAllText(program, Scheduler);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _batch = Make();
    }

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_pilot_is_submitted_seen_through_its_states_and_ended()
    {
        Assert.That(await _batch.Submit(Pilot("p1-a"), default), Is.EqualTo("1"));
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Queued));
        Say("PENDING", "RUNNING");
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Running));
        await _batch.Cancel(["p1-a"], default);
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Ended));
        await _batch.Cancel(["p1-a"], default);
        await _batch.Forget(["p1-a"], default);
        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "state")), Is.Empty);
    }

    [Test]
    public async Task A_tag_is_submitted_once_though_the_answer_was_lost_and_the_bridge_has_started_again()
    {
        Fault("lost");
        await Fails(ErrorCode.Unavailable, () => _batch.Submit(Pilot("p1-a"), default));
        _batch = Make();
        Assert.That(await _batch.Submit(Pilot("p1-a"), default), Is.EqualTo("1"));
        Assert.That(await _batch.Submit(Pilot("p1-a"), default), Is.EqualTo("1"));
        Assert.That(File.ReadAllLines(Path.Combine(_folder, "jobs")), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task When_the_first_submission_surely_came_to_nothing_it_is_made_again_after_a_while()
    {
        Fault("fail");
        await Fails(ErrorCode.Unavailable, () => _batch.Submit(Pilot("p1-a"), default));
        await Fails(ErrorCode.Unavailable, () => _batch.Submit(Pilot("p1-a"), default));
        _time.Advance(Limits.SubmissionShows);
        Assert.That(await _batch.Submit(Pilot("p1-a"), default), Is.EqualTo("1"));
    }

    [Test]
    public async Task A_refusal_for_good_is_told_with_the_schedulers_own_words()
    {
        Fault("refuse");
        var error = await Fails(ErrorCode.Invalid, () => _batch.Submit(Pilot("p1-a"), default));
        Assert.That(error.Message, Does.Contain("invalid partition specified: nowhere"));
    }

    [Test]
    public async Task A_scheduler_that_does_not_answer_ends_nothing()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        Fault("fail");
        await Fails(ErrorCode.Unavailable, () => _batch.Status(["p1-a"], default));
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Queued));
    }

    [Test]
    public async Task A_job_that_nobody_knows_is_unknown_and_only_after_many_answers_a_guess()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        File.WriteAllText(Path.Combine(_folder, "jobs"), "");
        for (var i = 1; i < Limits.AnswersUntilLost; i++) Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Unknown));
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Unknown), "many answers, but not over minutes");
        _time.Advance(Limits.AbsentUntilLost);
        var status = await State("p1-a");
        Assert.That((status.State, status.IsGuess), Is.EqualTo((BatchState.Ended, true)));
    }

    [Test]
    public async Task A_job_that_is_seen_again_was_never_lost()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        var jobs = File.ReadAllText(Path.Combine(_folder, "jobs"));
        File.WriteAllText(Path.Combine(_folder, "jobs"), "");
        for (var i = 0; i < Limits.AnswersUntilLost; i++) await State("p1-a");
        File.WriteAllText(Path.Combine(_folder, "jobs"), jobs);
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Queued));
        _time.Advance(Limits.AbsentUntilLost);
        File.WriteAllText(Path.Combine(_folder, "jobs"), "");
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Unknown));
    }

    [Test]
    public async Task What_is_cancelled_twice_or_was_never_there_is_cancelled()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        File.WriteAllText(Path.Combine(_folder, "jobs"), "");
        await _batch.Cancel(["p1-a", "p9-never"], default);
        Fault("fail");
        await Fails(ErrorCode.Unavailable, () => _batch.Cancel(["p1-a"], default));
    }

    [Test]
    public async Task What_is_not_listed_and_not_there_to_be_cancelled_has_ended_by_the_schedulers_own_word()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        File.WriteAllText(Path.Combine(_folder, "jobs"), "");
        Assert.That((await State("p1-a")).State, Is.EqualTo(BatchState.Unknown));
        await _batch.Cancel(["p1-a"], default);
        var status = await State("p1-a");
        Assert.That((status.State, status.IsGuess), Is.EqualTo((BatchState.Ended, false)));
    }

    [Test]
    public async Task No_more_commands_are_run_in_a_minute_than_the_adapter_allows()
    {
        _batch = Make(perMinute: 2);
        await _batch.Submit(Pilot("p1-a"), default);
        await State("p1-a");
        var third = State("p1-a");
        Assert.That(third.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.That((await third).State, Is.EqualTo(BatchState.Queued));
    }

    [Test]
    public async Task A_command_that_hangs_is_given_up_and_nothing_follows_from_it()
    {
        await _batch.Submit(Pilot("p1-a"), default);
        Fault("slow");
        var error = await Fails(ErrorCode.Unavailable, () => Make(seconds: 1).Status(["p1-a"], default));
        Assert.That(error.Message, Does.Contain("did not end within 1 s"));
    }

    [TestCase("fork", false)]
    [TestCase("slurm", true)]
    [TestCase("openpbs", true)]
    [TestCase("lsf", true)]
    [TestCase("torque", true)]
    [TestCase("sge", true)]
    [TestCase("htcondor", true)]
    [TestCase("cobalt", true)]
    [TestCase("flux", true)]
    public void Shipped_adapters_are_good(string system, bool isAdapter)
    {
        var folder = Path.Combine(Repository.Root, "hpc-templates", system);
        if (isAdapter) Assert.That(AdapterFile.Read(folder).System, Is.EqualTo(system));
        else Assert.Throws<GridError>(() => AdapterFile.Read(folder));
    }

    [TestCase("system: x\nnonsense: 1\n", "nonsense")]
    [TestCase("system: x\ntemplate: nowhere.sh\n", "nowhere.sh")]
    [TestCase("system: x\nsubmit: {command: [a, '{script}'], id: '('}\n", "line 2: submit.id")]
    [TestCase("system: x\nsubmit:\n  command: [a]\n", "line 3: submit.command")]
    [TestCase("system: x\nsubmit: {command: [a, '{script}'], id: '1'}\n", "submit.id has no group")]
    [TestCase("system: x\nsubmit: {command: [a, '{script}'], id: '(1)'}\n", "status is missing")]
    [TestCase("system: x\nsubmit: {command: [a, '{script}'], id: '(1)'}\nstatus: {command: [b], line: '(?<id>1)'}\n", "line 3: status.line")]
    [TestCase("system: x\nsubmit: {command: [a, '{script}'], id: '(1)'}\nstatus: {command: [b], format: xml, tag: a, state: b}\n", "items and id")]
    [TestCase("system: x\ntimeout: 0\n", "line 2: timeout")]
    [TestCase("system: x\nstates:\n  queued: [A]\n  running: [A]\n  ended: [B]\nsubmit: {command: [a, '{script}'], id: '(1)'}\nstatus: {command: [b], tag: a, state: b}\ncancel: {command: [c, '{id}']}\n", "line 4: states.running")]
    [TestCase("system: [\n", "line")]
    public void A_wrong_adapter_says_what_and_where(string text, string said)
    {
        File.WriteAllText(Path.Combine(_folder, "submit.sh"), "");
        File.WriteAllText(Path.Combine(_folder, AdapterFile.Name), text);
        Assert.That(Assert.Throws<GridError>(() => AdapterFile.Read(_folder))!.Message, Does.Contain(said).And.Contain(AdapterFile.Name));
    }

    private CommandBatchSystem Make(int seconds = 20, int perMinute = 1000)
    {
        var shipped = AdapterFile.Read(Path.Combine(Repository.Root, "hpc-templates/slurm"));
        var program = Path.Combine(_folder, "sched");
        var adapter = shipped with
        {
            Submit = [program, "submit", "{script}"],
            Status = shipped.Status with { Words = [program, "status"] },
            History = null,
            Cancel = [program, "cancel", "{id}"],
            Patience = TimeSpan.FromSeconds(seconds),
            CallsPerMinute = perMinute,
        };
        var folders = new PilotFolders(Path.Combine(_folder, "state"), Path.Combine(_folder, "logs"));
        Directory.CreateDirectory(folders.Logs);
        return new CommandBatchSystem(adapter, new SubmitScript(adapter, new BatchOptions(), ["/bin/true"]), folders, _time);
    }

    private async Task<BatchStatus> State(string tag) => (await _batch.Status([tag], default)).Single();

    private static PilotRequest Pilot(string tag) => new(tag, 1, 2, TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch);

    private void Fault(string fault) => File.WriteAllText(Path.Combine(_folder, "fault"), fault);

    private void Say(string from, string to)
    {
        var jobs = Path.Combine(_folder, "jobs");
        File.WriteAllText(jobs, File.ReadAllText(jobs).Replace(from, to, StringComparison.Ordinal));
    }

    private static async Task<GridError> Fails(ErrorCode code, Func<Task> work)
    {
        var error = await Assert.ThrowsAsync<GridError>(() => work());
        Assert.That(error!.Code, Is.EqualTo(code), error.Message);
        return error;
    }
}
