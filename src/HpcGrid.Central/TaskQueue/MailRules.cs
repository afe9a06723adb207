using System.Globalization;
using System.Text;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.TaskQueue;

/// <summary>What a mail about the end of a job says. Pure.</summary>
public static class MailRules
{
    /// <summary>Head and text, as `sendmail -t` reads them. Nothing of the user's stands in the head but addresses, which were checked.</summary>
    /// <param name="row">The job as it ended.</param>
    /// <param name="job">Its description.</param>
    /// <param name="children">Of a master: subjobs by state.</param>
    /// <param name="directory">Where its outputs are.</param>
    public static string Write(JobRow row, JobDescription job, IReadOnlyDictionary<JobState, int> children, string directory)
    {
        var state = row.State.Text();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"To: {string.Join(", ", job.Email)}\nSubject: [hpcgrid] job {row.Job} {state}\n");
        text.Append("Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Job {row.Job} ({Line(job.Name)}) of {row.Owner} has ended: {state}.\n");
        if (row.Known.Reason.Value is { Length: > 0 } reason) text.Append(CultureInfo.InvariantCulture, $"{Line(reason)}\n");
        foreach (var (child, number) in children.OrderByDescending(pair => pair.Value))
            text.Append(CultureInfo.InvariantCulture, $"  {number} {child.Text()}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nOutputs: {Line(directory)}\nMore: hpcgrid why {row.Job}\n");
        return text.ToString();
    }

    /// <summary>How long after so many failures it is tried again; null to give up.</summary>
    public static TimeSpan? PauseAfter(int tries) => tries < Limits.MailTries ? Limits.MailPause * Math.Pow(2, tries - 1) : null;

    private static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
