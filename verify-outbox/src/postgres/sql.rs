//! What the server is asked. `{now}` is its time, `{lease}` how long something is held, `{least}` how much of that is
//! left at least where a posting begins, and `{step}` by how much a clock may be set back and end no lease.

use crate::clock::STEP;

/// The statements, which each connection prepares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sql {
    Check,
    Delivery,
    Forget,
    Gate,
    Hold,
    Keep,
    Leave,
    Newest,
    Next,
    NextInOrder,
    Renew,
    RenewPostings,
    Settle,
    SettleParallel,
    Stuck,
    Take,
    Waiting,
}

/// How long what an instance works on is its own, without a word of it, in milliseconds.
pub(super) const LEASE: i64 = 15_000;

/// With less of its lease left an instance begins nothing, in milliseconds. Leases are renewed when a quarter of them is
/// over; of one that is about to end three of these are missing, and the next instance may begin at any moment.
const LEAST: i64 = LEASE / 4;

impl Sql {
    pub(super) const ALL: [Self; 17] = [
        Self::Check,
        Self::Delivery,
        Self::Forget,
        Self::Gate,
        Self::Hold,
        Self::Keep,
        Self::Leave,
        Self::Newest,
        Self::Next,
        Self::NextInOrder,
        Self::Renew,
        Self::RenewPostings,
        Self::Settle,
        Self::SettleParallel,
        Self::Stuck,
        Self::Take,
        Self::Waiting,
    ];

    pub(super) fn text(self) -> String {
        let text = match self {
            Self::Check => CHECK,
            Self::Delivery => DELIVERY,
            Self::Forget => FORGET,
            Self::Gate => GATE,
            Self::Hold => HOLD,
            Self::Keep => KEEP,
            Self::Leave => LEAVE,
            Self::Newest => NEWEST,
            Self::Next => NEXT,
            Self::NextInOrder => &NEXT.replace("failures / 4, id", "id"),
            Self::Renew => RENEW,
            Self::RenewPostings => RENEW_POSTINGS,
            Self::Settle => SETTLE,
            Self::SettleParallel => SETTLE_PARALLEL,
            Self::Stuck => STUCK,
            Self::Take => TAKE,
            Self::Waiting => WAITING,
        };
        text.replace("{arrived}", ARRIVED)
            .replace("{now}", NOW)
            .replace("{lease}", &LEASE.to_string())
            .replace("{least}", &LEAST.to_string())
            .replace("{step}", &STEP.to_string())
    }
}

const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// $1 replay key, $2 how long it is known, $3 key, $4 sender, $5 received at, $6 body, $7 destinations.
///
/// The row of the replay key decides which of several instances keeps what they got at the same time. What was kept
/// much later than now was kept while the clock was wrong.
const KEEP: &str = "
WITH moment AS (
    SELECT {now} AS now
), new AS (
    INSERT INTO verify_outbox_known AS old (replay_key, known_until, kept_at, delivery, until_arrived)
        SELECT $1::bytea, now + $2::bigint, now,
            nextval(pg_get_serial_sequence('verify_outbox_delivery', 'id')), $1::bytea = $3::bytea
        FROM moment
    ON CONFLICT (replay_key) DO UPDATE SET
        known_until = excluded.known_until,
        kept_at = excluded.kept_at,
        delivery = excluded.delivery,
        until_arrived = excluded.until_arrived
    WHERE (old.known_until < excluded.kept_at OR old.kept_at > excluded.kept_at + 3600000)
        AND NOT (old.until_arrived AND EXISTS (
            SELECT FROM verify_outbox_delivery WHERE id = old.delivery AND missing > 0))
    RETURNING delivery
), kept AS (
    INSERT INTO verify_outbox_delivery (id, key, sender, received_at, body, destinations, missing)
        SELECT delivery, $3::bytea, $4::text, $5::bigint, $6::bytea, cardinality($7::text[]), cardinality($7::text[])
        FROM new WHERE cardinality($7::text[]) > 0
), posted AS (
    INSERT INTO verify_outbox_posting (delivery, destination, since)
        SELECT delivery, destination, now FROM new, moment, unnest($7::text[]) AS destination
)
SELECT EXISTS (SELECT FROM new)";

/// Writes a row, and the next check writes it again. It waits for the disk, as a delivery does.
const CHECK: &str = "
WITH made AS (
    INSERT INTO verify_outbox_known (replay_key, known_until, kept_at, delivery, until_arrived)
        VALUES ('', 0, 0, 0, false)
    ON CONFLICT (replay_key) DO UPDATE SET known_until = 0 RETURNING 1
)
SELECT count(*) FROM made";

