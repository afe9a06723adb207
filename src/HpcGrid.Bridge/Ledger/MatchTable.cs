using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Match requests without a stored answer: written before central is asked, deleted with the answer's jobs (W27).</summary>
internal sealed class MatchTable : Table
{
    private const string Count = "matches";
    private readonly Statement _open, _close, _all;
    private readonly FactTable _facts;
    private long _made;

    public MatchTable(SqliteConnection connection, FactTable facts) : base(connection)
    {
        _facts = facts;
        _made = facts.ReadNumber(Count);
        _open = Prepare("INSERT INTO match_request(request_id, count, site_map) VALUES ($1, $2, $3)");
        _close = Prepare("DELETE FROM match_request WHERE request_id = $1");
        _all = Prepare("SELECT request_id, count, site_map FROM match_request");
    }

    /// <summary>
    /// Requests made so far: the number of the one that is pending, because there is never more than one. By this central knows an old copy of a ledger.
    /// Any thread may ask.
    /// </summary>
    public long Made => Volatile.Read(ref _made);

    public void Open(OpenMatch match)
    {
        _open.Run(match.RequestId.ToString(), match.Count, match.SiteMap);
        // Before the transaction ends: a number that is too high for a moment harms nothing, one that is too low takes jobs away.
        Volatile.Write(ref _made, _facts.Next(Count));
    }

    /// <summary>False when it was closed already: the answer came twice.</summary>
    public bool Close(Guid requestId) => _close.Run(requestId.ToString()) == 1;

    public OpenMatch? Pending() =>
        _all.First(row => new OpenMatch(Guid.Parse(row.GetString(0)), row.GetInt32(1), row.GetBytes(2)));
}
