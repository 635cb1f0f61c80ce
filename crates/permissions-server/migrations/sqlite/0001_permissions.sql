-- A checkpoint gets a small key, so that its long name is stored once and not once a permission.
-- next_position only grows: positions are creation order, and a gap in them means nothing.
-- A place is a checkpoint's key and a position in it as one number, hence the bounds of both.
CREATE TABLE checkpoints (
    key           INTEGER PRIMARY KEY CHECK (key + 1 < 1 << 27),
    name          TEXT    NOT NULL UNIQUE,
    next_position INTEGER NOT NULL CHECK (next_position < 1 << 36)
) STRICT;

-- Clustered by place: a page is one seek and then a scan of its own rows. The key of a table is one
-- number, and then the pages above its rows hold nothing else: those of ten million stay in memory.
CREATE TABLE permissions (
    place      INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    project_id TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL AS (place >> 36) REFERENCES checkpoints (key),
    UNIQUE (checkpoint, project_id)
) STRICT;

-- Where a deleted permission stood, so that a reader who holds it as a cursor goes on from there.
CREATE TABLE deleted_permissions (
    id         TEXT    NOT NULL PRIMARY KEY,
    place      INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
