namespace HpcGrid.Cli.Watch;

/// <summary>What a key makes the program do besides changing the screen.</summary>
internal enum WatchDeed { None, Quit, Reread, Kill, Resubmit }

/// <summary>What keys mean. Pure.</summary>
internal static class WatchKeys
{
    /// <summary>The keys as the help shows them.</summary>
    public static readonly (string Keys, string Meaning)[] Help =
    [
        ("q, Ctrl-C", "leave; no job is ended by it"),
        ("↑ ↓, j k", "choose a job, or scroll"),
        ("PgUp PgDn", "a page at a time"),
        ("Home End, g G", "the first, the last"),
        ("Enter, →", "into a production; of a job: what happened, and why"),
        ("Esc, ←, h", "back"),
        ("l", "what the job wrote, live"),
        ("Tab", "in the log: standard output or standard error"),
        ("a r f w d", "all, running, failed, waiting, done jobs only"),
        ("x", "kill the job (asks)"),
        ("s", "resubmit the job (asks)"),
        ("?", "this help"),
    ];

    /// <param name="model">What is shown.</param>
    /// <param name="key">The key.</param>
    /// <param name="page">Rows that fit a page.</param>
    public static (WatchModel Model, WatchDeed Deed) Press(WatchModel model, ConsoleKeyInfo key, int page)
    {
        model = model with { Touched = true, Message = null };
        if (model.Question != WatchQuestion.None) return Answer(model, key);
        if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control } || key.KeyChar == 'q') return (model, WatchDeed.Quit);
        return key.Key switch
        {
            ConsoleKey.UpArrow => Move(model, -1),
            ConsoleKey.DownArrow => Move(model, +1),
            ConsoleKey.PageUp => Move(model, -page),
            ConsoleKey.PageDown => Move(model, +page),
            ConsoleKey.Home => Move(model, -int.MaxValue / 2),
            ConsoleKey.End => Move(model, +int.MaxValue / 2),
            ConsoleKey.Enter or ConsoleKey.RightArrow => Enter(model),
            ConsoleKey.Escape or ConsoleKey.LeftArrow or ConsoleKey.Backspace => Leave(model),
            ConsoleKey.Tab => model.Place.View == WatchView.Log ? (model with { Stderr = !model.Stderr, Scroll = 0 }, WatchDeed.Reread) : (model,
                WatchDeed.None),
            _ => Letter(model, key.KeyChar),
        };
    }

    private static (WatchModel, WatchDeed) Letter(WatchModel model, char letter) => letter switch
    {
        'j' => Move(model, +1),
        'k' => Move(model, -1),
        'g' => Move(model, -int.MaxValue / 2),
        'G' => Move(model, +int.MaxValue / 2),
        'h' => Leave(model),
        'l' => model.Subject is { } job ? Open(model, job, WatchView.Log) : (model, WatchDeed.None),
        '?' => model.Place.View == WatchView.Help ? Leave(model) : Open(model, model.Place.Job, WatchView.Help),
        'x' => Ask(model, WatchQuestion.Kill),
        's' => Ask(model, WatchQuestion.Resubmit),
        'a' => Filter(model, WatchFilter.All),
        'r' => Filter(model, WatchFilter.Running),
        'f' => Filter(model, model.Place.Filter == WatchFilter.Failed ? WatchFilter.All : WatchFilter.Failed),
        'w' => Filter(model, WatchFilter.Waiting),
        'd' => Filter(model, WatchFilter.Done),
        _ => (model, WatchDeed.None),
    };

    private static (WatchModel, WatchDeed) Ask(WatchModel model, WatchQuestion question) =>
        (model.Subject is { } job ? model with { Question = question, Asked = job } : model, WatchDeed.None);

    private static (WatchModel, WatchDeed) Answer(WatchModel model, ConsoleKeyInfo key)
    {
        var asked = model.Question;
        model = model with { Question = WatchQuestion.None };
        if (key.KeyChar is not ('y' or 'Y')) return (model with { Message = "nothing was done" }, WatchDeed.None);
        return (model, asked == WatchQuestion.Kill ? WatchDeed.Kill : WatchDeed.Resubmit);
    }

    private static (WatchModel, WatchDeed) Move(WatchModel model, int by)
    {
        if (model.Place.View != WatchView.List)
        {
            // A log is read from its end upwards.
            var scroll = model.Scroll + (model.Place.View == WatchView.Log ? -by : by);
            return (model with { Scroll = Math.Clamp(scroll, 0, 1_000_000) }, WatchDeed.None);
        }
        var last = Math.Max(0, model.Data.Jobs.Count - 1);
        var selected = (int)Math.Clamp((long)model.Place.Selected + by, 0, last);
        // Near the end of what is known more is read.
        var deed = model.Data.MoreJobs && selected >= last - 5 ? WatchDeed.Reread : WatchDeed.None;
        return (model with { Place = model.Place with { Selected = selected } }, deed);
    }

    private static (WatchModel, WatchDeed) Enter(WatchModel model)
    {
        if (model.Place.View != WatchView.List || model.Subject is not { } job) return (model, WatchDeed.None);
        var isMaster = model.Data.Jobs.FirstOrDefault(line => line.Job == job)?.Children is not null;
        return Open(model, job, isMaster ? WatchView.List : WatchView.Details);
    }

    private static (WatchModel, WatchDeed) Open(WatchModel model, long? job, WatchView view) => (model with
    {
        Above = [.. model.Above, model.Place],
        Place = new WatchPlace(job, view, WatchFilter.All, 0),
        Data = view == WatchView.Help ? model.Data : new WatchData(),
        Scroll = 0,
    }, WatchDeed.Reread);

    private static (WatchModel, WatchDeed) Leave(WatchModel model) => model.Above.Count == 0
        ? (model, WatchDeed.None)
        : (model with { Place = model.Above[^1], Above = [.. model.Above.SkipLast(1)], Data = new WatchData(), Scroll = 0 }, WatchDeed.Reread);

    private static (WatchModel, WatchDeed) Filter(WatchModel model, WatchFilter filter) => model.Place.View != WatchView.List || model.Place.Filter == filter
        ? (model, WatchDeed.None)
        : (model with { Place = model.Place with { Filter = filter, Selected = 0 }, Data = model.Data with { Jobs = [], MoreJobs = false } }, WatchDeed.Reread);
}
