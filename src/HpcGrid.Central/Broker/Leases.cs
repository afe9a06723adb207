using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Broker;

/// <summary>How long bridges may be silent.</summary>
/// <param name="Lease">Then their jobs are shown as ZOMBIE.</param>
/// <param name="GiveUp">Then their jobs are lost: a new attempt, or EXPIRED.</param>
public sealed record LeaseTimes(TimeSpan Lease, TimeSpan GiveUp);

/// <summary>
/// Bridges coming, going and coming back. Everything is done in steps that may be repeated: a crash in the middle goes on at the next hello,
/// renewal or tick.
/// </summary>
public sealed class Leases(CentralDatabase database, JobFlow flow, WaitingHint hint, BridgeRoster roster, LeaseTimes times, TimeProvider clock)
{
    /// <summary>
    /// A bridge introduces itself. With another ledger than before, what the old one held is lost; with an old copy of the same, what it was given since. Its
    /// spool's epoch is entered first, so that no bridge before it is heard in between, its ledger only when all of that is settled.
    /// </summary>
    /// <returns>The bridge whose jobs these are: another one when that has followed it on the same spool. Then nothing was changed.</returns>
    public async Task<SpoolEpoch> Hello(Caller caller, BridgeHello hello)
    {
        caller.MustBeBridge();
        if (hello.Bridge != caller.Name) throw GridError.Denied($"this certificate is of bridge {caller.Name}, not {hello.Bridge}",
            "Use the bridge's own client.yaml.");
        if (string.IsNullOrWhiteSpace(hello.Site)) throw GridError.Invalid("a bridge needs a site", "Set `site` in bridge.yaml.");
        if (await Enter(hello, row => row) is { } follower) return follower;
        while (await database.Write(session => IsFollowed(session, hello) ? 0 : Lose(session, "lost its ledger",
            AssignmentTable.OfOtherLedgers(session, hello.Bridge, hello.Ledger, Limits.JobsPerTransaction))) > 0) { }
        while (await database.Write(session => IsFollowed(session, hello) ? 0 : Lose(session, "came back with an old copy of its ledger",
            AssignmentTable.OfLaterMatches(session, hello.Bridge, hello.Matches, Limits.JobsPerTransaction))) > 0) { }
        if (await Enter(hello, row => row with { Site = hello.Site, Ledger = hello.Ledger, SeenAt = clock.GetUtcNow() }) is { } late) return late;
        await ComeBack(caller.Name);
        return hello.Spool;
    }

    /// <summary>Null, or who has followed it: then nothing is entered.</summary>
    private Task<SpoolEpoch?> Enter(BridgeHello hello, Func<BridgeRow, BridgeRow> change) => database.Write(session =>
    {
        var known = BridgeTable.Find(session, hello.Bridge) ?? new BridgeRow(hello.Bridge, hello.Site, hello.Ledger, clock.GetUtcNow(), false, hello.Spool);
        if (hello.Spool.IsBefore(known.Spool)) return known.Spool;
        BridgeTable.Save(session, change(known with { Spool = hello.Spool }));
        return null;
    });

    private static bool IsFollowed(Session session, BridgeHello hello) =>
        BridgeTable.Find(session, hello.Bridge) is { } known && hello.Spool.IsBefore(known.Spool);

    /// <summary>Extends the leases of a bridge; says what it must stop.</summary>
    public async Task<Renewed> Renew(Caller caller, RenewLeases request)
    {
        caller.MustBeBridge();
        roster.Told(caller.Name, request.Nodes);
        var lost = await database.Write(session =>
        {
            var bridge = BridgeTable.Find(session, caller.Name) ?? throw GridError.Conflict($"bridge {caller.Name} has not introduced itself",
                "Send BridgeHello first.");
            BridgeTable.Save(session, bridge with { SeenAt = clock.GetUtcNow() });
            return bridge.Lost;
        });
        if (lost) await ComeBack(caller.Name);
        return database.Read(session => new Renewed(AssignmentTable.Ending(session, caller.Name, Limits.KillsPerAnswer), hint.Of(session, caller.Name)));
    }

    /// <summary>Looks for silent bridges.</summary>
    public async Task Tick()
    {
        foreach (var bridge in database.Read(BridgeTable.All))
        {
            var silent = clock.GetUtcNow() - bridge.SeenAt;
            if (silent > times.Lease && !bridge.Lost)
                await ForEachHeld(bridge.Name, book => Mark(book, bridge.Name, true), (book, held) => TellContact(book, held, true));
            if (silent > times.GiveUp) await ForEachHeld(bridge.Name, _ => { }, GiveUp);
        }
    }

    /// <summary>Central was away itself: nobody's silence counts before now.</summary>
    public Task Forgive() => database.Write(session => BridgeTable.ForgiveAll(session, clock.GetUtcNow()));

    private Task ComeBack(string bridge) =>
        database.Read(session => BridgeTable.Find(session, bridge)) is { Lost: true }
            ? ForEachHeld(bridge, book => Mark(book, bridge, false), (book, held) => TellContact(book, held, false))
            : Task.CompletedTask;

    private static void Mark(JobBook book, string name, bool lost)
    {
        if (BridgeTable.Find(book.Session, name) is { } bridge) BridgeTable.Save(book.Session, bridge with { Lost = lost });
    }

    private static void TellContact(JobBook book, Held held, bool lost)
    {
        if (book.Find(held.Id.Job) is { } row && row.Attempt == held.Id.Attempt && !row.Known.Position.Final && row.Known.ContactLost != lost)
            book.Tell(held.Id.Job, new ContactChanged(lost));
    }

    private void GiveUp(JobBook book, Held held)
    {
        flow.Lose(book, held.Id, $"bridge {held.Bridge} was silent for too long");
        AssignmentTable.MarkEnding(book.Session, held.Id);
    }

    /// <summary>In steps, so that other writers get their turn. The mark comes with the last step: until then it is done again.</summary>
    private async Task ForEachHeld(string bridge, Action<JobBook> atEnd, Action<JobBook, Held> change)
    {
        for (long? after = 0; after is { } from;)
            after = await database.Write(session =>
            {
                var book = new JobBook(session, clock.GetUtcNow());
                var page = AssignmentTable.OfBridge(session, bridge, from, Limits.JobsPerTransaction);
                book.Load(page.Select(held => held.Id.Job));
                foreach (var held in page) change(book, held);
                var last = page.Count < Limits.JobsPerTransaction;
                if (last) atEnd(book);
                flow.Save(book);
                return last ? (long?)null : page[^1].Id.Job;
            });
    }

    private int Lose(Session session, string why, List<Held> orphans)
    {
        var book = new JobBook(session, clock.GetUtcNow());
        book.Load(orphans.Select(held => held.Id.Job));
        foreach (var held in orphans)
        {
            flow.Lose(book, held.Id, $"bridge {held.Bridge} {why}");
            AssignmentTable.Delete(session, held.Id);
        }
        flow.Save(book);
        return orphans.Count;
    }
}
