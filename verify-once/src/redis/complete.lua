-- KEYS[1] key; ARGV: token, status. 1 if it is done by this token.
local known = redis.call('HMGET', KEYS[1], 't', 'u', 'c')
if known[1] ~= ARGV[1] then return 0 end
if known[3] then return 1 end
if not known[2] then return 0 end
-- First what frees memory: after it, a server that has none left lets the script write.
redis.call('HDEL', KEYS[1], 'u', 'l')
redis.call('HSET', KEYS[1], 'c', ARGV[2])
return 1
