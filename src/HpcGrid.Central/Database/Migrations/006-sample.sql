-- Events: what jobs used over time ------------------------------------------------------------------------------------
-- "what" is the sample as JSON; "at" the node's clock in milliseconds. Of each job's newest attempt a bounded number stays.
CREATE TABLE sample (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what BYTEA NOT NULL,
    PRIMARY KEY (job, attempt, at)
) /* WITHOUT ROWID */;
