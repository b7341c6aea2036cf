-- The change log, in its order. Rows are added at the end and leave at the beginning.
--
-- id_type and customer_id: NULL when a client assigned the contact itself.
-- assignment and what follows: NULL when the change is about a session.
CREATE TABLE change_log (
    organisation BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    happened INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    id_type TEXT,
    customer_id TEXT,
    contact BLOB NOT NULL,
    session BLOB,
    session_type TEXT,
    assignment BLOB,
    segment BLOB,
    segment_version INTEGER,
    scope TEXT,
    origin TEXT,
    assigned INTEGER,
    expires INTEGER,
    reason TEXT,
    PRIMARY KEY (organisation, sequence)
) STRICT, WITHOUT ROWID;

-- last: the greatest number given so far. trimmed: changes up to this number may have left the log.
CREATE TABLE change_log_span (
    organisation BLOB NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL,
    trimmed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the deliveries to receivers of webhooks are, and the latest attempts.
CREATE TABLE webhook_state (
    organisation BLOB NOT NULL,
    webhook BLOB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, webhook)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_attempt (
    organisation BLOB NOT NULL,
    webhook BLOB NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, webhook, number)
) STRICT, WITHOUT ROWID;
