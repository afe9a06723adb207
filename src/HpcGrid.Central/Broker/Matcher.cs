using System.Collections.Concurrent;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Gives waiting jobs to a bridge: chosen, marked ASSIGNED and leased in one transaction, signed afterwards. The answer can be made again from
/// what is stored, so a bridge that lost it asks with the same request id and gets the same attempts.
/// </summary>
public sealed class Matcher(CentralDatabase database, Descriptions descriptions, AssignmentBuilder builder, Sites sites, JobFlow flow,
    TimeProvider clock)
{
    private readonly RankWatch _ranks = new(sites.Roster);

    public async Task<Matched> Match(Caller caller, MatchJobs request)
    {
        caller.MustBeBridge();
        if (request.Count is < 0 or > MatchJobs.MaxCount) throw GridError.Invalid($"a match asks for 0 to {MatchJobs.MaxCount} jobs, not {request.Count}");
        sites.Roster.Offered(caller.Name, request.SiteMap);
        var chosen = await database.Write(session => Choose(session, caller.Name, request));
        sites.Roster.Served(caller.Name, request.Count, chosen.Count);
        var jobs = database.Read(session => chosen.ConvertAll(one => descriptions.Of(session, one.Row)));
        // What is signed together is made together: then each core signs, and what it made is garbage a moment later.
        var parts = Enumerable.Range(0, chosen.Count).Chunk(Core.Limits.TokensPerSignature).ToArray();
        var made = new IReadOnlyList<Assignment>[parts.Length];
        var refused = new ConcurrentBag<(AttemptId Id, GridError Fault)>();
        Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, part =>
        {
            var drafts = new List<AssignmentDraft>(parts[part].Length);
            foreach (var i in parts[part])
            {
                var (held, _, site) = chosen[i];
                try { drafts.Add(builder.Draft(jobs[i], held.Id, site, held.AssignedAt)); }
                catch (GridError e) { refused.Add((held.Id, e)); }
            }
            made[part] = builder.Sign(drafts);
        });
        if (!refused.IsEmpty) await Refuse([.. refused]);
        return new Matched(request.RequestId, [.. made.SelectMany(part => part)]);
    }

    private List<(Held Held, JobRow Row, string Site)> Choose(Session session, string name, MatchJobs request)
    {
        var bridge = BridgeTable.Find(session, name) ?? throw GridError.Conflict($"bridge {name} has not introduced itself", "Send BridgeHello first.");
        // What it got would be its follower's, which never hears of it (seed 3017).
        if (request.Spool != bridge.Spool)
            throw GridError.Conflict($"another bridge {name} has introduced itself since", "Only one bridge of a name may run. Stop this one.");
        var book = new JobBook(session, clock.GetUtcNow());
        var held = AssignmentTable.OfRequest(session, name, request.RequestId);
        if (held.Count == 0)
        {
            foreach (var (group, number) in Shares(session, name, request))
                held.AddRange(Assign(book, bridge, request, group, number));
            flow.Save(book);
        }
        book.Load(held.Select(one => one.Id.Job));
        return [.. held.Select(one => (one, book.Find(one.Id.Job)!, bridge.Site))];
    }

    private List<(Demand Group, int Number)> Shares(Session session, string name, MatchJobs request)
    {
        // A throttled site gets one job to prove itself with; the next when that one has ended.
        var slots = sites.Health.Throttled(name) is null ? request.Count : AssignmentTable.Holds(session, name) ? 0 : Math.Min(1, request.Count);
        if (slots == 0) return [];
        var now = clock.GetUtcNow();
        var memo = new MatchMemo(request.SiteMap);
        return MatchRules.Share(WaitingTable.Demands(session, Limits.GroupsPerMatch), owner => OwnerDesk.Of(session, owner, now), slots, Limits.MatchBytes,
            group => WeightIfMatching(session, name, group.Description, request.SiteMap, memo));
    }

    private long? WeightIfMatching(Session session, string name, long id, SiteMap site, MatchMemo memo)
    {
        var description = descriptions.Get(session, id);
        if (!site.IsOpenTo(description.Row.Owner) || !memo.Matches(description.Job)) return null;
        return _ranks.Keeps(name, description, site, clock.GetUtcNow()) ? null : description.Weight;
    }

    private IEnumerable<Held> Assign(JobBook book, BridgeRow bridge, MatchJobs request, Demand group, int number)
    {
        var jobs = WaitingTable.Take(book.Session, group.Description, number);
        book.Load(jobs);
        var assigned = new Assigned(bridge.Name, bridge.Site);
        foreach (var job in jobs)
        {
            book.Tell(job, assigned);
            var held = new Held(new AttemptId(job, book.Find(job)!.Attempt), bridge.Name, bridge.Ledger, request.RequestId, group.Owner,
                group.Description, book.Now, false) { MatchNumber = request.Number };
            AssignmentTable.Insert(book.Session, held);
            yield return held;
        }
    }

    /// <summary>Jobs that turn out to be impossible end with the reason instead of coming back for ever.</summary>
    private Task Refuse(List<(AttemptId Id, GridError Fault)> refused) => database.Write(session =>
    {
        var book = new JobBook(session, clock.GetUtcNow());
        foreach (var (id, fault) in refused)
        {
            AssignmentTable.Delete(session, id);
            if (book.Find(id.Job) is { } row && row.Attempt == id.Attempt && !row.State.IsFinal())
                book.Tell(id.Job, new Ended(JobState.ErrorI) { Reason = fault.Message });
        }
        flow.Save(book);
    });
}
