-- What must never happen and was seen, until an admin forgets it.
CREATE TABLE alarm (
    job BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    text TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    PRIMARY KEY (job, attempt, text)
) /* WITHOUT ROWID */;
-- Until when an owner's waiting jobs were last held because of a quota.
CREATE TABLE owner_held (
    owner TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);
