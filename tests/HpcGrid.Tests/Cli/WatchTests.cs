using HpcGrid.Cli.Output;
using HpcGrid.Cli.Watch;
using HpcGrid.Core.Api;

namespace HpcGrid.Tests.Cli;

[TestFixture]
internal sealed class WatchTests
{
    [Test]
    public void A_screen_of_any_size_is_filled_and_never_passed([Values(20, 41, 80, 200)] int width, [Values(6, 9, 24, 60)] int height,
        [Values(WatchView.List, WatchView.Details, WatchView.Log, WatchView.Help)] WatchView view)
    {
        var model = Model(300) with { Place = new WatchPlace(1, view, WatchFilter.All, 250) };
        var lines = WatchScreen.Draw(model, width, height);
        Assert.That(lines, Has.Count.EqualTo(height));
        Assert.That(lines.Select(AnsiText.Width), Is.All.LessThanOrEqualTo(width));
        Assert.That(WatchScreen.Page(model, width, height), Is.GreaterThan(0));
    }

    [Test]
    public void Foreign_text_moves_no_cursor()
    {
        var model = Model(3);
        model = model with
        {
            Data = model.Data with
            {
                Trouble = "trouble\e[2J", Line = Line(1, "RUNNING") with { Name = "evil\e[2J\n" },
                Jobs = [Line(1, "ERROR_E") with { Name = "evil\e[2J\n", Reason = "\u009b2J\a" }],
                Progress = model.Data.Progress! with { Nodes = [new NodeProgress("node\e[2J", 1, 1)] },
            },
        };
        foreach (var line in WatchScreen.Draw(model, 120, 30))
        {
            Assert.That(AnsiText.Stripped(line).Any(char.IsControl), Is.False, line);
            Assert.That(line, Does.Not.Contain("[2J").Or.Not.Contain("\e[2J"));
        }
    }

    [Test]
    public void What_was_asked_is_done_to_the_job_that_was_asked_about_though_the_list_moves()
    {
        var asking = Press(Press(Model(10), 'j').Model, 'x').Model;
        Assert.That((asking.Question, asking.Asked), Is.EqualTo((WatchQuestion.Kill, (long?)9)));
        var moved = asking.With(asking.Data with { Jobs = [.. Enumerable.Range(1, 30).Reverse().Select(job => Line(job, "RUNNING"))] });
        Assert.That(AnsiText.Stripped(WatchScreen.Draw(moved, 80, 24)[^2]), Does.Contain("kill job 9?"));
        var (done, deed) = Press(moved, 'y');
        Assert.That((deed, done.Asked, done.Question), Is.EqualTo((WatchDeed.Kill, (long?)9, WatchQuestion.None)));
        Assert.That(Press(moved, 'n').Deed, Is.EqualTo(WatchDeed.None));
        Assert.That(Press(moved, 'q').Deed, Is.EqualTo(WatchDeed.None), "anything but y is no");
    }

    [Test]
    public void The_selected_job_stays_selected_when_others_come_and_go()
    {
        var model = Press(Press(Model(10), 'j').Model, 'j').Model;
        Assert.That(model.Subject, Is.EqualTo(8));
        model = model.With(model.Data with { Jobs = [.. Enumerable.Range(5, 20).Reverse().Select(job => Line(job, "RUNNING"))] });
        Assert.That(model.Subject, Is.EqualTo(8));
        model = model.With(model.Data with { Jobs = [Line(3, "RUNNING")] });
        Assert.That(model.Subject, Is.EqualTo(3), "it is gone: the nearest row there is");
        Assert.That(model.With(model.Data with { Jobs = [] }).Subject, Is.EqualTo(1), "an empty list: the production itself");
    }

    [Test]
    public void Enter_goes_in_and_escape_comes_back_to_the_same_place()
    {
        var model = Press(Press(Model(10), 'f').Model, 'a').Model;
        model = Press(Model(10) with { Place = model.Place with { Selected = 4 } }, ConsoleKey.Enter).Model;
        Assert.That((model.Place.Job, model.Place.View), Is.EqualTo(((long?)6, WatchView.Details)));
        model = Press(model, 'l').Model;
        Assert.That((model.Place.Job, model.Place.View), Is.EqualTo(((long?)6, WatchView.Log)));
        model = Press(Press(model, ConsoleKey.Escape).Model, ConsoleKey.Escape).Model;
        Assert.That((model.Place.Job, model.Place.View, model.Place.Selected), Is.EqualTo(((long?)1, WatchView.List, 4)));
        Assert.That(Press(model, ConsoleKey.Escape).Model.Place, Is.EqualTo(model.Place), "there is nothing above");
        Assert.That(Press(model, 'q').Deed, Is.EqualTo(WatchDeed.Quit));
    }

