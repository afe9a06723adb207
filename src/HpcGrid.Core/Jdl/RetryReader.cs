using System.Globalization;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Core.Jdl;

/// <summary>Reads the keys that say what becomes of failed attempts (jalien.md 2.5, and gLite's two retry counts).</summary>
internal sealed class RetryReader(KeyReader keys)
{
    private static readonly JobState[] System =
        [JobState.Expired, JobState.ErrorIB, JobState.ErrorE, JobState.Failed, JobState.ErrorSV, JobState.ErrorA];

    private static readonly string[] HowOften = ["MaxResubmissionCount", "MasterResubmitThreshold", "MaxResubmitFraction"];

    public RetryPolicy Read() => new()
    {
        Shallow = Count("ShallowRetryCount", -1),
        Deep = Count("RetryCount", 0),
        Together = Count("MaxResubmissionCount", 0),
        States = States(),
        MostFailed = First(NumberOrPart("MaxFailed"), NumberOrPart("MaxFailFraction")),
        MostFailedAtFirst = Count("MaxInitFailed", 0),
        MostResubmitted = First(NumberOrPart("MasterResubmitThreshold"), NumberOrPart("MaxResubmitFraction")),
    };

    private int? Count(string key, int least) => keys.Document.Find(key) is null ? null : (int)keys.Whole(key, least, Limits.MostSubjobs, 0);

    /// <summary>Who says how often, but not what, means AliEn's "system".</summary>
    private IReadOnlyList<JobState>? States()
    {
        if (keys.Items("ResubmitType") is not { Count: > 0 } items)
            return HowOften.Any(key => keys.Document.Find(key) is not null) ? System : null;
        var states = new List<JobState>();
        foreach (var (word, place) in items.SelectMany(item => Words(item.Text).Select(word => (word, item.Place))))
        {
            if (word.Equals("system", StringComparison.OrdinalIgnoreCase)) states.AddRange(System);
            else if (word.Equals("all", StringComparison.OrdinalIgnoreCase)) states.AddRange([.. System, JobState.ErrorV]);
            else if (JobStates.TryParse(word, out var state) && RetryRules.MayBeAskedFor(state)) states.Add(state);
            else
                keys.Faults.Add(place, $"ResubmitType names {Faults.Shown(word)}, which is not a failed end that can be tried again",
                    "Write ResubmitType = \"system\"; \"all\"; or states as {\"ERROR_E\", \"ERROR_V\"}.");
        }
        return [.. states.Distinct()];
    }

    private static string[] Words(string text) => text.Split([' ', ',', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>"10" is a number, "10%" and "0.1" are parts of all subjobs.</summary>
    private Portion? NumberOrPart(string key)
    {
        if (keys.Document.Find(key) is not { } entry) return null;
        var text = entry.Value switch { JdlRaw raw => raw.Text.Trim(), JdlInteger or JdlReal => entry.Value.ToString(), _ => keys.Text(key)?.Trim() };
        if (text is null) return null;
        var isPercent = text.EndsWith('%');
        var shown = $"{key} = {text}";
        if (double.TryParse(isPercent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            if (isPercent && number <= 100) return new Portion(null, number / 100, shown);
            var isPart = !isPercent && (text.Contains('.', StringComparison.Ordinal) || key.EndsWith("Fraction", StringComparison.Ordinal));
            if (isPart && number <= 1) return new Portion(null, number, shown);
            if (!isPercent && !isPart && number <= Limits.MostSubjobs) return new Portion((int)number, null, shown);
        }
        keys.Wrong(entry, $"is {Faults.Shown(text)}: it must be a number of subjobs, a percentage or a part of them",
            $"Write {key} = \"10%\"; or {key} = 0.1;{(key.EndsWith("Fraction", StringComparison.Ordinal) ? "" : $" or {key} = 10;")}");
        return null;
    }

    /// <summary>The one that is said; of both the first, which docs/jobs.md tells.</summary>
    private static Portion? First(Portion? number, Portion? part) => number ?? part;
}