/// An hour late: if the clock was ahead for a while, the keys are known again when it is right.
const FORGET: &str = "
WITH arrived AS (
    DELETE FROM verify_outbox_delivery WHERE id IN (SELECT id FROM verify_outbox_delivery
        WHERE missing <= 0 ORDER BY id LIMIT 256 FOR UPDATE SKIP LOCKED)
)
DELETE FROM verify_outbox_known WHERE replay_key IN (SELECT replay_key FROM verify_outbox_known AS old
    WHERE known_until < {now} - 3600000 AND NOT (until_arrived AND EXISTS (
        SELECT FROM verify_outbox_delivery WHERE id = old.delivery AND missing > 0))
    ORDER BY known_until LIMIT 256 FOR UPDATE SKIP LOCKED)";

/// $1 destination, $2 holder, $3 epoch. A lease that ends much later than one can is of a clock that was set back.
const GATE: &str = "
SELECT {now} AS now, coalesce(open_at, 0) AS open_at, coalesce(failures, 0) AS failures,
    coalesce(paced_until, 0) AS paced_until,
    coalesce(holder = $2::bytea AND epoch = $3::bigint AND held_until > {now}, false) AS is_ours,
    coalesce(holder = $2::bytea OR held_until <= {now} OR held_until > {now} + {lease} + {step}, true) AS is_free
FROM (SELECT) AS always LEFT JOIN verify_outbox_gate ON destination = $1::text";

/// $1 destination, $2 holder.
const HOLD: &str = "
INSERT INTO verify_outbox_gate AS old (destination, holder, epoch, held_until)
    VALUES ($1::text, $2::bytea, 1, {now} + {lease})
ON CONFLICT (destination) DO UPDATE SET
    holder = excluded.holder, epoch = old.epoch + 1, held_until = excluded.held_until
WHERE old.holder = excluded.holder OR old.held_until <= {now} OR old.held_until > {now} + {lease} + {step}
RETURNING epoch, open_at, failures, paced_until";

/// $1 holder, $2 destinations, $3 their epochs.
const RENEW: &str = "
UPDATE verify_outbox_gate AS gate SET held_until = {now} + {lease}
FROM unnest($2::text[], $3::bigint[]) AS held (destination, epoch)
WHERE gate.destination = held.destination AND gate.epoch = held.epoch AND gate.holder = $1::bytea";

/// $1 holder, $2 postings, $3 their epochs.
const RENEW_POSTINGS: &str = "
UPDATE verify_outbox_posting AS posting SET held_until = {now} + {lease}
FROM unnest($2::bigint[], $3::bigint[]) AS held (id, epoch)
WHERE posting.id = held.id AND posting.epoch = held.epoch AND posting.holder = $1::bytea";

/// $1 destination, $2 holder, $3 epoch. A renewal that is under way finds another holder.
const LEAVE: &str = "
UPDATE verify_outbox_gate SET held_until = 0, holder = '' WHERE destination = $1::text AND holder = $2::bytea AND epoch = $3::bigint";

/// $1 destination, $2 holder, $3 epoch.
const NEXT: &str = "
SELECT posting.id, since, failures, $3::bigint AS epoch, key, sender, received_at, body
FROM verify_outbox_posting AS posting JOIN verify_outbox_delivery AS delivery ON delivery.id = posting.delivery
WHERE posting.id = (SELECT id FROM verify_outbox_posting
        WHERE destination = $1::text AND NOT dead ORDER BY failures / 4, id LIMIT 1)
    AND EXISTS (SELECT FROM verify_outbox_gate WHERE destination = $1::text
        AND holder = $2::bytea AND epoch = $3::bigint AND held_until > {now} + {least})";

