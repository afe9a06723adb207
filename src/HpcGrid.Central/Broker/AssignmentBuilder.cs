using System.Text;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Central.Storage;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Makes what a bridge gets for one attempt: specification, grant, sources and job token. Computed from what is stored, so the same attempt
/// always gives the same specification; takes time (two signatures) and therefore runs outside of any transaction.
/// </summary>
public sealed class AssignmentBuilder(TokenDesk tokens)
{
    /// <summary>Throws GridError when the description does not make a specification for this part.</summary>
    public AssignmentDraft Draft(KnownJob job, AttemptId id, string site, DateTimeOffset assignedAt)
    {
        var owner = job.Row.Owner;
        var specified = job.Description.Specify(job.Part, Context(job.Row), job.Data);
        var spec = Encoding.UTF8.GetBytes(specified.Json);
        var scope = $"{StorageRules.InputsScope} {StorageRules.CreateScope(Lfn.Parse(specified.OutputDirectory))}";
        var unsigned = new Assignment(id.Job, id.Attempt, specified.Json, "", SpecBuilder.Sources(job.Description.Row.Sources, job.Data), "");
        return new AssignmentDraft(unsigned, tokens.GrantOf(owner, id, site, spec, assignedAt), tokens.JobTokenOf(owner, id, scope, assignedAt));
    }

    /// <summary>What is given out together is signed together.</summary>
    public IReadOnlyList<Assignment> Sign(IReadOnlyList<AssignmentDraft> drafts)
    {
        var grants = tokens.Sign(drafts.Select(draft => draft.Grant));
        var jobTokens = tokens.Sign(drafts.Select(draft => draft.Token));
        return [.. drafts.Select((draft, i) => draft.Unsigned with { Grant = grants[i], Token = jobTokens[i] })];
    }

    /// <summary>Where the outputs of a job go.</summary>
    public Lfn OutputDirectory(KnownJob job) => Lfn.Parse(SpecBuilder.OutputDirectory(job.Description.Job, job.Part, Context(job.Row), job.Data));

    /// <summary>Where what a failed attempt saved goes.</summary>
    public Lfn ErrorDirectory(JobRow row, int attempt) => Lfn.Parse(SpecBuilder.ErrorDirectory(Context(row), attempt));

    private JobContext Context(JobRow row) => new(row.Job, row.Master, row.Owner, AccountRules.Home(tokens.Vo, row.Owner));
}

/// <summary>What a bridge gets for one attempt, before it is signed.</summary>
public sealed record AssignmentDraft(Assignment Unsigned, Grant Grant, JobToken Token);
