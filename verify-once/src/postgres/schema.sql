-- The comment names the version: another one refuses the table.
CREATE TABLE verify_once (
    key bytea PRIMARY KEY,
    token bytea NOT NULL,
    attempt integer NOT NULL,
    -- Claimed at the one time and held until the other, or not held.
    held_since timestamptz,
    held_until timestamptz,
    -- Done with this status, or not done.
    status integer,
    known_until timestamptz NOT NULL
);
CREATE INDEX verify_once_known_until ON verify_once (known_until);
COMMENT ON TABLE verify_once IS 'verify-once 1';
