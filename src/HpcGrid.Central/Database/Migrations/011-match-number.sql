-- Which of its ledger's match requests gave an assignment: an old copy of a ledger that comes back does not know the later ones.
ALTER TABLE assignment ADD COLUMN match_number BIGINT NOT NULL DEFAULT 0;
