-- A checkpoint gets a small key, so that its long name is stored once and not once a permission.
-- next_position only grows: positions are creation order, and a gap in them means nothing.
CREATE TABLE checkpoints (
    key           INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    next_position INTEGER NOT NULL
) STRICT;

-- Clustered by checkpoint and position: a page is one seek and then a scan of its own rows.
CREATE TABLE permissions (
    checkpoint INTEGER NOT NULL REFERENCES checkpoints (key),
    position   INTEGER NOT NULL,
    id         TEXT    NOT NULL UNIQUE,
    project_id TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (checkpoint, position),
    UNIQUE (checkpoint, project_id)
) STRICT, WITHOUT ROWID;

-- Where a deleted permission stood, so that a reader who holds it as a cursor goes on from there.
CREATE TABLE deleted_permissions (
    id         TEXT    NOT NULL PRIMARY KEY,
    checkpoint INTEGER NOT NULL REFERENCES checkpoints (key),
    position   INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
