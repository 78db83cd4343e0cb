-- stretches between two complete passes of a source that came too far apart: nobody here knew how its queue stood
CREATE TABLE gap (
    source INTEGER NOT NULL REFERENCES source (id),
    -- when the complete pass before ended, and when the one after did
    began_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    -- what went wrong last, if anything did
    reason TEXT,
    PRIMARY KEY (source, began_at)
) STRICT, WITHOUT ROWID;

-- when the queue was handed over, and by whom
CREATE TABLE handed_over (
    at INTEGER PRIMARY KEY,
    who TEXT NOT NULL
) STRICT;

-- the text of an issue stands by itself, at the end: what is only counted is not read with it; and rows of this size do not fit
-- into the tree of a table without row numbers
CREATE TABLE ticket_and_text (
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    description TEXT,
    PRIMARY KEY (source, key)
) STRICT;

-- a text that is no JSON costs only itself: its source tells of the ticket again
INSERT INTO ticket_and_text (source, key, body, description)
    SELECT source, key, json_remove(body, '$.description'), json_extract(body, '$.description') FROM ticket WHERE json_valid(body);

DROP TABLE ticket;
ALTER TABLE ticket_and_text RENAME TO ticket;
-- which process runs the hooks of a configuration
CREATE TABLE hooks_turn (
    owner TEXT PRIMARY KEY,
    process TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- when that pass of each source ended by which what its hooks have heard was last judged: nothing is judged by an older one
CREATE TABLE judged (
    owner TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id),
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (owner, source)
) STRICT, WITHOUT ROWID;

-- what each hook of a configuration has heard of tickets, and, where the key is empty, of sources; and what it is still to be run for
CREATE TABLE told (
    owner TEXT NOT NULL,
    hook TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    -- how it stands; none where there is nothing to hear of it any more
    standing TEXT,
    -- waiting: the hook is to be run; begun: it runs, or it is not known whether it was; done: it is run again some time
    state TEXT CHECK (state IN ('waiting', 'begun', 'done')),
    alarm TEXT,
    -- when that came to be, when the hook was last run for it, and how often
    since INTEGER,
    at INTEGER,
    times INTEGER,
    PRIMARY KEY (owner, hook, source, key)
) STRICT, WITHOUT ROWID;
