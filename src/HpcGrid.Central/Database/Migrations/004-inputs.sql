-- Broker: InputData ---------------------------------------------------------------------------------------------------
-- "data" is the InputData of a job of its own; a divided description has those of each subjob in "part_data".
ALTER TABLE description ADD COLUMN data TEXT NOT NULL DEFAULT '[]';
ALTER TABLE description ADD COLUMN divided BIGINT NOT NULL DEFAULT 0;
CREATE TABLE part_data (
    description BIGINT NOT NULL,
    part BIGINT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (description, part)
) /* WITHOUT ROWID */;
