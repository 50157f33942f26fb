"""The access log: what its formats say of each sort of exchange, how it is rotated, and what a bad file costs: records."""
import contextlib
import json
import os
import re
import signal
import socket
import threading

from rig import Node, Origin, fresh, respond, settings, until


def lines_of(path, count):
    """The first `count` lines, once they are there."""
    until(lambda: path.exists() and path.read_text().count("\n") >= count)
    return path.read_text().splitlines()


# ---- one exchange, three lines ----

def varied(wire, request):
    if request.target == "/gone":
        wire.reset()
        return False
    if request.target == "/slow":
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        return wire.take(1) and False
    if request["If-None-Match"]:
        respond(wire, "", 'ETag: "1"', "Cache-Control: max-age=1000", status=304)
    elif request.target == "/stale":
        respond(wire, "old", 'ETag: "1"', "Cache-Control: max-age=0", "Content-Type: text/plain")
    else:
        return fresh(wire, request)
    return True


class Three:
    """A node whose log is written in all formats."""

    def __init__(self, tmp, **more):
        self.tmp = tmp
        self.formats = ("json", "combined", "squid")
        self.logs = [{"file": str(tmp / name), "format": name} for name in self.formats]
        self.count = 0
        self.settings = {"logs": self.logs, "node": {"workers": 1}, **more}

    def tell(self, play):
        """The lines that what `play` does makes, one in each format."""
        play()
        self.count += 1
        json_line, combined, squid = (lines_of(self.tmp / name, self.count)[-1] for name in self.formats)
        return json.loads(json_line), combined, squid


def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def raw(node, text):
    with node.dial() as wire:
        wire.send(text)
        wire.response()


def leave(node, target):
    with node.dial() as wire:
        wire.say(target)
        wire.head()
        wire.take(5)


