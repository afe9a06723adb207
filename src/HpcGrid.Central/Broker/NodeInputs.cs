using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Finds the inputs of a DAG's node when those before it are done: at submission they did not exist. The node gets a description with what was found;
/// when something is missing it ends as ERROR_I, which names it.
/// </summary>
public sealed class NodeInputs(InputResolver inputs, Descriptions descriptions, string vo)
{
    /// <summary>The description to offer the node under; null when it ended instead.</summary>
    public long? Find(JobBook book, JobRow node)
    {
        var session = book.Session;
        var job = descriptions.Of(session, node);
        var home = AccountRules.Home(vo, node.Owner);
        var owner = new Viewer(node.Owner, AccountTable.Find(session, node.Owner)?.Role == Role.Admin);
        try
        {
            var found = inputs.Resolve(session, owner, Lfn.Parse(home), job.Description.Job);
            SpecBuilder.Build(job.Description.Job, job.Part, new JobContext(node.Job, node.Master, node.Owner, home), found.Sources, found.Data);
            var description = Descriptions.Store(session, node.Owner, job.Description.Job, found.Sources, found.Data);
            book.Describe(node.Job, description);
            return description;
        }
        catch (GridError e)
        {
            book.Tell(node.Job, new Ended(JobState.ErrorI) { Reason = e.Message });
            return null;
        }
    }
}
