-- Facts that are in no file yet. They are read once, when the directory is opened: aggregates are
-- answered from memory and from files, so one key is enough.
--
-- sequence: counts writes, the older one first. A fact that is written again gets a new one.
CREATE TABLE fact_unshipped (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    metric TEXT NOT NULL,
    emitted INTEGER NOT NULL,
    happened INTEGER NOT NULL,
    value REAL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, id)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_unshipped
    SELECT organisation, id, row_number() OVER (ORDER BY emitted, id), metric, emitted, happened,
        value, body
    FROM fact;
DROP TABLE fact;
ALTER TABLE fact_unshipped RENAME TO fact;

-- What is in files: a file counts from the moment it has a row here.
-- origin: own (made of what happened here) or imported.
-- ids: a Bloom filter of the ids of its facts; NULL when they have none.
CREATE TABLE fact_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation BLOB NOT NULL,
    name TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    emitted_min INTEGER NOT NULL,
    emitted_max INTEGER NOT NULL,
    happened_min INTEGER NOT NULL,
    happened_max INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    ids BLOB
) STRICT;

-- Facts that may be in a file, and that have been written again or taken back since.
CREATE TABLE fact_superseded (
    file INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (file, id)
) STRICT, WITHOUT ROWID;

-- Rows of fact that are in a file already, and only wait to be deleted: those emitted before a
-- moment and written up to a sequence.
CREATE TABLE fact_shipped (
    organisation BLOB NOT NULL PRIMARY KEY,
    emitted_before INTEGER NOT NULL,
    sequence_max INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was imported, by the digest of its content.
CREATE TABLE fact_import (
    organisation BLOB NOT NULL,
    digest BLOB NOT NULL,
    name TEXT NOT NULL,
    imported INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (organisation, digest)
) STRICT, WITHOUT ROWID;