ROWS = {
    "miss": (lambda n: n.ask("/page?secret", "Referer: http://r/", "User-Agent: u\"a"),
             {"served": "MISS", "lookup": "MISS", "reason": "never-seen", "fwd": "uri-miss", "stored": True, "status": 200,
              "url": "http://a.example/page?secret", "upstream": "site"},
             r'"GET /page\?secret HTTP/1\.1" 200 20 "http://r/" "u\\x22a"',
             r"TCP_MISS/200 \d+ GET http://a\.example/page\? - HIER_DIRECT/127\.0\.0\.1 text/plain"),
    "hit": (lambda n: n.ask("/page?secret"), {"served": "HIT", "lookup": "HIT", "hits": 1, "status": 200},
            r'"GET /page\?secret HTTP/1\.1" 200 20 "-" "-"',
            r"TCP_MEM_HIT/200 \d+ GET http://a\.example/page\? - HIER_NONE/- text/plain"),
    "first": (lambda n: n.ask("/stale"), {"reason": "never-seen"}, r'"GET /stale HTTP/1\.1" 200 3', r"TCP_MISS/200 "),
    "revalidated": (lambda n: n.ask("/stale"), {"served": "MISS", "lookup": "HIT", "reason": "expired", "fwd_status": 304},
                    r'"GET /stale HTTP/1\.1" 200 3', r"TCP_REFRESH_UNMODIFIED/200 .* HIER_DIRECT/127\.0\.0\.1 "),
    "reload": (lambda n: n.ask("/page?secret", "Cache-Control: no-cache"), {"reason": "reload", "fwd": "request"},
               r" 200 20 ", r"TCP_CLIENT_REFRESH_MISS/200 "),
    "only-if-cached": (lambda n: n.ask("/none", "Cache-Control: only-if-cached"),
                       {"status": 504, "reason": "only-if-cached", "served": "MISS"}, r" 504 ",
                       r"TCP_MISS/504 \d+ GET http://a\.example/none - HIER_NONE/- "),
    "malformed": (lambda n: raw(n, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
                  {"status": 400, "reason": "malformed", "fault": "space-before-colon"}, r" 400 ",
                  r"NONE_NONE/400 \d+ \S+ \S+ - HIER_NONE/- "),
    "too-large": (lambda n: n.ask("/" + 1000 * "x"), {"status": 414, "reason": "too-large"}, r" 414 ", r"NONE_NONE/414 "),
    "timeout": (lambda n: raw(n, "GET / HTTP/1.1\r\n"), {"status": 408, "reason": "timeout"}, r" 408 ", r"NONE_NONE/408 "),
    "denied": (lambda n: n.ask("a.example:22", method="CONNECT"), {"status": 403, "reason": "denied"},
               r'"CONNECT a\.example:22 HTTP/1\.1" 403 ', r"TCP_DENIED/403 \d+ CONNECT a\.example:22 - HIER_NONE/- "),
    "loop": (lambda n: n.ask("/loop", "CDN-Loop: " + n.loop), {"status": 508, "reason": "loop"}, r" 508 ", r"/508 "),
    "upstream-failed": (lambda n: n.ask("/gone"), {"status": 502, "reason": "upstream-failed", "error": "connection_terminated"},
                        r" 502 ", r"TCP_MISS/502 .* HIER_DIRECT/127\.0\.0\.1 "),
    "aborted": (lambda n: leave(n, "/slow"), {"aborted": True}, r'"GET /slow HTTP/1\.1" 200 5 ', r"TCP_MISS_ABORTED/200 "),
}


def test_each_sort_of_exchange_has_its_line(tmp_path):
    three = Three(tmp_path, limits={"target": 256}, timeouts={"head": "100ms"})
    with Origin(varied) as origin, Node(tmp_path, settings(origin.url, **three.settings)) as node:
        node.ask("/loop-of-this-node")
        node.loop = origin.requests[0]["CDN-Loop"]
        lines_of(tmp_path / "json", 1)
        three.count = 1
        for name, (play, said, combined, squid) in ROWS.items():
            told = three.tell(lambda: play(node))  # pylint: disable=cell-var-from-loop
            assert said.items() <= told[0].items(), (name, told[0])
            assert re.search(r"^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] ", told[1]), name
            assert re.search(combined, told[1]), (name, told[1])
            assert re.search(r"^\d{9,}\.\d{3} +\d+ 127\.0\.0\.1 ", told[2]), name
            assert re.search(squid, told[2]), (name, told[2])
        until(lambda: node.metric("cairn_log_records_written_total") == 3 * three.count)
        assert node.metric("cairn_log_records_dropped_total") == 0


def test_a_tunnel_and_a_purge_have_lines_too(tmp_path):
    three = Three(tmp_path, listeners=[{"address": "127.0.0.1:0", "mode": "both"}])
    with Origin(varied) as origin:
        with Node(tmp_path, settings(origin.url, forwarding={"connect_ports": [origin.port]}, **three.settings)) as node:
            sent = []

            def tunnel():
                with node.dial() as wire:
                    wire.send = lambda data, send=wire.send: (sent.append(data), send(data))
                    wire.say(f"127.0.0.1:{origin.port}", method="CONNECT")
                    assert wire.head().status == 200
                    assert wire.ask("/inside").body == b"body of /inside"

            told = three.tell(tunnel)
            assert (told[0]["reason"], told[0]["status"], told[0]["upstream"]) == ("tunnel", 200, "direct")
            came = len("HTTP/1.1 200 Any\r\nContent-Length: 15\r\nCache-Control: max-age=1000\r\n"
                       "Content-Type: text/plain\r\n\r\nbody of /inside")
            assert (told[0]["body_bytes"], told[0]["bytes"]) == (came, came + len("HTTP/1.1 200 OK\r\n\r\n"))
            assert told[0]["request_bytes"] == sum(map(len, sent))
            assert node.metric("cairn_client_sent_bytes_total") == told[0]["bytes"]
            assert f'"CONNECT 127.0.0.1:{origin.port} HTTP/1.1" 200 ' in told[1]
            assert re.search(rf"TCP_TUNNEL/200 \d+ CONNECT 127\.0\.0\.1:{origin.port} - HIER_DIRECT/127\.0\.0\.1 -$", told[2])
            told = three.tell(lambda: node.ask("/page", method="PURGE"))
            assert (told[0]["method"], told[0]["status"], told[0]["order"]) == ("PURGE", 200, 1)
            assert '"PURGE /page HTTP/1.1" 200 ' in told[1]


def test_a_refresh_behind_an_answer_tells_whether_it_is_stored(tmp_path):
    def grows_old(wire, request):
        kept = len(origin.requests) < 3
        respond(wire, "page", "Cache-Control: " + ("max-age=0, stale-while-revalidate=1000" if kept else "no-store"))
    with Origin(grows_old) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(tmp_path / "log")}])) as node:
        assert node.ask("/old").status == 200
        told = []
        for lines in (3, 5):
            assert node.ask("/old")["X-Cache"] == "HIT from edge-1"
            records = [json.loads(line) for line in lines_of(tmp_path / "log", lines)]
            told = [(r.get("stored"), r.get("unstorable")) for r in records if r.get("background")]
        assert told == [(True, None), (None, "no-store")]


