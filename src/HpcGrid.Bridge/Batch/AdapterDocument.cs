namespace HpcGrid.Bridge.Batch;

/// <summary>adapter.yaml as it is written.</summary>
internal sealed class AdapterDocument
{
    public string System { get; set; } = "";
    public string Template { get; set; } = "";
    public string Start { get; set; } = "";
    public List<string> Attributes { get; set; } = [];
    public int NodesAtMost { get; set; }
    public Dictionary<string, string> NativeLauncher { get; set; } = [];
    public List<string> Prefix { get; set; } = [];
    public List<string> RemoteShell { get; set; } = [];
    public int Timeout { get; set; } = 60;
    public int CallsPerMinute { get; set; } = Limits.BatchCallsPerMinute;
    public SubmitPart Submit { get; set; } = new();
    public QuestionPart? Status { get; set; }
    public QuestionPart? History { get; set; }
    public CancelPart Cancel { get; set; } = new();
    public BackfillPart? Backfill { get; set; }
    public LostPart Lost { get; set; } = new();
    public StatesPart States { get; set; } = new();
}

internal sealed class SubmitPart
{
    public List<string> Command { get; set; } = [];
    public List<string> Files { get; set; } = [];
    public bool Input { get; set; }
    public string Id { get; set; } = "";
    public string Refused { get; set; } = "";
}

internal sealed class QuestionPart
{
    public List<string> Command { get; set; } = [];
    public string Format { get; set; } = "";
    public string Line { get; set; } = "";
    public string Items { get; set; } = "";
    public string Id { get; set; } = "";
    public string Tag { get; set; } = "";
    public string State { get; set; } = "";
    public string Detail { get; set; } = "";
    public string Empty { get; set; } = "";
    public string Means { get; set; } = "";
    public List<int> Exit { get; set; } = [0];
}

internal sealed class CancelPart
{
    public List<string> Command { get; set; } = [];
    public string Gone { get; set; } = "";
}

internal sealed class BackfillPart
{
    public List<string> Command { get; set; } = [];
    public string Line { get; set; } = "";
}

internal sealed class LostPart
{
    public int Answers { get; set; } = Limits.AnswersUntilLost;
    public int Seconds { get; set; } = (int)Limits.AbsentUntilLost.TotalSeconds;
}

internal sealed class StatesPart
{
    public List<string> Queued { get; set; } = [];
    public List<string> Running { get; set; } = [];
    public List<string> Ended { get; set; } = [];
}
