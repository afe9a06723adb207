using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Lsf;

/// <summary>bjobs: the table, -o with a delimiter, -json.</summary>
internal sealed partial class Bjobs(Simulation simulation, Sight sight)
{
    /// <summary>CLEAN_PERIOD, as shipped.</summary>
    private static readonly TimeSpan CleanPeriod = TimeSpan.FromHours(1);

    private static readonly OptionReader Options = new(OptionStyle.OneDash, "u= q= J= o= P= m= g= a noheader json d r p w l s WL X UF A N sum");

    public Answer Run(Call call)
    {
        var given = Options.Read(call.Words, word => new Refused(255, $"bjobs: illegal option -- {word.TrimStart('-')}"));
        var errors = new StringBuilder();
        var jobs = given.Rest.Count == 0 ? sight.Jobs.Where(job => Listed(job, given)).ToList() : [];
        foreach (var word in given.Rest)
            if (long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && sight.Find(id) is { } job && Remembers(job)) jobs.Add(job);
            else errors.Append(CultureInfo.InvariantCulture, $"Job <{word}> is not found\n");
        if (given.Last("J") is { } name) jobs.RemoveAll(job => job.Request.Name != name);
        var user = given.Last("u", Environment.UserName);
        if (user != "all") jobs.RemoveAll(job => job.User != user);
        if (given.Last("q") is { } queue) jobs.RemoveAll(job => job.Request.Queue != queue);
        if (jobs.Count == 0 && !given.Has("json"))
            return new Answer("", errors.Length > 0 ? 255 : 0, errors.Length > 0 ? errors.ToString() : given.Has("a") ? "No job found\n"
                : "No unfinished job found\n");
        var output = given.Last("o") is { } format ? Formatted(jobs, format, given) : Table(jobs, given);
        return new Answer(output, errors.Length > 0 ? 255 : 0, errors.ToString());
    }

    private bool Remembers(Job job) => job.Phase != Phase.Ended || (simulation.Setup.History && sight.HasHistory && simulation.Now - job.Ended < CleanPeriod);

    private bool Listed(Job job, Given given) => job.Phase == Phase.Ended ? (given.Has("a") || given.Has("d")) && Remembers(job) : !given.Has("d")
        || given.Has("a");

    private string Formatted(List<Job> jobs, string format, Given given)
    {
        var delimiter = Delimiter().Match(format) is { Success: true } match ? match.Groups[1].Value : " ";
        var fields = Delimiter().Replace(format, "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split(':')[0]).ToList();
        if (given.Has("json")) return Json(jobs, fields);
        var text = new StringBuilder();
        if (!given.Has("noheader")) text.AppendJoin(delimiter, fields.Select(field => field.ToUpperInvariant())).Append('\n');
        foreach (var job in jobs) text.AppendJoin(delimiter, fields.Select(field => LsfText.Field(simulation, sight, job, field))).Append('\n');
        return text.ToString();
    }

    /// <summary>As LSF lays it out.</summary>
    private string Json(List<Job> jobs, List<string> fields)
    {
        var records = jobs.Select(job => "    {\n" + string.Join(",\n", fields.Select(field =>
            $"      \"{field.ToUpperInvariant()}\":{Quoted(LsfText.Field(simulation, sight, job, field) is var value && value == "-" ? "" : value)}"))
                + "\n    }");
        return $"{{\n  \"COMMAND\":\"bjobs\",\n  \"JOBS\":{jobs.Count},\n  \"RECORDS\":[\n{string.Join(",\n", records)}\n  ]\n}}\n";
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private string Table(List<Job> jobs, Given given)
    {
        var text = new StringBuilder();
        if (!given.Has("noheader")) text.Append("JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME\n");
        foreach (var job in jobs)
            text.Append(CultureInfo.InvariantCulture,
                $"{job.Id,-7} {Cut(job.User, 7),-7} {sight.Word(LsfText.State(job)),-5} {Cut(job.Request.Queue, 10),-10} {"simbatch",-11} ")
                .Append(CultureInfo.InvariantCulture,
                    $"{Cut(job.On.Count > 0 ? job.On[0] : "", 11),-11} {Cut(job.Request.Name, 10),-10} {LsfText.Moment(job.Submitted)}\n");
        return text.ToString();
    }

    private static string Cut(string text, int width) => text.Length > width ? text[..width] : text;

    [GeneratedRegex("delimiter='([^']*)'|delimiter=\"([^\"]*)\"")]
    private static partial Regex Delimiter();
}
