-- A server that stays listed, with Lua 5.1 or newer, LuaSocket and lua-cjson (for https also LuaSec: require 'ssl.https').
-- Run: REGISTRY_URL=http://localhost:8787 lua5.4 examples/lua/server.lua
local http, ltn12, json, socket = require 'socket.http', require 'ltn12', require 'cjson', require 'socket'

local url = os.getenv 'REGISTRY_URL' or 'http://localhost:8787'
local token = os.getenv 'REGISTRY_TOKEN'
local id = os.getenv 'SERVER_ID' or 'lua-1' -- letters, digits and hyphens need no escaping in a URL
local server = { serverId = id, endpoint = 'wss://' .. id .. '.example:7777', publicKey = 'none', region = 'eu' }
server.metadata = { name = 'From Lua', players = 0 }
http.TIMEOUT = 10

-- Status (0 where nothing answered), answer, and the seconds that the registry asks to wait.
local function ask(method, path, body)
  local text = body and json.encode(body)
  local headers = { ['Content-Type'] = 'application/json', ['Content-Length'] = text and #text or 0 }
  if token then headers.Authorization = 'Bearer ' .. token end
  local said = {}
  local source = text and ltn12.source.string(text) or nil
  local _, status, answered =
    http.request { method = method, url = url .. path, headers = headers, source = source, sink = ltn12.sink.table(said) }
  if type(status) ~= 'number' then return 0, { error = status }, 0 end
  local ok, answer = pcall(json.decode, table.concat(said))
  return status, ok and answer or { error = 'no JSON' }, tonumber(answered['retry-after']) or 0
end

-- In short steps: Lua notices Ctrl-C between them.
local function wait(seconds)
  local untilTime = socket.gettime() + seconds
  while socket.gettime() < untilTime do socket.sleep(math.min(0.2, math.max(0, untilTime - socket.gettime()))) end
end

local registered, pace, failures = false, 60, 0
local function beat()
  local status, answer, retryAfter
  if registered then -- add metadata whenever it changes
    status, answer, retryAfter = ask('POST', '/servers/heartbeat', { serverId = id, peers = false })
  else
    status, answer, retryAfter = ask('POST', '/servers', server)
  end
  if status == 200 and registered then
    failures = 0
  elseif status == 200 then
    registered, failures, pace = true, 0, answer.lease.heartbeatEveryMs / 1000
    local _, list = ask('GET', '/servers')
    print('registered; servers on the list: ' .. #list.servers)
  elseif status == 404 and registered then
    registered = false -- swept or deregistered: register again at once
    return 0
  else
    io.stderr:write(('failed with %d: %s\n'):format(status, answer.error))
    failures = math.min(failures + 1, 10)
    -- Spread at random, so that a thousand servers don't come back in one moment.
    return math.min(pace, 0.5 * 2 ^ failures) * (0.5 + math.random() / 2) + retryAfter
  end
  return pace * (0.9 + math.random() / 10)
end

math.randomseed(os.time())
local _, reason = pcall(function() while true do wait(beat()) end end) -- Ctrl-C ends it
print(reason, 'deregistered: ' .. ask('DELETE', '/servers/' .. id))
