using System.Globalization;
using HpcGrid.Sqlite;
using Microsoft.Data.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>Single values: the ledger's id, counters, central's last welcome.</summary>
internal sealed class FactTable : Table
{
    private readonly Statement _read, _write;

    public FactTable(SqliteConnection connection) : base(connection)
    {
        _read = Prepare("SELECT value FROM fact WHERE name = $1");
        _write = Prepare("INSERT INTO fact(name, value) VALUES ($1, $2) ON CONFLICT(name) DO UPDATE SET value = excluded.value");
    }

    public string? Read(string name) => _read.First(row => row.GetString(0), name);

    public void Write(string name, string value) => _write.Run(name, value);

    public long ReadNumber(string name) => Read(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    public void WriteNumber(string name, long value) => Write(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Counts up and returns the new value.</summary>
    public long Next(string name)
    {
        var next = ReadNumber(name) + 1;
        WriteNumber(name, next);
        return next;
    }
}
