-- Masters: what was decided about them beyond the states of their subjobs --------------------------------------------------
-- Masters whose waiting subjobs are not started any more (MaxFailed); a row goes when its owner resubmits.
CREATE TABLE stopped_master (
    master BIGINT PRIMARY KEY,
    reason TEXT NOT NULL
);
-- New attempts that the subjobs of a master got after failures; only where the description bounds them.
CREATE TABLE resubmitted (
    master BIGINT PRIMARY KEY,
    number BIGINT NOT NULL
);
ALTER TABLE kill_order ADD COLUMN reason TEXT;
ALTER TABLE kill_order ADD COLUMN only_waiting BIGINT NOT NULL DEFAULT 0;
-- Merging: what is to be submitted when all subjobs have ended, and the jobs that do it.
CREATE TABLE merge_order (
    master BIGINT PRIMARY KEY,
    attempt BIGINT NOT NULL
);
CREATE TABLE merge_job (
    job BIGINT PRIMARY KEY,
    master BIGINT NOT NULL,
    attempt BIGINT NOT NULL
);
CREATE INDEX merge_job_by_master ON merge_job (master, attempt);

-- Owners: how much they have, have used and may have ------------------------------------------------------------------------
CREATE TABLE owner_load (
    owner TEXT PRIMARY KEY,
    unfinished BIGINT NOT NULL,
    active BIGINT NOT NULL
);
INSERT INTO owner_load (owner, unfinished, active)
    SELECT owner, COUNT(*), SUM(CASE WHEN state = 5 THEN 0 ELSE 1 END) FROM job
    WHERE subjobs = 0 AND state IN (5, 6, 7, 10, 11, -15) GROUP BY owner;
-- What jobs that ended within an hour (Unix hours) had used.
CREATE TABLE owner_usage (
    owner TEXT NOT NULL,
    hour BIGINT NOT NULL,
    cpu_cost DOUBLE PRECISION NOT NULL,
    running_seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (owner, hour)
) /* WITHOUT ROWID */;
CREATE TABLE quota (
    owner TEXT PRIMARY KEY,
    priority DOUBLE PRECISION NOT NULL,
    nominal_parallel BIGINT NOT NULL,
    max_parallel BIGINT,
    max_unfinished BIGINT,
    max_cpu_cost BIGINT,
    max_running_seconds BIGINT
);

-- Waiting groups whose jobs may wait only for so many seconds (MaxWaitingTime).
ALTER TABLE demand ADD COLUMN max_waiting BIGINT;
CREATE INDEX demand_expiring ON demand (since) WHERE max_waiting IS NOT NULL;
