-- KEYS[1] key; ARGV: token, lease in ms, window in ms.
-- Fields: t token, n attempt, u held until (ms), l lease (ms), c status it was completed with.
-- {0, attempt} acquired, {1, rest of the lease in ms} in progress, {2, status} done.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease, window = tonumber(ARGV[2]), tonumber(ARGV[3])
-- A claim that was made this much later than now was made before the clock was set back.
local step = 5000
local known = redis.call('HMGET', KEYS[1], 't', 'n', 'u', 'l', 'c')
local token, attempt, held, status = known[1], tonumber(known[2]) or 0, known[3], known[5]
if status then return {2, tonumber(status)} end
-- The caller's own claim, whose answer was lost.
if held and token == ARGV[1] then return {0, attempt} end
-- Whatever the lease of who asks now.
local left = held and tonumber(held) - now or 0
if left > 0 and left <= tonumber(known[4]) + step then return {1, left} end
redis.call('HSET', KEYS[1], 't', ARGV[1], 'n', attempt + 1, 'u', now + lease, 'l', lease)
redis.call('PEXPIRE', KEYS[1], math.max(window, lease))
return {0, attempt + 1}
