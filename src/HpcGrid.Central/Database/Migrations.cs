using System.Globalization;
using System.Reflection;
using HpcGrid.Core;

namespace HpcGrid.Central.Database;

/// <summary>
/// Numbered changes of the schema, embedded as "NNN-name.sql", each in its own transaction, never edited once released.
/// Written in what SQLite and PostgreSQL share; two places differ and are translated for SQLite here: a BIGINT PRIMARY KEY is
/// its row id only as INTEGER PRIMARY KEY, and "/* WITHOUT ROWID */" is a comment to PostgreSQL.
/// </summary>
internal static class Migrations
{
    public static void Apply(Session session)
    {
        var scripts = Scripts();
        while (true)
        {
            session.Execute("BEGIN IMMEDIATE");
            session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, applied_at BIGINT NOT NULL)");
            var version = session.Number("SELECT MAX(version) FROM schema_version") ?? 0;
            if (version > scripts.Count)
            {
                session.Execute("ROLLBACK");
                throw GridError.Conflict($"the database has schema {version}, this central knows {scripts.Count}",
                    "Start a central of at least the version that wrote it.");
            }
            if (version < scripts.Count) ApplyOne(session, scripts[(int)version], version + 1);
            session.Execute("COMMIT");
            if (version >= scripts.Count - 1) return;
        }
    }

    private static void ApplyOne(Session session, string script, long version)
    {
        foreach (var statement in script.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            session.Execute(statement);
        session.Execute("INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)", version, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    private static List<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        return [.. names.Select((name, index) => Read(assembly, name, index + 1))];
    }

    private static string Read(Assembly assembly, string name, int number)
    {
        if (!name.Contains(number.ToString("D3", CultureInfo.InvariantCulture) + "-", StringComparison.Ordinal))
            throw new InvalidOperationException($"migration {name} is not number {number}");
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        var lines = reader.ReadToEnd().Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal));
        return string.Join('\n', lines)
            .Replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY", StringComparison.Ordinal)
            .Replace("/* WITHOUT ROWID */", "WITHOUT ROWID", StringComparison.Ordinal);
    }
}