def test_an_address_that_refused_is_named_and_a_name_without_one_is_not(tmp_path):
    three = Three(tmp_path)
    with Node(tmp_path, settings(f"http://127.0.0.1:{dead_port()}", **three.settings)) as node:
        said, _, squid = three.tell(node.ask)
        assert said["member"].startswith("127.0.0.1:")
        assert "HIER_DIRECT/127.0.0.1 " in squid
        node.reload(settings("http://no-such-name.invalid", **three.settings, timeouts={"connect": "100ms"}))
        said, _, squid = three.tell(node.ask)
        assert said["member"] == "no-such-name.invalid:80"
        assert " HIER_NONE/- " in squid


# ---- files ----

def test_a_signal_opens_the_logs_anew(tmp_path):
    log, old = tmp_path / "log", tmp_path / "log.1"
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(log)}])) as node:
        node.ask("/1")
        lines_of(log, 1)
        log.rename(old)
        node.ask("/2")
        assert '/2"' in lines_of(old, 2)[1]
        assert not log.exists()
        node.signal(signal.SIGUSR1)
        until(log.exists)
        node.ask("/3")
        assert '/3"' in lines_of(log, 1)[0]
        assert len(old.read_text().splitlines()) == 2


def test_a_reload_changes_logs(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(one)}])) as node:
        node.ask("/1")
        lines_of(one, 1)
        node.reload(settings(origin.url, logs=[{"file": str(two), "format": "squid"}]))
        node.ask("/2")
        assert " GET http://a.example/2 " in lines_of(two, 1)[0]
        assert len(one.read_text().splitlines()) == 1


def ask_until_records_are_lost(node):
    """Requests whose lines fill what holds them; each is answered at once."""
    with node.dial() as wire:
        def some():
            for _ in range(100):
                assert wire.ask("/page", "User-Agent: " + 900 * "x")["X-Cache"].endswith("from edge-1")
            return node.metric("cairn_log_records_dropped_total")

        return until(some)


def test_a_full_disk_costs_records_and_no_requests(tmp_path):
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": "/dev/full"}])) as node:
        ask_until_records_are_lost(node)
        assert "cairn: log /dev/full: No space left on device; records are lost" in node.text()
        assert node.metric("cairn_log_records_written_total") == 0
        assert node.ask("/page").status == 200


def read_all(fd, into):
    with contextlib.suppress(OSError):
        while data := os.read(fd, 65536):
            into.append(data)


def test_a_slow_reader_costs_records_and_no_requests(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(pipe)}])) as node:
        ask_until_records_are_lost(node)
        read = []
        os.set_blocking(reader, True)
        reading = threading.Thread(target=read_all, args=(reader, read))
        reading.start()
        node.ask("/last")
        until(lambda: b'/last"' in b"".join(read))
        lines = b"".join(read).decode().splitlines()
        assert all(json.loads(line)["status"] == 200 for line in lines)
        until(lambda: node.metric("cairn_log_records_written_total") == len(lines)) # counted once it is written
        assert len(lines) + node.metric("cairn_log_records_dropped_total") == node.metric("cairn_requests_total")
    reading.join(10)
    os.close(reader)


def test_a_reader_that_goes_away_and_comes_back(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, logs=[{"file": str(pipe)}])) as node:
        node.ask("/page")
        until(lambda: node.metric("cairn_log_records_written_total") == 1)
        os.close(reader)
        node.ask("/page")
        node.hears("Broken pipe; records are lost")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        until(lambda: [node.ask("/page")] and node.metric("cairn_log_records_written_total") > 1)
        node.hears("can be written again")
        os.close(reader)
