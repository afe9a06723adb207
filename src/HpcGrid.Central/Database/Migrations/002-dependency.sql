-- Task queue: nodes of a DAG ------------------------------------------------------------------------------------------
-- "job" may be given out when every "after_job" of its rows is done. Rows stay: a resubmitted node waits for the same others.
CREATE TABLE dependency (
    job BIGINT NOT NULL,
    after_job BIGINT NOT NULL,
    PRIMARY KEY (job, after_job)
) /* WITHOUT ROWID */;
CREATE INDEX dependency_by_after ON dependency (after_job, job);
