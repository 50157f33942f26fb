"""Hits that are answered without a request of their own, beside those that take all steps: nobody can tell them apart.
Nor misses of which that much was looked up on the way.

A field that means nothing in a GET, Max-Forwards, is enough to send a request through its steps.
"""
import contextlib
import json
import re

import pytest

from rig import Node, Origin, dial, respond, settings, until

STEPS = "Max-Forwards: 9"
LARGE = bytes(range(256)) * (32 << 10)  # 8 MiB, more than sockets take at once

STORED = {
    "plain": (200, b"a body", ["Content-Type: text/plain"]),
    "empty": (200, b"", []),
    "missing": (404, b"not here", []),
    "moved": (301, b"", ["Location: /elsewhere"]),
    "odd": (299, b"odd", []),
    "extents": (200, LARGE[:300000], ["ETag: \"1\""]),
    "varies": (200, b"varies", ["Vary: Accept-Language"]),
    "via": (200, b"came far", ["Via: 1.1 far"]),
    "proxied": (200, b"x", ["Proxy-Status: far; error=dns_error"]),
    "cookie": (200, b"x", ["Set-Cookie: a=b"]),
    "told": (200, b"x", ["X-Cache: HIT from far", "Cache-Status: far; hit; ttl=5"]),
    "no-cache": (200, b"x", ["Cache-Control: no-cache", "ETag: \"1\""]),
    "nearly": (200, b"x", ["Age: 999"]),
}
CONFIGURED = {
    "plain": {},
    "opaque": {"trail": {"names": "opaque", "secret": "s"}},
    "off": {"trail": {"names": "off"}},
    "few": {"trail": {"x_cache": False, "x_cache_hits": False}},
    "timed": {"trail": {"server_timing": True, "x_cache_status": True}},
    "secretive": {"trail": {"history": "trusted", "trusted": []}},
    "via-less": {"forwarding": {"via": False}},
    "forward": {"listeners": [{"address": "127.0.0.1:0", "mode": "both"}]},
    "edited": {"routes": [{"upstream": "site", "response_fields": {"set": ["X-New: 1"], "remove": ["ETag"]}}]},
    "kept": {"upstreams": {"site": {"trail": "keep"}}},
}


def answer(wire, request):
    status, body, fields = STORED.get(request.target[1:].partition("?")[0], (200, LARGE, []))
    if not any(f.startswith("Cache-Control") for f in fields):
        fields = [*fields, "Cache-Control: max-age=1000"]
    respond(wire, body, *fields, status=status)


def told(response):
    """What a response says, but for what moves: the count of hits, and seconds that may have gone by."""
    text = "\n".join([response.line, *response.lines])
    text = re.sub(r"(?m)^Date: .*", "Date: N", text)  # of what was validated again
    text = re.sub(r"(?m)(X-Cache-Hits: .*?)\d+$", r"\1N", text)
    return re.sub(r"(ttl=|cairn-age=|Age: |dur=)[\d.-]+", r"\1N", text)


@contextlib.contextmanager
def configured(tmp_path, conf):
    sections = dict(CONFIGURED[conf])
    upstream = sections.pop("upstreams", {"site": {}})
    with Origin(answer) as origin:
        upstream["site"]["members"] = [origin.url]
        sections = {"routes": [{"upstream": "site"}], "upstreams": upstream, **sections}
        with Node(tmp_path, settings(None, **sections)) as node:
            yield node, origin


@pytest.mark.parametrize("conf", CONFIGURED)
def test_both_ways_say_the_same(tmp_path, conf):
    with configured(tmp_path, conf) as (node, _):
        for target in STORED:
            node.ask(f"/{target}")
            short, long = node.ask(f"/{target}"), node.ask(f"/{target}", STEPS)
            assert told(short) == told(long), target
            assert short.body == long.body == STORED[target][1]


@pytest.mark.parametrize("conf", CONFIGURED)
def test_a_miss_is_asked_for_and_said_the_same_both_ways(tmp_path, conf):
    with configured(tmp_path, conf) as (node, origin):
        for target in STORED:
            short, long = node.ask(f"/{target}?short"), node.ask(f"/{target}?long", STEPS)
            assert told(short) == told(long), target
            assert short.body == long.body == STORED[target][1]
            one, other = origin.requests[-2:]
            assert (one.target, other.target) == (f"/{target}?short", f"/{target}?long")
            assert set(other.lines) - set(one.lines) == {STEPS}
            assert set(one.lines) <= set(other.lines)


