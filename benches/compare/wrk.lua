-- Sends the requests of a file, one a line as METHOD, path and body between tabs:
--
--   wrk … URL -- FILE         in turn, for as long as wrk runs
--   wrk … URL -- FILE once    each of them once, and ends wrk with the last answer
--
-- Ends with one line of JSON that measure.mjs reads.

local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")
local SIGINT = 2
-- As many as measure.mjs opens.
local CONNECTIONS = 32

local requests = {}
local sent = 0
local once = false

function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%u+)\t([^\t]+)\t(.*)$")
    local headers = {}
    if body ~= "" then
      headers["Content-Type"] = "application/json"
    else
      body = nil
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  once = args[2] == "once"
end

function request()
  sent = sent + 1
  -- Each of the connections waits for its answer: when so many more are asked for, every request was answered.
  if once and sent == #requests + CONNECTIONS then
    ffi.C.kill(ffi.C.getpid(), SIGINT)
  end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"bytes":%d,"failed":%d,"meanMs":%.3f,"p50Ms":%.3f,"p99Ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency.mean / 1e3, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
