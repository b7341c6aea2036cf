-- One row. salt: what records of the log of batches carry, so that those of another database are
-- nobody's. applied: the number of the last batch that the database has.
CREATE TABLE batch_log (
    salt INTEGER NOT NULL,
    applied INTEGER NOT NULL
) STRICT;

INSERT INTO batch_log VALUES (random(), 0);
