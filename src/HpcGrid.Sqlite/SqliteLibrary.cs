using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace HpcGrid.Sqlite;

/// <summary>SQLite itself, made ready once in a process and before anything else of it is used.</summary>
public static class SqliteLibrary
{
    static SqliteLibrary()
    {
        Batteries_V2.Init();
        // It counts what it allocates under one lock that all threads then wait for. Refused when SQLite is in use already: then it goes on counting.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Does nothing from the second time on.</summary>
    public static void Load()
    {
    }

    /// <summary>
    /// Plans each statement once. Otherwise SQLite plans those anew, at each execution, whose values might speak for another plan: a seventh of a ledger's.
    /// </summary>
    public static void PlanOnce(SqliteConnection connection) => _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
}
