using System.Collections.Concurrent;
using System.Diagnostics;
using HpcGrid.Core;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Central.Database;

/// <summary>
/// The one writer: a thread that takes waiting requests, runs each inside its own savepoint and commits them together, so that one fsync serves
/// many; after some work it commits all the same, so that whoever asked first is answered while others' requests run. Promise: an answer is given
/// only after the commit is durable; a request that fails is undone alone. A crash at any point leaves whole requests or nothing of them. Refuses
/// new requests when too many wait (Unavailable).
/// </summary>
public sealed class WriteQueue : IDisposable
{
    private readonly Session _session;
    private readonly BlockingCollection<WriteRequest> _requests = new(Limits.WaitingWrites);
    private readonly Thread _thread;

    public WriteQueue(Session session)
    {
        _session = session;
        _thread = new Thread(RunAll) { Name = "database writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs the work on the writer; completes when its changes are durable. Errors of the work come back as they are.</summary>
    public Task<T> Run<T>(Func<Session, T> work)
    {
        var request = new WriteRequest<T>(work);
        try
        {
            if (_requests.TryAdd(request)) return request.Task;
        }
        catch (InvalidOperationException)
        {
            throw GridError.Unavailable("central is stopping", "Try again when it is back.");
        }
        throw GridError.Unavailable("central has too many changes waiting", "Try again in some seconds.");
    }

    private void RunAll()
    {
        foreach (var first in _requests.GetConsumingEnumerable()) RunGroup(first);
    }

    private void RunGroup(WriteRequest first)
    {
        var group = new List<WriteRequest> { first };
        var (news, undo) = (new List<Action>(), new List<Action>());
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            var begun = Stopwatch.GetTimestamp();
            RunOne(first, news, undo);
            while (group.Count < Limits.WritesPerCommit && Stopwatch.GetElapsedTime(begun) < Limits.WorkPerCommit && _requests.TryTake(out var next))
            {
                group.Add(next);
                RunOne(next, news, undo);
            }
            _session.Execute("COMMIT");
        }
        catch (Exception e)
        {
            foreach (var action in undo) action();
            Abandon(group, e);
            return;
        }
        foreach (var action in news) action();
        foreach (var request in group) request.Complete();
    }

    private void RunOne(WriteRequest request, List<Action> news, List<Action> undo)
    {
        _session.Execute("SAVEPOINT request");
        try
        {
            request.Work(_session);
            _session.Execute("RELEASE request");
            var (afterCommit, onRollback) = _session.EndRequest();
            news.AddRange(afterCommit);
            undo.AddRange(onRollback);
        }
        catch (Exception e)
        {
            _session.UndoRequest();
            // A full disk ends the whole transaction by itself; then this throws and the group is abandoned.
            _session.Execute("ROLLBACK TO request");
            _session.Execute("RELEASE request");
            request.Fail(Readable(e));
        }
    }

    private void Abandon(List<WriteRequest> group, Exception cause)
    {
        _session.UndoRequest();
        try { _session.Execute("ROLLBACK"); }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR) { cause = new AggregateException(cause, e); }
        foreach (var request in group)
        {
            request.Fail(Readable(cause));
            request.Complete();
        }
    }

    private static Exception Readable(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR } full =>
            GridError.Unavailable("central's database cannot be written: " + full.Message,
                "Make room on the disk of central's home; nothing was changed.", full),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED } busy =>
            GridError.Unavailable("central's database is in use by another process", "Try again.", busy),
        _ => e,
    };

    /// <summary>Finishes what waits, then stops.</summary>
    public void Dispose()
    {
        _requests.CompleteAdding();
        _thread.Join();
        _requests.Dispose();
        _session.Dispose();
    }

    private abstract class WriteRequest
    {
        public abstract void Work(Session session);
        public abstract void Fail(Exception error);
        public abstract void Complete();
    }

    private sealed class WriteRequest<T>(Func<Session, T> work) : WriteRequest
    {
        private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _error;

        public Task<T> Task => _source.Task;
        public override void Work(Session session) => _result = work(session);
        public override void Fail(Exception error) => _error ??= error;

        public override void Complete()
        {
            if (_error is { } error) _source.TrySetException(error);
            else _source.TrySetResult(_result!);
        }
    }
}
