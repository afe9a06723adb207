-- Events: jobs that have ended for good -------------------------------------------------------------------------------
-- Jobs that ended long ago, out of the way of those that change: the columns of "job", and all that was told of each job as one compressed
-- value (HistoryCodec). A job stands in one of the two tables, never in both; one that changes again comes back.
CREATE TABLE archived_job (
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
CREATE INDEX archived_job_by_owner ON archived_job (owner, job) WHERE master IS NULL;
CREATE INDEX archived_job_failed ON archived_job (master, job) WHERE state < 0 AND master IS NOT NULL;
CREATE TABLE archived_history (
    job BIGINT PRIMARY KEY,
    events BYTEA NOT NULL,
    samples BYTEA
);
