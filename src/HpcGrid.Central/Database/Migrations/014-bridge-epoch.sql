-- Which spool a bridge rules, and its generation there (E1): an overtaken bridge that wakes late takes nothing from its follower.
ALTER TABLE bridge ADD COLUMN spool TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE bridge ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
