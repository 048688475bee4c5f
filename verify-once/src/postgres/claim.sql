-- $1 key, $2 token, $3 lease in ms, $4 the longer of lease and window in ms.
-- The attempt if it is acquired; otherwise the status, or the rest of the lease in ms. No row at all: another
-- claim was committed since this statement began.
-- A claim need not be on the disk: one that is lost costs a second run, and nothing else.
WITH terms AS (
    SELECT t AS since, t + $3::bigint * interval '1 ms' AS held, t + $4::bigint * interval '1 ms' AS known
    FROM clock_timestamp() AS t
), won AS (
    INSERT INTO verify_once AS old (key, token, attempt, held_since, held_until, known_until)
        SELECT $1::bytea, $2::bytea, 1, since, held, known FROM terms
    ON CONFLICT (key) DO UPDATE SET
        token = excluded.token,
        attempt = CASE
            WHEN old.known_until <= clock_timestamp() THEN 1
            -- The caller's own claim, whose answer was lost.
            WHEN old.held_until IS NOT NULL AND old.token = excluded.token THEN old.attempt
            ELSE old.attempt + 1 END,
        held_since = CASE
            WHEN old.known_until > clock_timestamp() AND old.token = excluded.token
                THEN coalesce(old.held_since, excluded.held_since)
            ELSE excluded.held_since END,
        held_until = CASE
            WHEN old.known_until > clock_timestamp() AND old.token = excluded.token
                THEN coalesce(old.held_until, excluded.held_until)
            ELSE excluded.held_until END,
        status = NULL,
        known_until = CASE
            WHEN old.known_until > clock_timestamp() AND old.held_until IS NOT NULL AND old.token = excluded.token
                THEN old.known_until
            ELSE greatest(old.known_until, excluded.known_until) END
    WHERE old.known_until <= clock_timestamp() OR (old.status IS NULL AND (
        old.held_until IS NULL
        OR old.token = excluded.token
        OR old.held_until <= clock_timestamp()
        -- A claim that was made this much later than now was made before the clock was set back.
        OR old.held_since > clock_timestamp() + interval '5 s'))
    RETURNING attempt
)
SELECT attempt, NULL::integer AS status, NULL::bigint AS rest,
    set_config('synchronous_commit', 'off', true) FROM won
UNION ALL
SELECT NULL, status,
    ceil(extract(epoch FROM held_until - clock_timestamp()) * 1000)::bigint, NULL
    FROM verify_once
    -- As it was when this statement began: what is over by now was claimed anew by another claim, which is not seen.
    WHERE key = $1 AND NOT EXISTS (SELECT FROM won) AND known_until > clock_timestamp()
        AND (held_since <= clock_timestamp() + interval '5 s') IS NOT FALSE
