-- Names and times: times are Unix milliseconds, checksums lower-case hex, GUIDs their 36 characters, flags 0 or 1.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('job', 0), ('entry', 0), ('description', 0);

-- Identity ------------------------------------------------------------------------------------------------------------
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    disabled BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

-- Catalogue -----------------------------------------------------------------------------------------------------------
CREATE TABLE entry (
    entry_id BIGINT PRIMARY KEY,
    parent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    owner TEXT NOT NULL,
    grp TEXT NOT NULL,
    perm TEXT NOT NULL,
    size BIGINT NOT NULL,
    guid TEXT,
    sha256 TEXT,
    created_at BIGINT NOT NULL,
    job BIGINT,
    archive_guid TEXT,
    member TEXT
);
CREATE UNIQUE INDEX entry_by_name ON entry (parent_id, name);
CREATE INDEX entry_by_guid ON entry (guid) WHERE guid IS NOT NULL;
CREATE INDEX entry_by_archive ON entry (archive_guid) WHERE archive_guid IS NOT NULL;
CREATE INDEX entry_by_job ON entry (job) WHERE job IS NOT NULL;
CREATE TABLE replica (
    guid TEXT NOT NULL,
    se TEXT NOT NULL,
    pfn TEXT NOT NULL,
    PRIMARY KEY (guid, se)
) /* WITHOUT ROWID */;

-- Storage -------------------------------------------------------------------------------------------------------------
-- What lies in the local storage element and is not registered yet.
CREATE TABLE upload (
    guid TEXT PRIMARY KEY,
    pfn TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    owner TEXT NOT NULL,
    stored_at BIGINT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX upload_by_time ON upload (stored_at);
-- Files to delete physically; a row goes when its file is gone.
CREATE TABLE deletion (
    pfn TEXT NOT NULL,
    se TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    PRIMARY KEY (pfn, se)
) /* WITHOUT ROWID */;

-- Events --------------------------------------------------------------------------------------------------------------
-- One row per job, small: what a subjob runs is computed from its description and part. The subjobs of a master are numbered
-- right behind it (job+1 .. job+subjobs), so a production needs no index. "known" is the folded job (JobCodec); NULL means that
-- nothing but the submission has happened, which is not stored as an event either.
CREATE TABLE job (
    job BIGINT PRIMARY KEY,
    master BIGINT,
    part BIGINT,
    description BIGINT NOT NULL,
    owner TEXT NOT NULL,
    subjobs BIGINT NOT NULL,
    state BIGINT NOT NULL,
    counter BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    known BYTEA
);
CREATE INDEX job_by_owner ON job (owner, job) WHERE master IS NULL;
CREATE INDEX job_failed ON job (master, job) WHERE state < 0 AND master IS NOT NULL;
CREATE TABLE event (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    branch BIGINT NOT NULL,
    source BIGINT NOT NULL,
    counter BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what BYTEA NOT NULL,
    PRIMARY KEY (job, attempt, branch, source, counter)
) /* WITHOUT ROWID */;
CREATE TABLE child_count (
    master BIGINT NOT NULL,
    state BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (master, state)
) /* WITHOUT ROWID */;
CREATE TABLE node_count (
    master BIGINT NOT NULL,
    node TEXT NOT NULL,
    running BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    PRIMARY KEY (master, node)
) /* WITHOUT ROWID */;

-- Broker --------------------------------------------------------------------------------------------------------------
CREATE TABLE description (
    description BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    priority BIGINT NOT NULL,
    repeatable BIGINT NOT NULL,
    jdl TEXT NOT NULL,
    sources TEXT NOT NULL
);
CREATE UNIQUE INDEX description_by_digest ON description (digest);
CREATE TABLE waiting (
    description BIGINT NOT NULL,
    job BIGINT NOT NULL,
    PRIMARY KEY (description, job)
) /* WITHOUT ROWID */;
-- Groups of equal waiting jobs: all that a match has to look at.
CREATE TABLE demand (
    description BIGINT PRIMARY KEY,
    owner TEXT NOT NULL,
    priority BIGINT NOT NULL,
    since BIGINT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX demand_by_rank ON demand (priority, since);
CREATE TABLE bridge (
    name TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    ledger TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    lost BIGINT NOT NULL
);
-- Attempts that a bridge holds. "ending" marks those that are over for central and that the bridge has yet to stop.
CREATE TABLE assignment (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    bridge TEXT NOT NULL,
    ledger TEXT NOT NULL,
    request TEXT NOT NULL,
    owner TEXT NOT NULL,
    description BIGINT NOT NULL,
    assigned_at BIGINT NOT NULL,
    ending BIGINT NOT NULL,
    PRIMARY KEY (job, attempt)
) /* WITHOUT ROWID */;
CREATE INDEX assignment_by_request ON assignment (bridge, request);
CREATE INDEX assignment_by_bridge ON assignment (bridge, job);
CREATE INDEX assignment_ending ON assignment (bridge, job) WHERE ending = 1;

-- Task queue ----------------------------------------------------------------------------------------------------------
CREATE TABLE submission (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    job BIGINT NOT NULL,
    subjobs BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
) /* WITHOUT ROWID */;
-- Masters whose subjobs are being killed, in several transactions; a restart goes on from here.
CREATE TABLE kill_order (
    master BIGINT PRIMARY KEY,
    by_user TEXT NOT NULL,
    next BIGINT NOT NULL
);
