using System.Globalization;
using System.Reflection;
using HpcGrid.Bridge.Ledger;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Simulate;

/// <summary>A full disk under the ledger, played by SQLite's own limit of pages. The connection is nobody else's, and the limit is a connection's.</summary>
internal static class LedgerDisk
{
    private static readonly FieldInfo Connection = typeof(LedgerDatabase).GetField("_connection", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <param name="ledger">Null: nothing happens.</param>
    /// <param name="pages">Null: as many as it wants.</param>
    public static void Limit(LedgerDatabase? ledger, int? pages)
    {
        if (ledger is null) return;
        using var command = ((SqliteConnection)Connection.GetValue(ledger)!).CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages ?? 1_000_000}");
        command.ExecuteNonQuery();
    }
}
