-- Jobs whose end is to be mailed; a row goes when that is done or given up.
CREATE TABLE mail (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    due BIGINT NOT NULL,
    PRIMARY KEY (job, attempt)
) /* WITHOUT ROWID */;
CREATE INDEX mail_by_time ON mail (due);
