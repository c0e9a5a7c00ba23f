-- SPDX-License-Identifier: MIT
-- wrk -s wrk.lua: the request of floor.c, byte for byte.
local head = '{"model":"mock","messages":[{"role":"user","content":"'
local tail = '"}]}'

wrk.method = "POST"
wrk.body = head .. string.rep("x", 365 - #head - #tail) .. tail
wrk.headers["Content-Type"] = "application/json"
