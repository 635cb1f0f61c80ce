-- The list of projects is in the order of this primary key.
CREATE TABLE projects (
    created_at  BIGINT NOT NULL,
    id          TEXT   NOT NULL UNIQUE,
    name        TEXT   NOT NULL,
    archived_at BIGINT,
    PRIMARY KEY (created_at, id)
);
