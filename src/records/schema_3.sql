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
-- what each hook has heard of tickets, and, where the key is empty, of sources; and what it is still to be run for
CREATE TABLE told (
    hook TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    -- how it stands; none where there is nothing to hear of it any more
    standing TEXT,
    -- waiting: the hook is to be run; begun: it runs, or it is not known whether it was; done: it is run again some time
    state TEXT CHECK (state IN ('waiting', 'begun', 'done')),
    alarm TEXT,
    -- what it is told, as JSON
    facts TEXT,
    -- when that came to be, when the hook was last run for it, and how often
    since INTEGER,
    at INTEGER,
    times INTEGER,
    PRIMARY KEY (hook, source, key)
) STRICT, WITHOUT ROWID;
