-- All times are milliseconds since 1970, by the clock of the server.
CREATE TABLE verify_outbox_known (
    replay_key bytea PRIMARY KEY,
    -- Until then another delivery with this replay key is a repetition.
    known_until bigint NOT NULL,
    kept_at bigint NOT NULL,
    delivery bigint NOT NULL,
    -- Whether it is one as well for as long as the delivery has not arrived.
    until_arrived boolean NOT NULL
);
CREATE INDEX verify_outbox_known_until ON verify_outbox_known (known_until);
CREATE TABLE verify_outbox_delivery (
    id bigserial PRIMARY KEY,
    -- What destinations know it by: the replay key, unless its sender's may be alike.
    key bytea NOT NULL,
    sender text NOT NULL,
    received_at bigint NOT NULL,
    body bytea NOT NULL,
    destinations integer NOT NULL,
    -- To how many of them it is still to be posted.
    missing integer NOT NULL
);
CREATE INDEX verify_outbox_delivery_arrived ON verify_outbox_delivery (id) WHERE missing <= 0;
CREATE TABLE verify_outbox_posting (
    id bigserial PRIMARY KEY,
    delivery bigint NOT NULL,
    destination text NOT NULL,
    since bigint NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    dead boolean NOT NULL DEFAULT false,
    reason text,
    UNIQUE (delivery, destination)
);
CREATE INDEX verify_outbox_posting_next ON verify_outbox_posting (destination, (failures / 4), id) WHERE NOT dead;
CREATE INDEX verify_outbox_posting_oldest ON verify_outbox_posting (destination, id) WHERE NOT dead;
CREATE INDEX verify_outbox_posting_dead ON verify_outbox_posting (destination) WHERE dead;
CREATE TABLE verify_outbox_gate (
    destination text PRIMARY KEY,
    open_at bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    paced_until bigint NOT NULL DEFAULT 0,
    -- The instance that posts, until a time that it moves on. The epoch grows with each that begins.
    holder bytea NOT NULL DEFAULT '',
    epoch bigint NOT NULL DEFAULT 0,
    held_until bigint NOT NULL DEFAULT 0
);
-- Rows come and go: what is left of them would slow down whoever looks for the next one.
ALTER TABLE verify_outbox_posting SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE verify_outbox_delivery SET (autovacuum_vacuum_scale_factor = 0.02);
