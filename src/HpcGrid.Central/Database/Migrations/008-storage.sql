-- Storage elements that an admin made by command, beside those of central.yaml.
CREATE TABLE storage_element (
    name TEXT PRIMARY KEY,
    directory TEXT NOT NULL,
    kinds TEXT NOT NULL,
    site TEXT NOT NULL,
    capacity BIGINT NOT NULL,
    read_only BIGINT NOT NULL,
    made_at BIGINT NOT NULL
) /* WITHOUT ROWID */;
-- Where an upload lies (names joined by commas, '' for the one element of earlier versions), and how many copies could not be made.
ALTER TABLE upload ADD COLUMN ses TEXT NOT NULL DEFAULT '';
ALTER TABLE upload ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;
-- What each element holds is counted here; replicas of earlier versions get their size from the catalogue.
ALTER TABLE replica ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
UPDATE replica SET size = COALESCE((SELECT entry.size FROM entry WHERE entry.guid = replica.guid LIMIT 1), 0);
-- Small files lie together in packs: "packed" says where. "dead" counts the bytes of those deleted since.
INSERT INTO counter (name, value) VALUES ('pack', 0);
CREATE TABLE pack (
    pack BIGINT PRIMARY KEY,
    se TEXT NOT NULL,
    production BIGINT NOT NULL,
    dead BIGINT NOT NULL
);
CREATE INDEX pack_by_production ON pack (se, production, pack);
CREATE TABLE packed (
    guid TEXT NOT NULL,
    se TEXT NOT NULL,
    pack BIGINT NOT NULL,
    place BIGINT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (guid, se)
) /* WITHOUT ROWID */;
CREATE INDEX packed_by_pack ON packed (pack, guid);
