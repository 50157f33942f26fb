vcl 4.1;

import std;
import directors;

probe health {
	.url = "/health";
	.interval = 5s;
	.timeout = 1s;
}
backend one { .host = "127.0.0.1"; .port = "8000"; .probe = health; .connect_timeout = 2s; }
backend two { .host = "127.0.0.1"; .port = "8001"; .probe = health; .connect_timeout = 2s; }

acl purgers { "127.0.0.0"/8; }

sub vcl_init {
	new app = directors.round_robin();
	app.add_backend(one);
	app.add_backend(two);
}

sub vcl_recv {
	set req.backend_hint = app.backend();
	if (req.method == "PURGE") {
		if (client.ip !~ purgers) {
			return (synth(403));
		}
		return (purge);
	}
	if (req.url ~ "^/account/" || req.http.Cookie ~ "session") {
		return (pass);
	}
	# Parameters that only count visitors make no page of their own, nor does their order.
	set req.url = regsuball(req.url, "(?<=[?&])utm_[a-z]+=[^&]*(&|$)", "");
	set req.url = regsub(req.url, "[?&]$", "");
	set req.url = std.querysort(req.url);
	unset req.http.Cookie;
}

sub vcl_backend_response {
	set beresp.grace = 1h;
	if (bereq.url ~ "^/assets/") {
		unset beresp.http.Set-Cookie;
		set beresp.ttl = 1d;
	}
	if (beresp.status == 404) {
		set beresp.ttl = 1m;
	}
	unset beresp.http.X-Powered-By;
}

sub vcl_deliver {
	if (obj.hits > 0) {
		set resp.http.X-Cache = "HIT";
	} else {
		set resp.http.X-Cache = "MISS";
	}
}
