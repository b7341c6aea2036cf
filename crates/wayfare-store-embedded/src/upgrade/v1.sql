-- Ids are 16-byte blobs, moments are milliseconds since 1970, bodies are JSON. The organisation is
-- the first column of every key. What is asked for or changed by itself (the contact, above all) is
-- a column and is not repeated in the body.
--
-- Tables with large bodies keep their rowid, so that their keys stay dense; the others are stored in
-- the order of their keys.

CREATE TABLE document (
    organisation BLOB NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    written INTEGER NOT NULL,
    expires INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, kind, id)
) STRICT, WITHOUT ROWID;

-- Access asks for a document whatever the organisation.
CREATE INDEX document_by_id ON document (kind, id);
CREATE INDEX document_by_expiry ON document (expires) WHERE expires IS NOT NULL;

-- Every version of a document that does not expire, the current one included.
CREATE TABLE document_history (
    organisation BLOB NOT NULL,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    written INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, kind, id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE visitor (
    organisation BLOB NOT NULL,
    id_type TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    contact BLOB NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (organisation, id_type, customer_id)
) STRICT;

CREATE INDEX visitor_by_contact ON visitor (organisation, contact);

-- due: when silence ends it, while it goes on; NULL once it ended.
CREATE TABLE session (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    contact BLOB NOT NULL,
    started INTEGER NOT NULL,
    due INTEGER,
    body TEXT NOT NULL,
    UNIQUE (organisation, id)
) STRICT;

CREATE INDEX session_by_contact ON session (organisation, contact, started, id);
CREATE INDEX session_by_due ON session (organisation, due, id) WHERE due IS NOT NULL;

CREATE TABLE event (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    session BLOB NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (organisation, id)
) STRICT;

CREATE INDEX event_by_session ON event (organisation, session, created, id);

-- id_type and customer_id: NULL when a client assigned the contact itself.
-- due: when its days run out, while it holds; NULL otherwise.
CREATE TABLE assignment (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    segment BLOB NOT NULL,
    scope TEXT NOT NULL,
    session BLOB,
    id_type TEXT,
    customer_id TEXT,
    contact BLOB NOT NULL,
    assigned INTEGER NOT NULL,
    holds INTEGER NOT NULL,
    due INTEGER,
    body TEXT NOT NULL,
    UNIQUE (organisation, id)
) STRICT;

CREATE INDEX assignment_by_session ON assignment (organisation, session, segment)
    WHERE session IS NOT NULL;
CREATE INDEX assignment_by_customer
    ON assignment (organisation, id_type, customer_id, scope, segment, assigned, id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX assignment_by_contact ON assignment (organisation, contact, holds, assigned, id);
CREATE INDEX assignment_by_segment ON assignment (organisation, segment, holds, assigned, id);
CREATE INDEX assignment_by_due ON assignment (organisation, due, id) WHERE due IS NOT NULL;

-- How many different sessions and customers have assignments of a segment. Kept up to date by every
-- commit, since counting them would read every assignment there ever was.
CREATE TABLE segment_count (
    organisation BLOB NOT NULL,
    segment BLOB NOT NULL,
    sessions INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    PRIMARY KEY (organisation, segment)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    created INTEGER NOT NULL,
    merged_into BLOB,
    PRIMARY KEY (organisation, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE identifier (
    organisation BLOB NOT NULL,
    id_type TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    contact BLOB NOT NULL,
    PRIMARY KEY (organisation, id_type, customer_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX identifier_by_contact ON identifier (organisation, contact);

-- Stored in the order in which aggregates read.
CREATE TABLE fact (
    organisation BLOB NOT NULL,
    metric TEXT NOT NULL,
    emitted INTEGER NOT NULL,
    id BLOB NOT NULL,
    happened INTEGER NOT NULL,
    value REAL,
    body TEXT NOT NULL,
    PRIMARY KEY (organisation, metric, emitted, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX fact_by_id ON fact (organisation, id);
CREATE INDEX fact_by_happened ON fact (organisation, metric, happened);
