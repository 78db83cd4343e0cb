-- Instants are seconds since 1970; ids never name anything outside this database.

CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    -- the last pass that was taken in
    began_at INTEGER,
    ended_at INTEGER,
    total INTEGER,
    complete INTEGER NOT NULL DEFAULT 0,
    -- the last complete one
    complete_at INTEGER,
    -- when it was last asked, by which process, and what went wrong, if anything
    tried_at INTEGER,
    tried_by TEXT,
    -- how far its clock is ahead of ours, in seconds
    clock_ahead INTEGER,
    -- what stands for the settings by which its tickets were read
    reading TEXT,
    fault TEXT,
    fault_kind TEXT,
    UNIQUE (name, place)
) STRICT;

CREATE TABLE ticket (
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- tickets whose verdict hangs on when this program first saw them, or their severity
CREATE TABLE seen (
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    first_seen_at INTEGER,
    severity_seen_at INTEGER,
    severity TEXT,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- what a source has still to be told
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    note TEXT,
    who TEXT NOT NULL,
    grounds TEXT NOT NULL,
    -- of the ticket
    submitted_at INTEGER,
    asked_at INTEGER NOT NULL,
    send_at INTEGER NOT NULL,
    -- held: nothing was sent yet; sending: it may have arrived; waiting: it was tried, and is tried again
    state TEXT NOT NULL CHECK (state IN ('held', 'sending', 'waiting')),
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    -- the process that sees to it
    claim TEXT NOT NULL,
    UNIQUE (source, key)
) STRICT;

-- acknowledgements of tickets whose source cannot be told
CREATE TABLE taken_here (
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    -- of the ticket: what was submitted at another time is another
    submitted_at INTEGER,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    note TEXT,
    who TEXT NOT NULL,
    grounds TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    -- what the source said
    by TEXT,
    source_at INTEGER,
    reason TEXT
) STRICT;

CREATE INDEX evidence_by_end ON evidence (ended_at);

CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;
CREATE TRIGGER evidence_is_kept BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is never removed'); END;
