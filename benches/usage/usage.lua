-- Sends batches of events, each with an id of its own:
--
--   wrk … URL -- NAMES SIZE SEED FROM TO
--
-- batches of SIZE events of the icons that the file NAMES has, one a line, at random, the first most often; of FROM to TO minutes ago.
--
-- Ends with one line of JSON that load.mjs reads.

local PATH = "/api/v1/analytics/usage/batch"
local HEADERS = { ["Content-Type"] = "application/json" }
local KINDS = { "RENDER", "RENDER", "RENDER", "VIEW", "COPY", "DOWNLOAD" }
local COUNTRIES = { "DE", "FR", "US", "IN", "BR", "JP", "NL", "GB" }

local events = {}
local size
local sent = 0
local prefix
local instants = {}

-- What an event has beside its id and its instant is drawn from a stock: drawing it anew for each would keep the client busy.
local STOCK = 50000

function init(args)
  local names = {}
  for name in io.lines(args[1]) do names[#names + 1] = name end
  size = tonumber(args[2])
  math.randomseed(tonumber(args[3]))
  prefix = string.format("%08x-%04x-4", math.random(0, 0x7fffffff), math.random(0, 0xffff))
  local now = os.time()
  for minute = tonumber(args[4]), tonumber(args[5]) do
    instants[#instants + 1] = os.date("!%Y-%m-%dT%H:%M:00Z", now - minute * 60)
  end
  for place = 1, STOCK do
    -- Zipf's law with exponent 1, about.
    local name = names[math.min(#names, math.floor(math.exp(math.random() * math.log(#names))))]
    events[place] = string.format(
      '"icon":"%s","kind":"%s","userId":"u%d","sessionId":"s%d","country":"%s","client":"web/%d.0","device":"DESKTOP"}',
      name, KINDS[math.random(#KINDS)], math.random(100000), math.random(300000), COUNTRIES[math.random(#COUNTRIES)], math.random(9))
  end
end

function request()
  local body = {}
  for place = 1, size do
    sent = sent + 1
    body[place] = string.format('{"id":"%s%03x-8%03x-%012x","occurredAt":"%s",%s', prefix, sent % 4096, math.random(0, 4095), sent,
      instants[math.random(#instants)], events[math.random(STOCK)])
  end
  return wrk.format("POST", PATH, HEADERS, '{"events":[' .. table.concat(body, ",") .. "]}")
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%.6f,"failed":%d,"p50Ms":%.3f,"p99Ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
