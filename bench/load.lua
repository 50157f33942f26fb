-- What wrk asks for, and how it tells what came of it: one line of JSON at the end of its output.
--
--   wrk ... URL -- [browser] [pause MS] [new NAME]
--
-- browser: with the request head of a browser. new: a URL of its own for each request, URL/NAME.thread.number.
-- pause: each connection waits up to twice that long before each request.

local threads = 0

function setup(thread)
	threads = threads + 1
	thread:set("id", threads)
end

-- With Host, and the target that is asked for, 20 fields and about 900 bytes. No Cookie: several caches would not answer
-- such a request from what they have stored.
local browser = {
	["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
	["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8,fr;q=0.7",
	["Accept-Encoding"] = "gzip, deflate, br, zstd",
	["Referer"] = "http://www.example.com/where/this/was/found?by=somebody",
	["Connection"] = "keep-alive",
	["DNT"] = "1",
	["Upgrade-Insecure-Requests"] = "1",
	["Priority"] = "u=0, i",
	["Sec-CH-UA"] = '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
	["Sec-CH-UA-Mobile"] = "?0",
	["Sec-CH-UA-Platform"] = '"Linux"',
	["Sec-Fetch-Dest"] = "document",
	["Sec-Fetch-Mode"] = "navigate",
	["Sec-Fetch-Site"] = "cross-site",
	["Sec-Fetch-User"] = "?1",
	["Sec-GPC"] = "1",
	["X-Request-ID"] = "5f2b6a0e-8c1d-4a37-9b64-1d0c7e2f93ab",
	["X-Forwarded-For"] = "203.0.113.77, 198.51.100.14",
}

local function ask_for_new(name)
	local n, path = 0, wrk.path
	function request()
		n = n + 1
		return wrk.format("GET", path .. "/" .. name .. "." .. id .. "." .. n)
	end
end

function init(args)
	for i, word in ipairs(args) do
		if word == "browser" then
			for field, value in pairs(browser) do
				wrk.headers[field] = value
			end
		elseif word == "new" then
			ask_for_new(args[i + 1])
		elseif word == "pause" then
			local most = 2 * tonumber(args[i + 1])
			function delay()
				return math.random(0, most)
			end
		end
	end
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format('{"requests": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, "p999_us": %d, "errors": %d}\n',
		summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
		e.connect + e.read + e.write + e.status + e.timeout))
end
