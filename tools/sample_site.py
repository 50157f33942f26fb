#!/usr/bin/env python3
"""A small site to put a cache in front of: a few pages, each with its own rule of caching."""
import http.server
import sys
import time
from email.utils import formatdate

PAGES = {
    "/": ("text/html; charset=utf-8", "max-age=60",
          "<!doctype html><title>Sample</title><link rel=stylesheet href=/style.css>"
          "<h1>A sample page</h1><p>Look at the response's headers, and reload.</p>\n"),
    "/style.css": ("text/css", "max-age=3600, immutable", "body { font: 1rem/1.5 sans-serif; margin: 3rem }\n"),
    "/slow": ("text/plain", "max-age=30", "This took a second to make. Again, it will not.\n"),
    "/private": ("text/plain", "private", "For one user only: never stored by a shared cache.\n"),
    "/news": ("text/plain", "max-age=2, stale-while-revalidate=30", None),
}


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        page = PAGES.get(self.path)
        if page is None:
            self.answer(404, "text/plain", "max-age=10", "No such page. There are: " + ", ".join(PAGES) + "\n")
            return
        kind, caching, text = page
        if self.path == "/slow":
            time.sleep(1)
        self.answer(200, kind, caching, text or f"News as of {time.strftime('%H:%M:%S')}.\n")

    do_HEAD = do_GET

    def answer(self, status, kind, caching, text):
        body = text.encode()
        tag = f'"{hash(text) & 0xffffffff:08x}"'
        if self.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", caching)
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
server.daemon_threads = True
with open(sys.argv[1], "w") as port:
    port.write(str(server.server_port))
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
