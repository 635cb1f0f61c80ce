-- The list of projects is in the order of this primary key.
CREATE TABLE projects (
    created_at  INTEGER NOT NULL,
    id          TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    archived_at INTEGER,
    PRIMARY KEY (created_at, id)
) STRICT, WITHOUT ROWID;
