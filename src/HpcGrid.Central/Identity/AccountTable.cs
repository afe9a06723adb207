using HpcGrid.Central.Database;
using HpcGrid.Sqlite;

namespace HpcGrid.Central.Identity;

/// <summary>An account: a name that a certificate may carry.</summary>
public sealed record Account(string Name, Role Role, bool Disabled, DateTimeOffset CreatedAt);

/// <summary>Rows of accounts.</summary>
public static class AccountTable
{
    private const string Columns = "name, role, disabled, created_at";

    /// <summary>False when the name is taken.</summary>
    public static bool Insert(Session session, Account account) =>
        session.Execute("INSERT INTO account (name, role, disabled, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            account.Name, account.Role.Text(), account.Disabled ? 1 : 0, account.CreatedAt.ToUnixTimeMilliseconds()) > 0;

    public static Account? Find(Session session, string name) =>
        session.First($"SELECT {Columns} FROM account WHERE name = $1", Read, name);

    public static List<Account> All(Session session) =>
        session.Query($"SELECT {Columns} FROM account ORDER BY name", Read);

    public static bool SetDisabled(Session session, string name, bool disabled) =>
        session.Execute("UPDATE account SET disabled = $2 WHERE name = $1", name, disabled ? 1 : 0) > 0;

    private static Account Read(Row reader) =>
        new(reader.GetString(0), AccountRules.ParseRole(reader.GetString(1)), reader.Flag(2), reader.Time(3));
}