    [Test]
    public void The_ends_of_the_list_hold_and_more_is_read_near_its_end()
    {
        var model = Model(100) with { Data = Model(100).Data with { MoreJobs = true } };
        Assert.That(Press(model, 'k').Model.Place.Selected, Is.Zero);
        Assert.That(Press(model, 'j').Deed, Is.EqualTo(WatchDeed.None));
        var (end, deed) = Press(model, 'G');
        Assert.That((end.Place.Selected, deed), Is.EqualTo((99, WatchDeed.Reread)));
        Assert.That(Press(end, 'g').Model.Place.Selected, Is.Zero);
    }

    [Test]
    public void One_failure_among_a_hundred_thousand_is_seen_in_the_bar()
    {
        var progress = Progress(new() { ["DONE"] = 99_999, ["ERROR_E"] = 1 });
        var bar = WatchBars.Progress(progress, 80);
        Assert.That(bar, Does.Contain("\e[31m█"));
        Assert.That(AnsiText.Width(bar), Is.LessThanOrEqualTo(80));
    }

    [Test]
    public void More_nodes_than_fit_are_summed_up()
    {
        var lines = WatchBars.Nodes([.. Enumerable.Range(1, 100).Select(node => new NodeProgress($"nid{node:D5}", node % 10, node))], 120, 3).ToList();
        Assert.That(lines, Has.Count.EqualTo(3));
        Assert.That(lines[^1], Does.Contain("and 92 more nodes"));
    }

    [TestCase("plain", 5, "plain")]
    [TestCase("plain", 4, "pla…")]
    [TestCase("粒子物理", 5, "粒子…")]
    [TestCase("\e[31mred\e[0m", 3, "\e[31mred\e[0m")]
    [TestCase("\e[31mred\e[0m", 2, "\e[31mr…\e[0m")]
    [TestCase("x", 0, "")]
    public void Text_is_cut_by_columns_and_keeps_its_colour_to_itself(string text, int width, string cut) => Assert.That(AnsiText.Cut(text, width), Is.EqualTo(cut));

    private static (WatchModel Model, WatchDeed Deed) Press(WatchModel model, char key) =>
        WatchKeys.Press(model, new ConsoleKeyInfo(key, (ConsoleKey)0, false, false, false), 10);

    private static (WatchModel Model, WatchDeed Deed) Press(WatchModel model, ConsoleKey key) =>
        WatchKeys.Press(model, new ConsoleKeyInfo('\0', key, false, false, false), 10);

    private static WatchModel Model(int jobs) => new()
    {
        Place = new WatchPlace(1, WatchView.List, WatchFilter.All, 0),
        Data = new WatchData
        {
            Line = Line(1, "SPLIT"), Jobs = [.. Enumerable.Range(1, jobs).Reverse().Select(job => Line(job, job % 5 == 0 ? "ERROR_E" : "RUNNING"))],
            Progress = Progress(new() { ["RUNNING"] = 8, ["ERROR_E"] = 2 }), Rate = 2.5, Left = TimeSpan.FromMinutes(3), History = [1, 2, 3],
            Log = [.. Enumerable.Range(1, jobs).Select(line => $"line {line} {new string('x', line)}")],
        },
    };

    private static JobProgress Progress(Dictionary<string, int> states) => new()
    {
        Job = 1, State = "SPLIT", States = states, SubmittedAt = DateTimeOffset.UnixEpoch, Now = DateTimeOffset.UnixEpoch.AddMinutes(1),
        Nodes = [new NodeProgress("node1", 3, 4)],
    };

    private static JobLine Line(long job, string state) => new()
    {
        Job = job, User = "jdoe", State = state, Name = "sim with a long name and 粒子", Node = "node1", Reason = "the payload ended with exit 3",
    };
}
