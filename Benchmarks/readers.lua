-- For wrk: each of its connections asks for what the dashboard asks for, once a second.
local paths = { "/", "/api/v1/results?most=20", "/api/v1/jobs", "/assets/page.css" }
local number = 0

request = function()
  number = number + 1
  return wrk.format("GET", paths[number % #paths + 1])
end

function delay() return 1000 end

done = function(summary, latency, _)
  local errors = summary.errors
  print(string.format("readers: %d answers, %d other than 200, %d errors of sockets; latency median %.1f ms, 99 %% %.1f ms, most %.1f ms",
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
