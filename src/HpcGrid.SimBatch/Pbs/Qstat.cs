using System.Globalization;
using System.Text;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Pbs;

/// <summary>qstat: the table, -f, -F json, Torque's -x for XML.</summary>
internal sealed class Qstat(Simulation simulation, Sight sight, bool isTorque)
{
    /// <summary>How long Torque lists a job that has ended.</summary>
    private static readonly TimeSpan KeepCompleted = TimeSpan.FromSeconds(300);

    private static readonly OptionReader Options = new(OptionStyle.OneDash, "F= u= x f a n s w t H i r 1 Q B q");

    public Answer Run(Call call)
    {
        var given = Options.Read(call.Words, word =>
            new Refused(2, $"qstat: invalid option -- '{word.TrimStart('-')}'\nusage: qstat [-f] [-J] [-p] [-t] [-x] [job_identifier... | destination...]"));
        if (given.Has("Q") || given.Has("q")) return new Answer(Queues());
        var (errors, code) = (new StringBuilder(), 0);
        var jobs = given.Rest.Count == 0 ? sight.Jobs.Where(job => Listed(job, given)).ToList() : [];
        foreach (var word in given.Rest)
        {
            if (PbsText.ReadId(word) is not { } id || sight.Find(id) is not { } job || (job.Phase == Phase.Ended && !Remembers(job)))
                code = Say(errors, isTorque ? $"qstat: Unknown Job Id Error {Whole(word)}" : $"qstat: Unknown Job Id {Whole(word)}", PbsText.UnknownId);
            else if (!isTorque && job.Phase == Phase.Ended && !given.Has("x"))
                code = Say(errors, $"qstat: {PbsText.Id(id)} Job has finished, use -x or -H to obtain historical job information", PbsText.HasFinished);
            else jobs.Add(job);
        }
        if (given.Last("user") is { } user) jobs.RemoveAll(job => job.User != user);
        return new Answer(Shown(jobs, given), code, errors.ToString());
    }

    private static int Say(StringBuilder errors, string text, int code)
    {
        errors.Append(text).Append('\n');
        return code;
    }

    private bool Listed(Job job, Given given) => job.Phase != Phase.Ended || (isTorque ? Remembers(job) : given.Has("x") && Remembers(job));

    private bool Remembers(Job job) => simulation.Setup.History && sight.HasHistory && (!isTorque || simulation.Now - job.Ended < KeepCompleted);

    private string Shown(List<Job> jobs, Given given)
    {
        var text = new StringBuilder();
        if (isTorque && given.Has("x"))
        {
            if (jobs.Count == 0) return "";
            text.Append("<Data>");
            foreach (var job in jobs)
            {
                text.Append("<Job><Job_Id>").Append(PbsText.Id(job.Id)).Append("</Job_Id>");
                PbsText.Xml(text, Attributes(job));
                text.Append("</Job>");
            }
            return text.Append("</Data>\n").ToString();
        }
        if (given.Last("F") == "json")
        {
            var document = new List<(string, object)> { ("timestamp", simulation.Now.ToUnixTimeSeconds()), ("pbs_version", "23.06.06"),
                ("pbs_server", PbsText.Server) };
            if (jobs.Count > 0) document.Add(("Jobs", jobs.Select(job => (PbsText.Id(job.Id), (object)Attributes(job))).ToList()));
            PbsText.Json(text, document, 0);
            return text.Append('\n').ToString();
        }
        if (!given.Has("f")) return Table(jobs);
        foreach (var job in jobs)
        {
            text.Append(CultureInfo.InvariantCulture, $"Job Id: {PbsText.Id(job.Id)}\n");
            PbsText.Lines(text, Attributes(job));
            text.Append('\n');
        }
        return text.ToString();
    }

    private List<(string Name, object Value)> Attributes(Job job) => PbsText.Attributes(job, simulation.Now, sight.Word, isTorque);

    private string Table(List<Job> jobs)
    {
        if (jobs.Count == 0) return "";
        var text = new StringBuilder("Job id            Name             User              Time Use S Queue\n----------------  ---------------- "
            + "----------------  -------- - -----\n");
        foreach (var job in jobs)
        {
            var used = job.Started is { } started ? PbsText.Span((job.Ended ?? simulation.Now) - started) : "0";
            text.Append(CultureInfo.InvariantCulture,
                $"{Cut(PbsText.Id(job.Id)),-17} {Cut(job.Request.Name),-16} {Cut(job.User),-16} "
                    + $" {used,8} {sight.Word(PbsText.State(job, isTorque))} {job.Request.Queue,-16}\n");
        }
        return text.ToString();
    }

    private string Queues()
    {
        var open = simulation.Jobs.Where(job => job.Phase != Phase.Ended).ToList();
        var (waiting, running) = (open.Count(job => job.Phase == Phase.Queued), open.Count(job => job.IsActive));
        return "Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type\n"
            + "---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----\n"
            + $"{PbsText.Queue,-16} {0,5} {open.Count,5} yes yes {waiting,5} {running,5} {0,5} {0,5} {0,5} {0,5} Exec\n";
    }

    private static string Whole(string id) => id.Contains('.', StringComparison.Ordinal) ? id : $"{id}.{PbsText.Server}";

    private static string Cut(string text) => text.Length > 16 ? text[..16] : text;
}
