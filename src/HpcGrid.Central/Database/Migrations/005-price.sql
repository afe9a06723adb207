-- Broker: the price of a waiting group decides about its owner's turn.
ALTER TABLE demand ADD COLUMN price DOUBLE PRECISION NOT NULL DEFAULT 1;
