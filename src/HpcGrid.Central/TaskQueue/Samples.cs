using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Central.TaskQueue;

/// <summary>What jobs used over time: bridges report it, owners read it.</summary>
public sealed class Samples(CentralDatabase database, TimeProvider clock)
{
    /// <summary>Takes samples of current attempts that this bridge holds or held lately; others tell nothing and are left out.</summary>
    public async Task<Done> Report(Caller caller, ReportSamples request)
    {
        caller.MustBeBridge();
        if (request.Samples.Count > Limits.SamplesPerReport)
            throw new GridError(ErrorCode.TooLarge, $"{request.Samples.Count} samples in one report", $"Send at most {Limits.SamplesPerReport} at once.");
        return await database.Write(session =>
        {
            var rows = JobTable.Find(session, [.. request.Samples.Select(sample => sample.Job).Distinct()]).ToDictionary(row => row.Job);
            foreach (var sample in request.Samples)
                if (rows.TryGetValue(sample.Job, out var row) && !row.IsArchived && row.Attempt == sample.Attempt && row.Known.Bridge.IsOf(sample.Attempt)
                    && row.Known.Bridge.Value == caller.Name)
                    SampleTable.Insert(session, NotAhead(sample), Limits.SamplesPerJob);
            return new Done();
        });
    }

    public JobSamples Read(Caller caller, long job) => database.Read(session =>
        JobTable.Find(session, job) is { } row && JobRules.MaySee(caller, row)
            ? new JobSamples(job, SampleTable.Of(session, job))
            : throw GridError.NotFound($"there is no job {job}", "See your jobs: hpcgrid ps."));

    /// <summary>A node's clock that is fast must not make a series that ends in the future.</summary>
    private JobSample NotAhead(JobSample sample) => clock.GetUtcNow() is var now && sample.At > now ? sample with { At = now } : sample;
}
