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
