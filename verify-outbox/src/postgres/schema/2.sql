-- Of destinations that several instances post to at a time, each posting is held for itself.
ALTER TABLE verify_outbox_posting
    ADD COLUMN holder bytea NOT NULL DEFAULT '',
    ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_until bigint NOT NULL DEFAULT 0;
