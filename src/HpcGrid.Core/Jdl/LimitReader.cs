using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>Reads what a job may do on its node, and what is kept of what it prints.</summary>
internal static class LimitReader
{
    public static JobLimits Read(KeyReader keys) => new()
    {
        OutputMib = keys.Mebibytes("MaxOutputSize", JobLimits.Default.OutputMib),
        Processes = (int)keys.Whole("MaxProcesses", 1, Limits.MostProcesses, JobLimits.Default.Processes),
        IdleSeconds = (int)keys.Whole("MaxIdleTime", 0, Limits.LongestTtl, JobLimits.Default.IdleSeconds),
    };

    public static KeepOutput ReadKeepOutput(KeyReader keys)
    {
        if (keys.Text("KeepOutput") is not { } text) return KeepOutput.Tail;
        if (Enum.TryParse<KeepOutput>(text, ignoreCase: true, out var keep) && Enum.IsDefined(keep) && !char.IsAsciiDigit(text[0])) return keep;
        keys.Wrong(keys.Document.Find("KeepOutput")!, $"is {Faults.Shown(text)}", "Write KeepOutput = \"always\", \"failed\", \"tail\" or \"never\";");
        return KeepOutput.Tail;
    }
}
