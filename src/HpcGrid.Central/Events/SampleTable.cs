using System.Text.Json;
using HpcGrid.Central.Database;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.Events;

/// <summary>What jobs used over time: a bounded number of samples of each job's newest attempt.</summary>
public static class SampleTable
{
    /// <summary>Stores one; samples of earlier attempts go, and when there are too many, every second one.</summary>
    public static void Insert(Session session, JobSample sample, int most)
    {
        var inserted = session.Execute("INSERT INTO sample (job, attempt, at, what) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            sample.Job, sample.Attempt, sample.At.ToUnixTimeMilliseconds(), JsonSerializer.SerializeToUtf8Bytes(sample, GridJson.Default.JobSample));
        if (inserted == 0) return;
        session.Execute("DELETE FROM sample WHERE job = $1 AND attempt < $2", sample.Job, sample.Attempt);
        var times = session.Query("SELECT at FROM sample WHERE job = $1 AND attempt = $2 ORDER BY at", row => row.GetInt64(0), sample.Job, sample.Attempt);
        if (times.Count <= most) return;
        // The newest stays; the others' distance doubles.
        for (var i = times.Count - 2; i >= 0; i -= 2)
            session.Execute("DELETE FROM sample WHERE job = $1 AND attempt = $2 AND at = $3", sample.Job, sample.Attempt, times[i]);
    }

    /// <summary>Of the newest attempt, oldest first.</summary>
    public static List<JobSample> Of(Session session, long job)
    {
        var samples = session.Query(
            "SELECT what FROM sample WHERE job = $1 AND attempt = (SELECT MAX(attempt) FROM sample WHERE job = $1) ORDER BY at",
            row => Read(row.GetBytes(0)), job);
        return samples.Count > 0 ? samples : [.. ArchiveTable.Samples(session, job).Select(entry => Read(entry.What))];
    }

    private static JobSample Read(byte[] what) => JsonSerializer.Deserialize(what, GridJson.Default.JobSample)!;
}
