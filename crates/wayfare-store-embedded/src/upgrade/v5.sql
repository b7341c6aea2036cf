-- What is known of deletions of customers that are under way, and of nothing else: which customers
-- and sessions facts must not name, and what was removed so far.
CREATE TABLE deletion_key (
    organisation BLOB NOT NULL,
    deletion BLOB NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (organisation, deletion, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE deletion_removed (
    organisation BLOB NOT NULL,
    deletion BLOB NOT NULL,
    what TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (organisation, deletion, what)
) STRICT, WITHOUT ROWID;
