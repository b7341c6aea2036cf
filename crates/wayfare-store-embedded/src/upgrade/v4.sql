-- received: when the event came in; events are forgotten in that order.
-- body: a packed body, or JSON text as older versions wrote it.
CREATE TABLE event_packed (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    session BLOB NOT NULL,
    created INTEGER NOT NULL,
    received INTEGER NOT NULL,
    body ANY NOT NULL,
    UNIQUE (organisation, id)
) STRICT;

INSERT INTO event_packed (organisation, id, session, created, received, body)
    SELECT organisation, id, session, created, body ->> '$.received', body
    FROM event ORDER BY rowid;
DROP TABLE event;
ALTER TABLE event_packed RENAME TO event;
CREATE INDEX event_by_session ON event (organisation, session, created, id);

-- Events whose bodies were forgotten, but which might come again by an import.
CREATE TABLE event_forgotten (
    organisation BLOB NOT NULL,
    id BLOB NOT NULL,
    session BLOB NOT NULL,
    PRIMARY KEY (organisation, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_forgotten_by_session ON event_forgotten (organisation, session);

-- One row: how many events are stored, and the bytes of their bodies.
CREATE TABLE event_total (
    events INTEGER NOT NULL,
    body_bytes INTEGER NOT NULL
) STRICT;

INSERT INTO event_total SELECT count(*), coalesce(sum(octet_length(body)), 0) FROM event;
