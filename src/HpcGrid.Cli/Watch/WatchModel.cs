using HpcGrid.Cli.Why;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Cli.Watch;

/// <summary>What the screen shows.</summary>
internal enum WatchView { List, Details, Log, Help }

/// <summary>Which jobs are listed.</summary>
internal enum WatchFilter { All, Running, Failed, Waiting, Done }

/// <summary>What a person is asked before it is done.</summary>
internal enum WatchQuestion { None, Kill, Resubmit }

/// <summary>What the screen is about: a job, or with null all one's jobs.</summary>
internal sealed record WatchPlace(long? Job, WatchView View, WatchFilter Filter, int Selected);

/// <summary>What was last read from central.</summary>
internal sealed record WatchData
{
    /// <summary>Of the job that is watched; null for all one's jobs.</summary>
    public JobProgress? Progress { get; init; }
    public JobLine? Line { get; init; }
    public double? Rate { get; init; }
    public TimeSpan? Left { get; init; }
    /// <summary>Jobs ended in each of the last moments, oldest first.</summary>
    public IReadOnlyList<double> History { get; init; } = [];
    public IReadOnlyList<JobLine> Jobs { get; init; } = [];
    public bool MoreJobs { get; init; }
    public Explanation? Why { get; init; }
    public IReadOnlyList<JobEvent> Events { get; init; } = [];
    public IReadOnlyList<string> Log { get; init; } = [];
    /// <summary>Why nothing newer can be read; null when all is well.</summary>
    public string? Trouble { get; init; }
    /// <summary>Nothing more will happen to what is watched.</summary>
    public bool IsOver { get; init; }
}

/// <summary>All that the screen depends on. Changed by keys (<see cref="WatchKeys"/>) and by what is read.</summary>
internal sealed record WatchModel
{
    public required WatchPlace Place { get; init; }
    /// <summary>Where one came from, the nearest last.</summary>
    public IReadOnlyList<WatchPlace> Above { get; init; } = [];
    public WatchData Data { get; init; } = new();
    /// <summary>Lines scrolled down in details, log and help; in a log, up from its end.</summary>
    public int Scroll { get; init; }
    /// <summary>The log of standard error, not of standard output.</summary>
    public bool Stderr { get; init; }
    public WatchQuestion Question { get; init; }
    /// <summary>The job that the question is about; the list may move under it while a person thinks.</summary>
    public long? Asked { get; init; }
    /// <summary>The last thing done, for one line.</summary>
    public string? Message { get; init; }
    /// <summary>A person has pressed a key: they decide when to leave.</summary>
    public bool Touched { get; init; }

    /// <summary>The job that a key acts on: the selected one, or the one that is shown; null when there is none.</summary>
    public long? Subject => Place.View == WatchView.List
        ? Data.Jobs.Count > 0 ? Data.Jobs[Math.Clamp(Place.Selected, 0, Data.Jobs.Count - 1)].Job : Place.Job
        : Place.Job;

    /// <summary>With what was read anew; the selected job stays selected wherever it is now.</summary>
    public WatchModel With(WatchData data)
    {
        var selected = Data.Jobs.Count == 0 ? -1 : data.Jobs.ToList().FindIndex(line => line.Job == Subject);
        // Who stays at the top wants to see what is new.
        return Place.Selected == 0 || selected < 0 ? this with { Data = data } : this with { Data = data, Place = Place with { Selected = selected } };
    }
}
