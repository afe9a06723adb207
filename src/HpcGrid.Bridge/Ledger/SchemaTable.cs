namespace HpcGrid.Bridge.Ledger;

/// <summary>The ledger's tables. A later version adds to them step by step; nothing is ever rebuilt.</summary>
internal static class SchemaTable
{
    /// <summary>The format this program writes.</summary>
    public const long Format = 6;

    /// <summary>Which format the ledger has; none says that it was just made.</summary>
    public const string ReadFormat = "SELECT value FROM fact WHERE name = 'format'";

    /// <summary>From the format below to this one, in one transaction with its number.</summary>
    public static string StepTo(long format) =>
        $"BEGIN IMMEDIATE; {Steps[format]}; INSERT OR REPLACE INTO fact(name, value) VALUES ('format', '{format}'); COMMIT;";

    private static readonly Dictionary<long, string> Steps = new()
    {
        [2] = "ALTER TABLE job ADD COLUMN special TEXT NOT NULL DEFAULT ''",
        [3] = "ALTER TABLE job ADD COLUMN spared INTEGER NOT NULL DEFAULT 0",
        [4] = """
            ALTER TABLE job ADD COLUMN nodes INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX job_gang ON job(stage) WHERE nodes > 0;
            CREATE TABLE gang(number INTEGER PRIMARY KEY, row INTEGER NOT NULL, branch INTEGER NOT NULL, members TEXT NOT NULL, stage INTEGER NOT NULL)
            """,
        [5] = "ALTER TABLE pilot ADD COLUMN walltime INTEGER",
        // What is staged for held jobs is asked for every 20 s; specifications and tokens of all of them need not be read for it.
        [6] = """
            CREATE INDEX assignment_riders ON assignment(riders) WHERE riders <> '';
            CREATE INDEX assignment_cached ON assignment(cached) WHERE cached <> ''
            """,
    };

    /// <summary>Format 1.</summary>
    public const string Sql = """
        CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS match_request(request_id TEXT PRIMARY KEY, count INTEGER NOT NULL, site_map BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS job(
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL, attempt INTEGER NOT NULL, branch INTEGER NOT NULL DEFAULT 0,
            stage INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0,
            queue INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0,
            repeatable INTEGER NOT NULL, killed INTEGER NOT NULL DEFAULT 0,
            cores INTEGER NOT NULL, memory INTEGER NOT NULL, disk INTEGER NOT NULL, ttl INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS job_attempt ON job(job, attempt);
        CREATE INDEX IF NOT EXISTS job_stage ON job(stage, queue, cores);
        CREATE INDEX IF NOT EXISTS job_queue ON job(queue, generation);
        CREATE INDEX IF NOT EXISTS job_killed ON job(killed) WHERE killed = 1;
        CREATE TABLE IF NOT EXISTS assignment(
            row INTEGER PRIMARY KEY, spec BLOB NOT NULL, grant_token TEXT NOT NULL, job_token TEXT NOT NULL,
            sources BLOB, riders TEXT NOT NULL DEFAULT '', cached TEXT NOT NULL DEFAULT '');
        CREATE TABLE IF NOT EXISTS queue(
            id INTEGER NOT NULL, generation INTEGER NOT NULL, stage INTEGER NOT NULL, agent TEXT,
            strict INTEGER NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY(id, generation)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS queue_stage ON queue(stage);
        CREATE TABLE IF NOT EXISTS condemned(
            queue INTEGER NOT NULL, generation INTEGER NOT NULL, job INTEGER NOT NULL, attempt INTEGER NOT NULL,
            PRIMARY KEY(queue, generation, job, attempt)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS accepted(
            agent TEXT NOT NULL, id INTEGER NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, final INTEGER NOT NULL,
            PRIMARY KEY(agent, id, generation)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS agent(
            agent TEXT PRIMARY KEY, node TEXT NOT NULL, pilot TEXT NOT NULL, batch_id TEXT NOT NULL,
            stage INTEGER NOT NULL, strong INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '',
            message INTEGER NOT NULL DEFAULT 0, lease INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS pilot(
            tag TEXT PRIMARY KEY, batch_id TEXT, stage INTEGER NOT NULL, submitted_at INTEGER NOT NULL,
            deadline INTEGER, ended_at INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS output(
            row INTEGER PRIMARY KEY AUTOINCREMENT, job_row INTEGER NOT NULL, saved BLOB NOT NULL, agent TEXT NOT NULL,
            queue INTEGER NOT NULL, generation INTEGER NOT NULL, spool_file TEXT, bytes BLOB, uploaded INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS output_job ON output(job_row);
        CREATE INDEX IF NOT EXISTS output_queue ON output(queue, generation);
        CREATE TABLE IF NOT EXISTS ending(job_row INTEGER PRIMARY KEY, event BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS outbox(row INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, attempt INTEGER NOT NULL, event BLOB NOT NULL);
        """;
}
