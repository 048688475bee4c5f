-- KEYS[1] key; ARGV: token. 1 if it was given back. The attempt stays.
local known = redis.call('HMGET', KEYS[1], 't', 'u', 'c')
if known[1] ~= ARGV[1] or not known[2] or known[3] then return 0 end
redis.call('HDEL', KEYS[1], 'u', 'l')
return 1