def logged(origin, file):
    """One worker: its records come in their order."""
    return settings(origin.url, node={"workers": 1}, logs=[{"file": str(file), "format": "json"}])


def records(file, count):
    def whole():
        lines = file.read_text().splitlines() if file.exists() else []
        return len(lines) >= count and [json.loads(line) for line in lines]

    return until(whole)


MOVES = ("id", "time", "hits", "request_bytes", "client", "ttl", "cairn_age",
         "duration_ms", "first_byte_ms", "upstream_ms")


def test_both_ways_leave_the_same_record(tmp_path):
    log = tmp_path / "log"
    fields = ["User-Agent: A/1", "Referer: http://b.example/"]
    with Origin(answer) as origin:
        with Node(tmp_path, logged(origin, log)) as node:
            for more in ([], [], [STEPS]):
                node.ask("/plain", *fields, *more)
            _, short, long = records(log, 3)
            for moves in MOVES:
                short.pop(moves, None)
                long.pop(moves, None)
            assert short == long
            assert node.metric("cairn_requests_total", served="hit") == 2
            for target, more in (("/plain?1", []), ("/plain?2", [STEPS])):
                node.ask(target, *fields, *more)
            short, long = records(log, 5)[-2:]
            for moves in MOVES:
                short.pop(moves, None)
                long.pop(moves, None)
            assert (short.pop("url"), long.pop("url")) == ("http://a.example/plain?1", "http://a.example/plain?2")
            assert list(short.pop("steps")) == list(long.pop("steps"))
            assert short == long


@contextlib.contextmanager
def slow_reader(tmp_path):
    """A node with a large object, and one that asks for it and reads little: the node, the log, the wire, a way to ask."""
    log = tmp_path / "log"
    with Origin(answer) as origin, Node(tmp_path, logged(origin, log)) as node, node.dial(receive=4096) as wire:
        def say():
            wire.say("/large")
            until(lambda: node.told("/v1/status")["store"]["pinned_entries"] > 0)

        node.ask("/large")
        yield node, log, wire, say


def test_a_slow_reader_gets_the_rest_from_a_request(tmp_path):
    with slow_reader(tmp_path) as (_, log, wire, say):
        for _ in range(2):
            say()
            assert wire.response().body == LARGE
        wire.ask("/plain")
        last = records(log, 4)[-2]
        assert (last["status"], last["body_bytes"], last.get("cut", False)) == (200, len(LARGE), False)


def test_a_reader_that_goes_away_is_noticed(tmp_path):
    with slow_reader(tmp_path) as (node, log, wire, say):
        say()
        wire.reset()
        last = records(log, 2)[-1]
        assert last["cut"] and last["body_bytes"] < len(LARGE)
        until(lambda: node.told("/v1/status")["store"]["pinned_entries"] == 0)


def test_pieces_and_pipelines(tmp_path):
    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node:
        node.ask("/plain")
        request = "GET /plain HTTP/1.1\r\nHost: a.example\r\n\r\n"
        with node.dial() as wire:
            for i in range(1, len(request), 5):  # in two pieces, wherever the cut is
                wire.send(request[:i])
                wire.send(request[i:])
                assert wire.response().body == b"a body"
            wire.send(request * 5 + request[:9])
            for _ in range(5):
                assert wire.response().body == b"a body"
            wire.send(request[9:])
            assert wire.response().body == b"a body"
            wire.send(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
            assert wire.response()["Connection"] == "close"
            assert wire.ended()


def test_a_reload_changes_what_is_said_on_open_connections(tmp_path):
    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial() as wire:
        wire.ask("/plain")
        for names, said in (("plain", "HIT from edge-1"), ("off", None), ("plain", "HIT from edge-1")):
            assert node.reload(settings(origin.url, trail={"names": names})).status == 200
            until(lambda: wire.ask("/plain")["X-Cache"] == said)


def test_hosts_are_told_apart(tmp_path):
    def name(wire, request):
        respond(wire, request["Host"], "Cache-Control: max-age=1000")

    hosts = [f"h{i}.example" for i in range(200)] + ["x" * 70 + ".example", "A.example:80", "a.example:81"]
    with Origin(name) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial() as wire:
        for _ in range(3):
            for host in hosts:
                assert wire.ask("/", host=host).body == host.encode()
        assert wire.ask("/", host="a.EXAMPLE").body == b"A.example:80"
        with dial(node.port) as other:
            assert other.ask("/", host="a b").status == 400
