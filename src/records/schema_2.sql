-- From here on the outbox takes every deed, not acknowledgements only; one acknowledgement of a ticket is enough, of the
-- others there may be several.

CREATE TABLE outbox_of_deeds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    deed TEXT NOT NULL,
    -- what somebody wrote to go with it
    text TEXT,
    -- what it sets: a severity, a channel
    value TEXT,
    who TEXT NOT NULL,
    grounds TEXT NOT NULL,
    -- of the ticket
    submitted_at INTEGER,
    asked_at INTEGER NOT NULL,
    send_at INTEGER NOT NULL,
    -- held: nothing was sent yet; sending: it may have arrived; waiting: it was tried, and is tried again
    state TEXT NOT NULL CHECK (state IN ('held', 'sending', 'waiting')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- one of the attempts may have arrived
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    -- the process that sees to it
    claim TEXT NOT NULL
) STRICT;

INSERT INTO outbox_of_deeds (id, source, key, deed, text, who, grounds, submitted_at, asked_at, send_at, state, attempts, may_have_arrived, reason, claim)
    SELECT id, source, key, 'acknowledge', note, who, grounds, submitted_at, asked_at, send_at, state, attempts, attempts > 0, reason, claim
    FROM outbox;

DROP TABLE outbox;
ALTER TABLE outbox_of_deeds RENAME TO outbox;

CREATE UNIQUE INDEX outbox_acknowledgement ON outbox (source, key) WHERE deed = 'acknowledge';

-- what the deed set: a severity, a channel
ALTER TABLE evidence ADD COLUMN value TEXT;

-- contacts of clients that a source cannot be told of
CREATE TABLE contact_here (
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    -- of the ticket: what was submitted at another time is another
    submitted_at INTEGER,
    channel TEXT NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, key, channel, at)
) STRICT, WITHOUT ROWID;

-- the tickets of a source that is kept here
CREATE TABLE local_ticket (
    source INTEGER NOT NULL REFERENCES source (id),
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    resolved_at INTEGER,
    PRIMARY KEY (source, number),
    UNIQUE (source, key)
) STRICT, WITHOUT ROWID;
