vcl 4.1;

backend default { .host = "127.0.0.1"; .port = "@origin@"; }

sub vcl_recv {
    if (req.http.X-Bypass) {
        return (pass);
    }
}

sub vcl_deliver {
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
    set resp.http.X-Cache-Hits = obj.hits;
}
