using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Pbs;

/// <summary>How PBS writes things.</summary>
internal static class PbsText
{
    public const string Server = "simbatch", Queue = "workq";
    public const int UnknownId = 153, HasFinished = 35, UnknownQueue = 170;

    /// <summary>Exit_status of a job that its walltime ended.</summary>
    private const int KilledByWalltime = -29;

    public static string Id(long job) => $"{job.ToString(CultureInfo.InvariantCulture)}.{Server}";

    /// <summary>"12", "12.server"; null for what is no id.</summary>
    public static long? ReadId(string text) => long.TryParse(text.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    public static string State(Job job, bool isTorque) => job.Phase switch
    {
        Phase.Queued => "Q",
        Phase.Held => "H",
        Phase.Running => job.Ending == Ending.None ? "R" : "E",
        Phase.Leaving => "E",
        _ => isTorque ? "C" : "F",
    };

    /// <summary>256 and the signal for one that was killed; its own codes for what PBS did.</summary>
    public static int ExitStatus(Job job) => job.Ending == Ending.Walltime ? KilledByWalltime : job.ExitCode > 128 ? job.ExitCode + 128 : job.ExitCode;

    public static string Moment(DateTimeOffset moment) => moment.LocalDateTime.ToString("ddd MMM dd HH:mm:ss yyyy", CultureInfo.InvariantCulture);

    public static string Span(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours:00}:{span.Minutes:00}:{span.Seconds:00}");

    public static Dictionary<string, string> Origin(Job job)
    {
        var home = Environment.GetEnvironmentVariable("HOME") ?? "/";
        return new Dictionary<string, string>
        {
            ["PBS_O_HOME"] = home, ["PBS_O_LANG"] = "C.UTF-8", ["PBS_O_LOGNAME"] = job.User, ["PBS_O_PATH"] = "/usr/bin:/bin", ["PBS_O_SHELL"] = "/bin/sh",
            ["PBS_O_WORKDIR"] = job.Request.Folder, ["PBS_O_SYSTEM"] = "Linux", ["PBS_O_QUEUE"] = job.Request.Queue, ["PBS_O_HOST"] = Server,
        };
    }

    public static string Comment(Job job)
    {
        if (job.Request.Never.Length > 0) return job.Request.Never;
        if (job.Started is not { } started) return job.Restarts > 0 ? "Job requeued: execution node is down"
            : "Not Running: Insufficient amount of resource: ncpus";
        var run = started.LocalDateTime.ToString("'Job run at' ddd MMM dd 'at' HH:mm 'on'", CultureInfo.InvariantCulture)
            + $" {string.Join('+', job.On.Select(node => $"({node}:ncpus={job.Request.Cores})"))}";
        return job.Phase != Phase.Ended ? run : job.Ending switch
        {
            Ending.Walltime => run + " and exceeded resource walltime",
            Ending.Cancelled => run + " and terminated",
            Ending.NodeFailed => run + " and failed",
            _ => run + " and finished",
        };
    }

    /// <summary>All that qstat -f tells of a job, in its order.</summary>
    public static List<(string Name, object Value)> Attributes(Job job, DateTimeOffset now, Func<string, string> word, bool isTorque)
    {
        var request = job.Request;
        var all = new List<(string, object)> { ("Job_Name", request.Name), ("Job_Owner", $"{job.User}@{Server}") };
        if (job.Started is { } started) all.Add(("resources_used", new List<(string, object)> { ("ncpus", request.Cores * request.Nodes),
            ("walltime", Span((job.Ended ?? now) - started)) }));
        all.AddRange([("job_state", word(State(job, isTorque))), ("queue", request.Queue), ("server", Server), ("ctime", Moment(job.Submitted)),
            ("Error_Path", $"{Server}:{request.Error ?? request.Output}")]);
        if (job.On.Count > 0)
            all.AddRange([("exec_host", string.Join('+', job.On.Select(node => $"{node}/0*{request.Cores}"))),
                ("exec_vnode", string.Join('+', job.On.Select(node => $"({node}:ncpus={request.Cores})")))]);
        all.AddRange([("Hold_Types", job.Phase == Phase.Held ? "u" : "n"), ("Join_Path", request.Error is null ? "oe" : "n"),
            ("mtime", Moment(job.Ended ?? job.Started ?? job.Submitted)),
            ("Output_Path", $"{Server}:{request.Output}"), ("Priority", 0), ("qtime", Moment(job.Submitted)),
                ("Rerunable", request.Requeue ? "True" : "False")]);
        var list = new List<(string, object)> { ("ncpus", request.Cores * request.Nodes), ("nodect", request.Nodes),
            ("select", $"{request.Nodes}:ncpus={request.Cores}") };
        if (request.Walltime is { } walltime) list.Add(("walltime", Span(walltime)));
        all.Add(("Resource_List", list));
        if (job.Started is { } begun) all.Add(("stime", Moment(begun)));
        all.AddRange([("Variable_List", Origin(job).Select(pair => (pair.Key, (object)pair.Value)).ToList()), ("euser", job.User), ("comment", Comment(job)),
            ("run_count", job.Restarts + (job.Started is null ? 0 : 1))]);
        if (job.Phase == Phase.Ended) all.Add((isTorque ? "exit_status" : "Exit_status", ExitStatus(job)));
        if (request.Account.Length > 0) all.Add(("Account_Name", request.Account));
        return all;
    }

    /// <summary>JSON as PBS lays it out: tabs, and no escapes but those that must be.</summary>
    public static void Json(StringBuilder to, object value, int depth)
    {
        if (value is not List<(string Name, object Value)> members)
        {
            to.Append(value is string text ? Quoted(text) : Convert.ToString(value, CultureInfo.InvariantCulture));
            return;
        }
        to.Append('{');
        for (var i = 0; i < members.Count; i++)
        {
            to.Append(i == 0 ? "\n" : ",\n").Append('\t', depth + 1).Append(Quoted(members[i].Name)).Append(":\t");
            Json(to, members[i].Value, depth + 1);
        }
        to.Append('\n').Append('\t', depth).Append('}');
    }

    /// <summary>"name = value" lines, wrapped as qstat -f wraps them.</summary>
    public static void Lines(StringBuilder to, List<(string Name, object Value)> attributes)
    {
        const int width = 79;
        foreach (var (name, value) in Flat(attributes))
        {
            var line = $"    {name} = {value}";
            for (; line.Length > width; line = "\t" + line[width..]) to.Append(line.AsSpan(0, width)).Append('\n');
            to.Append(line).Append('\n');
        }
    }

    /// <summary>The same as XML, all on one line, as Torque writes it.</summary>
    public static void Xml(StringBuilder to, List<(string Name, object Value)> attributes)
    {
        foreach (var (name, value) in attributes)
        {
            to.Append('<').Append(name).Append('>');
            if (value is List<(string, object)> members && name != "Variable_List") Xml(to, members);
            else to.Append(System.Security.SecurityElement.Escape(value is List<(string Name, object Value)> pairs
                ? string.Join(',', pairs.Select(pair => $"{pair.Name}={pair.Value}")) : Convert.ToString(value, CultureInfo.InvariantCulture)));
            to.Append("</").Append(name).Append('>');
        }
    }

    private static IEnumerable<(string Name, object Value)> Flat(List<(string Name, object Value)> attributes)
    {
        foreach (var (name, value) in attributes)
            if (value is not List<(string Name, object Value)> members) yield return (name, value);
            else if (name == "Variable_List") yield return (name, string.Join(',', members.Select(pair => $"{pair.Name}={pair.Value}")));
            else foreach (var (part, inner) in members) yield return ($"{name}.{part}", inner);
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", < ' ' => $"\\u{(int)c:x4}", _ => c.ToString() });
        return quoted.Append('"').ToString();
    }
}
