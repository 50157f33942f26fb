"""Other people's caches in front of an origin. The bench starts and stops them (bench/lib/servers.py); the files of
tests/e2e/peers/ set them up so that what they can say of a response can be brought about.
"""
import concurrent.futures
import contextlib
import email.utils
import os
import sys
import threading
import time

from rig import ROOT, Node, Origin, respond, settings

sys.path.insert(0, str(ROOT / "bench"))
from lib import servers  # noqa: E402  pylint: disable=wrong-import-position

CORES = sorted(os.sched_getaffinity(0))
MEMORY = 64 * servers.MIB
LAST_MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT"
LIMIT_S = 30

# What the first part of a path makes the origin say: Cache-Control, and what becomes of later requests for the path.
LONG = "max-age=1000"
BRIEF = "max-age=1"
BRIEF_IS_OVER_S = 3
SITE = {
    "brief": (BRIEF, "validates"),
    "changing": (BRIEF, "changes"),
    "older": (BRIEF, "goes back"),
    "failing": (BRIEF, "fails"),
    "must": (BRIEF + ", must-revalidate", "fails"),
    "held": (BRIEF, "waits"),
    "arriving": (LONG, "comes in two"),
    "no-store": ("no-store", "changes"),
    "private": ("private", "changes"),
}


class Site:
    """The origin. What it holds back goes on once `gate` is set."""

    def __init__(self):
        self.seen = {}
        self.gate = threading.Event()
        self.origin = Origin(self.answer)
        self.port = self.origin.port

    def count(self, target):
        return self.seen.get(target, 0)

    def answer(self, wire, request):
        target = request.target
        times = self.seen[target] = self.count(target) + 1
        kind = target.split("/")[1]
        control, habit = SITE.get(kind, (LONG, "validates"))
        again = times > 1
        if kind == "gone":
            return respond(wire, "gone", status=404)
        if kind == "moved":
            return respond(wire, "moved", "Location: /fresh/moved", f"Cache-Control: {control}", status=301)
        if habit == "fails" and again:
            return respond(wire, "out of order", status=503)
        if habit == "waits" and again:
            self.gate.wait(LIMIT_S)
        date = email.utils.formatdate(time.time() - 100 * (habit == "goes back" and again), usegmt=True)
        fields = [f"Date: {date}", f"Cache-Control: {control}", "Content-Type: text/plain"]
        if kind == "vary":
            fields.append("Vary: X-Variant")
        if habit == "validates":
            return self.validate(wire, request, fields)
        return self.send(wire, f"body {times} of {target}", fields, habit == "comes in two")

    @staticmethod
    def validate(wire, request, fields):
        fields += ['ETag: "1"', f"Last-Modified: {LAST_MODIFIED}"]
        if request["If-None-Match"] == '"1"' or (not request["If-None-Match"] and request["If-Modified-Since"] == LAST_MODIFIED):
            return wire.send("\r\n".join(["HTTP/1.1 304 Not Modified", *fields]) + "\r\n\r\n")
        return respond(wire, f"body of {request.target}", *fields)

    def send(self, wire, body, fields, in_two):
        if not in_two:
            return respond(wire, body, *fields)
        wire.send("\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {2 * len(body)}", *fields]) + "\r\n\r\n" + body)
        self.gate.wait(LIMIT_S)
        return wire.send(body)


# ---- the caches ----

def peer(kind, ours=True, **values):
    """A function that makes one in front of an origin. `ours`: set up by tests/e2e/peers/, not as the bench has it."""
    over = ROOT / "tests/e2e/peers" / kind if ours else None
    return lambda origin: servers.Server(servers.Kind(kind, over=over), origin, CORES, MEMORY, **values)


def squid(name, **more):
    return peer("squid", name=name, **{"reload_option": "", "offline": "off", "collapsed": "off", **more})


PEERS = {
    "squid": squid("squid-edge"),
    # One pattern that overrides reloads makes Squid look up for all of them, those that it does not override too.
    "squid-shield": squid("squid-shield", reload_option="ignore-reload", collapsed="on"),
    "squid-offline": squid("squid-offline", offline="on"),
    "nginx": peer("nginx"),
    "haproxy": peer("haproxy"),
    "apache": peer("apache", name="apache.example"),
    "ats": peer("ats", name="ats-full", via=3),
    "ats-short": peer("ats", name="ats-short", via=2),
    "varnish": peer("varnish", ours=False),
    "varnish-vcl": peer("varnish"),
}
BEHIND = {"squid-front": (squid("squid-front"), "squid-shield")}


@contextlib.contextmanager
def together(made):
    """Starts them at once, and stops them at once: some take seconds for either."""
    with concurrent.futures.ThreadPoolExecutor(len(made)) as pool:
        starts = {name: pool.submit(server.__enter__) for name, server in made.items()}
        concurrent.futures.wait(starts.values())
        try:
            for start in starts.values():
                start.result()
            yield
        finally:
            list(pool.map(lambda server: server.__exit__(), made.values()))


@contextlib.contextmanager
def all_peers(site, tmp):
    """The port of each, by its name."""
    with contextlib.ExitStack() as stack:
        made = {name: make(site) for name, make in PEERS.items()}
        before = {name: make(made[behind]) for name, (make, behind) in BEHIND.items()}
        stack.enter_context(together(made))
        stack.enter_context(together(before))
        yield {**{name: server.port for name, server in (made | before).items()}, **cairns(site, tmp, stack)}


TOKEN = "the-token"


def cairns(site, tmp, stack):
    """A shield, and an edge before it."""
    ports = {}
    for name, kind, port in (("cairn-shield", "origin", site.port), ("cairn", "parent", None)):
        folder = tmp / name
        folder.mkdir()
        url = f"http://127.0.0.1:{port or ports['cairn-shield']}"
        conf = settings(node={"name": name}, upstreams={"site": {"kind": kind, "members": [url]}}, trail={"token": TOKEN, "names": "plain"},
                        routes=[{"upstream": "site", "cache": {"bypass": ["field:X-Bypass"]}}])
        ports[name] = stack.enter_context(Node(folder, conf)).port
    return ports
