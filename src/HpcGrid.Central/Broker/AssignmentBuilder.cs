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
    public Assignment Build(KnownDescription description, JobRow row, AttemptId id, string site, DateTimeOffset assignedAt)
    {
        var spec = JsonSerializer.SerializeToUtf8Bytes(Specify(description, row), GridJson.Default.JobSpec);
        return new Assignment(id.Job, id.Attempt, Encoding.UTF8.GetString(spec), tokens.SignGrant(row.Owner, id, site, spec, assignedAt),
            description.Row.Sources, tokens.SignJobToken(row.Owner, id, Scope(description, row), assignedAt));
    }

    /// <summary>Where the outputs of a job go.</summary>
    public Lfn OutputDirectory(KnownDescription description, JobRow row) =>
        Lfn.Parse(SpecBuilder.OutputDirectory(description.Job, Part(description, row), Context(row)));

    private JobSpec Specify(KnownDescription description, JobRow row) =>
        SpecBuilder.Build(description.Job, Part(description, row), Context(row), description.Row.Sources);

    private string Scope(KnownDescription description, JobRow row) =>
        $"{StorageRules.InputsScope} {StorageRules.CreateScope(OutputDirectory(description, row))}";

    private static JobPart? Part(KnownDescription description, JobRow row) => row.Part is { } part ? Splitter.Part(description.Job, part) : null;

    private JobContext Context(JobRow row) => new(row.Job, row.Master, row.Owner, AccountRules.Home(tokens.Vo, row.Owner));
}
