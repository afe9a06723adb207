using System.Text;
using System.Text.Json;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Makes what a bridge gets for one attempt: specification, grant, sources and job token. Computed from what is stored, so the same attempt
/// always gives the same specification; takes time (two signatures) and therefore runs outside of any transaction.
/// </summary>
public sealed class AssignmentBuilder(TokenDesk tokens)
{
    /// <summary>Throws GridError when the description does not make a specification for this part.</summary>
    public Assignment Build(KnownJob job, AttemptId id, string site, DateTimeOffset assignedAt)
    {
        var owner = job.Row.Owner;
        var spec = JsonSerializer.SerializeToUtf8Bytes(Specify(job), GridJson.Default.JobSpec);
        return new Assignment(id.Job, id.Attempt, Encoding.UTF8.GetString(spec), tokens.SignGrant(owner, id, site, spec, assignedAt),
            SpecBuilder.Sources(job.Description.Row.Sources, job.Data), tokens.SignJobToken(owner, id, Scope(job), assignedAt));
    }

    /// <summary>Where the outputs of a job go.</summary>
    public Lfn OutputDirectory(KnownJob job) => Lfn.Parse(SpecBuilder.OutputDirectory(job.Description.Job, job.Part, Context(job.Row), job.Data));

    /// <summary>Where what a failed attempt saved goes.</summary>
    public Lfn ErrorDirectory(JobRow row, int attempt) => Lfn.Parse(SpecBuilder.ErrorDirectory(Context(row), attempt));

    private JobSpec Specify(KnownJob job) => SpecBuilder.Build(job.Description.Job, job.Part, Context(job.Row), job.Description.Row.Sources, job.Data);

    private string Scope(KnownJob job) => $"{StorageRules.InputsScope} {StorageRules.CreateScope(OutputDirectory(job))}";

    private JobContext Context(JobRow row) => new(row.Job, row.Master, row.Owner, AccountRules.Home(tokens.Vo, row.Owner));
}
