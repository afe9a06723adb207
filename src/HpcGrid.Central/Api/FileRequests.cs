using HpcGrid.Central.Catalogue;
using HpcGrid.Central.Database;
using HpcGrid.Central.Identity;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Api;

/// <summary>What users ask of the catalogue.</summary>
public sealed class FileRequests(CentralDatabase database, CatalogueReads reads, CatalogueChanges changes, CatalogueSearch search, FileTickets tickets)
{
    public EntryList List(Caller caller, ListDirectory request) =>
        database.Read(session => reads.List(session, ViewerOf(caller), Lfn.Parse(request.Path), request.After, request.Limit));

    public EntryDetail Stat(Caller caller, StatEntry request) => database.Read(session => reads.Stat(session, ViewerOf(caller), Lfn.Parse(request.Path)));

    public Task<Done> MakeDirectory(Caller caller, MakeDirectory request) =>
        Change(session => changes.MakeDirectory(session, ViewerOf(caller), Lfn.Parse(request.Path), request.Parents));

    public Task<Done> Remove(Caller caller, RemoveEntry request) =>
        Change(session => changes.Remove(session, ViewerOf(caller), Lfn.Parse(request.Path), request.Recursive));

    public Task<Done> Move(Caller caller, MoveEntry request) =>
        Change(session => changes.Move(session, ViewerOf(caller), Lfn.Parse(request.From), Lfn.Parse(request.To)));

    public Task<Done> Copy(Caller caller, CopyEntry request) =>
        Change(session => changes.Copy(session, ViewerOf(caller), Lfn.Parse(request.From), Lfn.Parse(request.To)));

    public EntryList Find(Caller caller, FindEntries request) => database.Read(session => search.Find(session, ViewerOf(caller), request));

    public ReadTicket OpenForReading(Caller caller, OpenForReading request) =>
        database.Read(session => tickets.OpenForReading(session, ViewerOf(caller), Lfn.Parse(request.Path)));

    public ReadTickets OpenManyForReading(Caller caller, OpenManyForReading request) => request.Paths.Count <= Limits.TicketsPerCall
        ? database.Read(session => new ReadTickets([.. request.Paths.Select(path => tickets.OpenForReading(session, ViewerOf(caller), Lfn.Parse(path)))]))
        : throw new GridError(ErrorCode.TooLarge, $"{request.Paths.Count} files at once", $"Ask for at most {Limits.TicketsPerCall} at a time.");

    public WriteTicket OpenForWriting(Caller caller, OpenForWriting request) =>
        database.Read(session => tickets.OpenForWriting(session, ViewerOf(caller), Lfn.Parse(request.Path), request.Content, request.Wish ?? ""));

    public Task<Done> Register(Caller caller, RegisterFile request) => Change(session => tickets.Register(session, ViewerOf(caller), request));

    private static Viewer ViewerOf(Caller caller)
    {
        caller.MustBePerson();
        return new Viewer(caller.Name, caller.IsAdmin);
    }

    private async Task<Done> Change(Action<Session> change)
    {
        await database.Write(change);
        return new Done();
    }
}
