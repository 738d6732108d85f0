-- What wrk asks for, and how it says what came back. After `--`: method, bytes of the body, requests in one write.
-- No function `request` here: wrk then calls no Lua for each request.
function init(arguments)
  wrk.method = arguments[1]
  local body = tonumber(arguments[2])
  if body > 0 then
    wrk.body = string.rep("x", body)
    wrk.headers["Content-Type"] = "application/octet-stream"
  end
  local requests = string.rep(wrk.format(), tonumber(arguments[3]))
  wrk.format = function() return requests end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nFIGURES {"requests":%d,"microseconds":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