/// $1 destination, $2 holder.
const TAKE: &str = "
WITH taken AS (
    UPDATE verify_outbox_posting SET holder = $2::bytea, epoch = epoch + 1, held_until = {now} + {lease}
    WHERE id = (SELECT id FROM verify_outbox_posting
        WHERE destination = $1::text AND NOT dead AND (held_until <= {now} OR held_until > {now} + {lease} + {step})
        ORDER BY failures / 4, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, delivery, since, failures, epoch
)
SELECT taken.id, since, failures, epoch, key, sender, received_at, body
FROM taken JOIN verify_outbox_delivery AS delivery ON delivery.id = taken.delivery";

/// $1 destination, $2 holder, $3 epoch, $4 posting, $5 whether it is done, $6 failures, $7 dead, $8 reason, $9 whether
/// the gate changes, $10 to open at, $11 failures of the gate, $12 paced until, $13 since when the posting waits.
/// Returns whether it is the holder. A promoted standby that lacks the last moments may give the number of a posting
/// to another one, which waits since another time.
const SETTLE: &str = "
WITH ours AS (
    UPDATE verify_outbox_gate SET
        open_at = CASE WHEN $9::boolean THEN $10::bigint ELSE open_at END,
        failures = CASE WHEN $9::boolean THEN $11::integer ELSE failures END,
        paced_until = $12::bigint
    WHERE destination = $1::text AND holder = $2::bytea AND epoch = $3::bigint
    RETURNING 1
), changed AS (
    UPDATE verify_outbox_posting SET failures = $6::integer, dead = $7::boolean, reason = $8::text
    WHERE id = $4::bigint AND destination = $1::text AND since = $13::bigint AND NOT $5::boolean
        AND EXISTS (SELECT FROM ours)
), gone AS (
    DELETE FROM verify_outbox_posting WHERE id = $4::bigint AND destination = $1::text AND since = $13::bigint
        AND $5::boolean AND EXISTS (SELECT FROM ours)
    RETURNING delivery
), {arrived}
SELECT EXISTS (SELECT FROM ours)";

/// The same up to $11, for a posting that is held for itself, and without the pace.
const SETTLE_PARALLEL: &str = "
WITH ours AS (
    SELECT id FROM verify_outbox_posting
    WHERE id = $4::bigint AND holder = $2::bytea AND epoch = $3::bigint FOR UPDATE
), gate AS (
    INSERT INTO verify_outbox_gate (destination, open_at, failures)
        SELECT $1::text, $10::bigint, $11::integer FROM ours WHERE $9::boolean
    ON CONFLICT (destination) DO UPDATE SET open_at = excluded.open_at, failures = excluded.failures
), changed AS (
    UPDATE verify_outbox_posting SET failures = $6::integer, dead = $7::boolean, reason = $8::text, held_until = 0
    WHERE id IN (SELECT id FROM ours) AND NOT $5::boolean
), gone AS (
    DELETE FROM verify_outbox_posting WHERE id IN (SELECT id FROM ours) AND $5::boolean RETURNING delivery
), {arrived}
SELECT EXISTS (SELECT FROM ours) OR NOT EXISTS (SELECT FROM verify_outbox_posting WHERE id = $4::bigint)";

/// What becomes of the deliveries of postings that are `gone`. The number of destinations never changes, and
/// `missing` is counted down one after the other, so that of two last postings at the same time one is the last.
const ARRIVED: &str = "last AS (
    DELETE FROM verify_outbox_delivery WHERE id IN (SELECT delivery FROM gone) AND destinations = 1
), others AS (
    UPDATE verify_outbox_delivery AS delivery SET
        missing = missing - times,
        body = CASE WHEN missing <= times THEN '' ELSE body END
    FROM (SELECT delivery AS id, count(*)::integer AS times FROM gone GROUP BY delivery) AS counted
    WHERE delivery.id = counted.id AND destinations > 1
)";

const NEWEST: &str =
    "SELECT {now} AS now, coalesce(max(id), 0) AS newest FROM verify_outbox_posting";

const WAITING: &str = "
SELECT destination, count(*) FILTER (WHERE NOT dead) AS pending, count(*) FILTER (WHERE dead) AS dead,
    min(since) FILTER (WHERE NOT dead) AS oldest
FROM verify_outbox_posting GROUP BY destination ORDER BY destination";

/// $1 the destinations that are configured.
const STUCK: &str = "
SELECT posting.id, destination, destination = ANY ($1::text[]) AS is_configured, dead, reason, failures, sender,
    received_at, octet_length(body)::bigint AS bytes
FROM verify_outbox_posting AS posting JOIN verify_outbox_delivery AS delivery ON delivery.id = posting.delivery
WHERE dead OR NOT destination = ANY ($1::text[]) ORDER BY posting.id";

/// $1 posting.
const DELIVERY: &str = "
SELECT key, sender, received_at, body
FROM verify_outbox_posting AS posting JOIN verify_outbox_delivery AS delivery ON delivery.id = posting.delivery
WHERE posting.id = $1::bigint";

/// $1 postings. For people: not prepared.
pub(super) const RETRY: &str = "
UPDATE verify_outbox_posting SET dead = false, failures = 0,
    since = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
WHERE id = ANY ($1::bigint[]) AND dead";

/// $1 postings. Returns how many there were.
pub(super) fn discard() -> String {
    format!(
        "WITH gone AS (
            DELETE FROM verify_outbox_posting WHERE id = ANY ($1::bigint[]) RETURNING delivery
        ), {ARRIVED} SELECT count(*) FROM gone"
    )
}
