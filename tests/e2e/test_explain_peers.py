"""cairn explain, on what real caches say: Squid in one tier and in two, nginx, HAProxy, Apache httpd, Traffic Server,
Varnish, and Cairn's own edge and shield; each for a miss, a hit, a revalidation, a bypass, and whatever else it tells apart.

A row says what is asked for beforehand and then, and how `cairn explain` has to read what comes: its tiers, the client's
side first, each with vendor, node, lookup and served.
"""
import dataclasses
import json
import re
import subprocess
import time

import pytest
from peers_rig import BRIEF_IS_OVER_S, LAST_MODIFIED, TOKEN, Site, all_peers
from rig import CAIRN, ask, dial, until

RELOAD = "Cache-Control: no-cache"
ONLY_IF_CACHED = "Cache-Control: only-if-cached"
SINCE = f"If-Modified-Since: {LAST_MODIFIED}"
PLAIN = ()  # a request without fields of its own


@dataclasses.dataclass
class Row:
    peer: str
    name: str
    kind: str          # of what is asked for: the first part of the path, peers_rig.SITE
    tiers: list
    before: tuple = () # requests, each by its fields, made so early that what is short-lived has become stale since
    first: tuple = ()  # and such that are made just before
    fields: tuple = ()
    method: str = "GET"
    status: int = 200
    says: tuple = ()   # fields that have to be among the evidence, or in the head where there is none
    held: bool = False # another request for it is on its way, and kept there
    path: str = None   # instead of one of the row's own

    @property
    def id(self):
        return re.sub(r"[^a-z0-9]+", "-", f"{self.peer} {self.name}".lower())

    @property
    def target(self):
        return self.path or f"/{self.kind}/{self.id}"


# ---- Squid: the truth table of X-Cache and X-Cache-Lookup ----

def squid(number, name, kind, x_cache, lookup, reads=None, peer="squid", **more):
    """A row of the truth table. What it reads as follows from the two fields, unless something beside them says more."""
    node = {"squid": "squid-edge"}.get(peer, peer)
    usual = {"HIT HIT": ("hit", "hit"), "MISS HIT": ("hit", "miss"), "MISS MISS": ("miss", "miss"), "MISS NONE": (None, "miss")}
    tier = ("squid", node, *(reads or usual[f"{x_cache} {lookup}"]))
    says = (f"X-Cache: {x_cache} from {node}", f"X-Cache-Lookup: {lookup} from {node}")
    return Row(peer, f"row {number}: {name}", kind, [tier], says=says, **more)


ONCE = (PLAIN,)
# Not here: 16, a disk that does not give back what it holds; 18, a leader whose response nobody may share, told apart from
# 19 by Squid's log alone; 20, which takes a Squid built without delay pools.
SQUID = [
    squid(1, "fresh", "fresh", "HIT", "HIT", first=ONCE),
    squid(2, "not modified since", "fresh", "HIT", "HIT", first=ONCE, fields=(SINCE,), status=304),
    squid(3, "the same tag", "fresh", "HIT", "HIT", first=ONCE, fields=('If-None-Match: "1"',), status=304),
    squid(4, "another tag", "fresh", "HIT", "HIT", first=ONCE, fields=('If-None-Match: "2"',)),
    squid(5, "a tag that must match", "fresh", "HIT", "HIT", first=ONCE, fields=('If-Match: "2"',), status=412),
    squid(6, "revalidated", "brief", "HIT", "HIT", before=ONCE),
    squid(7, "stale, the origin is out of order", "failing", "HIT", "HIT", ("hit", "stale"), before=ONCE),
    squid(8, "an error that is kept", "gone", "HIT", "HIT", first=ONCE, status=404),
    squid(9, "offline", "brief", "HIT", "HIT", peer="squid-offline", before=ONCE),
    squid(10, "its own icon", "", "HIT", "HIT", path="/squid-internal-static/icons/silk/folder.png"),
    squid(11, "only if cached, and stale", "brief", "HIT", "HIT", before=ONCE, fields=(ONLY_IF_CACHED,), status=504),
    squid(12, "a reload, looked up", "fresh", "MISS", "HIT", peer="squid-shield", first=ONCE, fields=(RELOAD,)),
    squid(13, "stale and changed", "changing", "MISS", "HIT", before=ONCE),
    squid(14, "stale, and must not be used so", "must", "MISS", "HIT", before=ONCE, status=503),
    squid(15, "the origin's is older", "older", "MISS", "HIT", before=ONCE),
    squid(17, "an error kept too long", "gone", "MISS", "HIT", before=ONCE, status=404),
    squid(19, "it is still arriving", "arriving", "MISS", "HIT", held=True),
    squid(21, "hits are not sent", "unsent", "MISS", "HIT", first=ONCE),
    squid(22, "a condition on a redirect", "moved", "MISS", "HIT", first=ONCE, fields=('If-None-Match: "1"',), status=301),
    squid(23, "the reply is refused", "fresh", "MISS", "HIT", first=ONCE, fields=("X-Refuse-Reply: 1",), status=403),
    squid(24, "sent elsewhere", "fresh", "MISS", "HIT", first=ONCE, fields=("X-Move: 1",), status=302),
    squid(25, "cold", "fresh", "MISS", "MISS"),
    squid(26, "a reload", "fresh", "MISS", "MISS", first=ONCE, fields=(RELOAD,)),
    squid("26 too", "a rule", "unstored", "MISS", "MISS", first=ONCE),
    squid(27, "another variant", "vary", "MISS", "MISS", first=(("X-Variant: a",),), fields=("X-Variant: b",)),
    squid("27 collapsing", "another variant", "vary", "MISS", "HIT", peer="squid-shield", first=(("X-Variant: a",),),
          fields=("X-Variant: b",)),
    squid(28, "only if cached, and not there", "fresh", "MISS", "MISS", fields=(ONLY_IF_CACHED,), status=504),
    squid(29, "a loop", "fresh", "MISS", "MISS", fields=("Via: 1.1 squid-edge (squid/5.7)",), status=403),
    squid(30, "a report on itself", "", "MISS", "MISS", path="/squid-internal-mgr/menu"),
    squid(31, "not modified, says the origin", "fresh", "MISS", "MISS", fields=(SINCE,), status=304),
    squid(32, "refused", "refused", "MISS", "NONE", status=403),
    squid(33, "purged", "fresh", "MISS", "NONE", first=ONCE, method="PURGE"),
    squid(34, "traced", "fresh", "MISS", "NONE", method="TRACE", fields=("Max-Forwards: 0",)),
]


def front(name, first_tier, second_tier, **more):
    tiers = [("squid", "squid-front", *first_tier), ("squid", "squid-shield", *second_tier)]
    return Row("squid-front", name, "fresh", tiers, **more)


SQUID_TWICE = [
    front("cold", ("miss", "miss"), ("miss", "miss")),
    front("a hit, over what was said at the time", ("hit", "hit"), ("miss", "miss", "frozen"), first=ONCE),
    front("a reload, that one of the two looks up", ("miss", "miss"), ("hit", "miss"), first=ONCE, fields=(RELOAD,)),
]

# ---- the others ----


def nginx(word, lookup, served, kind, **more):
    return Row("nginx", word, kind, [("nginx-derived", None, lookup, served)], says=(f"X-Cache-Status: {word}",), **more)


NGINX = [
    nginx("MISS", "miss", "miss", "fresh"),
    nginx("HIT", "hit", "hit", "fresh", first=ONCE),
    nginx("EXPIRED", "stale", "miss", "changing", before=ONCE),
    nginx("STALE", "stale", "stale", "failing", before=ONCE),
    nginx("UPDATING", "stale", "stale", "held", before=ONCE, held=True),
    nginx("REVALIDATED", "stale", "revalidated", "brief", before=ONCE),
    nginx("BYPASS", None, "bypass", "fresh", first=ONCE, fields=("X-Bypass: 1",)),
    Row("nginx", "a place without a cache", "plain", []),
]


def haproxy(name, served, kind, **more):
    return Row("haproxy", name, kind, [("unknown", None, served, served)], **more)


# It does not revalidate, and does not say that it was bypassed: both are misses. Nothing in the convention names HAProxy.
HAPROXY = [
    haproxy("a miss", "miss", "fresh", says=("X-Cache-Status: MISS",)),
    haproxy("a hit", "hit", "fresh", first=ONCE, says=("X-Cache-Status: HIT",)),
    haproxy("stale", "miss", "brief", before=ONCE),
    haproxy("not for everybody", "miss", "fresh", first=ONCE, fields=("Authorization: Basic eDp5",)),
    Row("haproxy", "Age alone, a miss", "age-only", []),
    Row("haproxy", "Age alone, a hit", "age-only", [], first=ONCE),
]


def apache(name, lookup, served, kind, **more):
    return Row("apache", name, kind, [("apache-mod_cache", "apache.example", lookup, served)], **more)


APACHE = [
    apache("a miss", "miss", "miss", "fresh"),
    apache("a hit", "hit", "hit", "fresh", first=ONCE),
    apache("revalidated", "stale", "revalidated", "brief", before=ONCE),
    apache("changed", "miss", "miss", "changing", before=ONCE),
    apache("stale, the origin is out of order", "stale", "stale", "failing", before=ONCE),
    apache("not stored", "miss", "miss", "no-store", first=ONCE),
    apache("a reload", "miss", "miss", "fresh", first=ONCE, fields=(RELOAD,)),
    Row("apache", "a place without a cache", "uncached", [], first=ONCE),
]


def ats(name, lookup, served, kind, **more):
    return [Row(peer, name, kind, [("ats", node, lookup, served)], **more)
            for peer, node in (("ats", "ats-full"), ("ats-short", "ats-short"))]


ATS = [
    *ats("a miss", "miss", "miss", "fresh"),
    *ats("a hit", "hit", "hit", "fresh", first=ONCE),
    *ats("revalidated", "stale", "revalidated", "brief", before=ONCE),
    *ats("changed", "stale", "miss", "changing", before=ONCE),
    *ats("not stored", "miss", "miss", "no-store", first=ONCE),
    *ats("a rule", None, "bypass", "off", first=ONCE),
    *ats("a reload", "stale", "revalidated", "fresh", first=ONCE, fields=(RELOAD,)),
    *ats("asked to tell more", "hit", "hit", "fresh", first=ONCE, fields=("X-Debug: x-cache, via, x-cache-key",)),
]


def varnish(name, lookup, served, kind, **more):
    return [Row(peer, name, kind, [("varnish", None, lookup, served)], **more) for peer in ("varnish", "varnish-vcl")]


VARNISH = [
    *varnish("a miss", "miss", "miss", "fresh"),
    *varnish("a hit", "hit", "hit", "fresh", first=ONCE),
    *varnish("grace, refreshed behind it", "hit", "hit", "brief", before=ONCE),
    *varnish("passed", "miss", "miss", "fresh", first=ONCE, fields=("Authorization: Basic eDp5",)),
]


def cairn(name, edge, shield, kind, **more):
    tiers = [("cairn", "cairn", *edge)] + ([("cairn", "cairn-shield", *shield)] if shield else [])
    return Row("cairn", name, kind, tiers, **more)


CAIRN_TWICE = [
    cairn("cold", ("miss", "miss"), ("miss", "miss"), "fresh"),
    cairn("a hit", ("hit", "hit"), ("miss", "miss", "frozen"), "fresh", first=ONCE),
    cairn("a reload", ("hit", "miss"), ("hit", "miss"), "fresh", first=ONCE, fields=(RELOAD,)),
    cairn("revalidated", ("stale", "revalidated"), ("stale", "revalidated"), "brief", before=ONCE),
    cairn("changed", ("stale", "miss"), ("stale", "miss"), "changing", before=ONCE),
    cairn("bypassed", (None, "bypass"), (None, "bypass"), "fresh", first=ONCE, fields=("X-Bypass: 1",)),
    cairn("told more, cold", ("miss", "miss"), ("miss", "miss"), "fresh", fields=(f"Cairn-Trace: {TOKEN}",),
          says=("Server-Timing: cairn;desc=", "Server-Timing: cairn-shield;desc=")),
    cairn("told more, a hit", ("hit", "hit"), ("miss", "miss", "frozen"), "fresh", first=ONCE, fields=(f"Cairn-Trace: {TOKEN}",),
          says=("Server-Timing: cairn;desc=",)),
]

ROWS = SQUID + SQUID_TWICE + NGINX + HAPROXY + APACHE + ATS + VARNISH + CAIRN_TWICE


# ---- how they are asked ----

@pytest.fixture(scope="module")
def world(tmp_path_factory):
    site = Site()
    with site.origin, all_peers(site, tmp_path_factory.mktemp("cairns")) as ports:
        for row in ROWS:
            for fields in row.before:
                ask(ports[row.peer], row.target, *fields)
        over = time.monotonic() + BRIEF_IS_OVER_S
        until(lambda: time.monotonic() > over)
        try:
            yield site, ports
        finally:
            site.gate.set()


def head_of(site, port, row):
    """The head of what comes for it, as text."""
    if not row.held:
        return text_of(ask(port, row.target, *row.fields, method=row.method))
    site.gate.clear()
    seen = site.count(row.target)
    with dial(port) as other, dial(port) as wire:
        other.say(row.target)
        until(lambda: site.count(row.target) > seen)
        if row.kind == "arriving":
            other.head()
        wire.say(row.target, *row.fields)
        message = wire.head()
        site.gate.set()
        return text_of(message)


def text_of(message):
    return "\r\n".join([message.line, *message.lines, "", ""])


def explain(*arguments, text=None):
    done = subprocess.run([CAIRN, "explain", "--json", *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return json.loads(done.stdout)


def explained(site, port, row):
    """What cairn explain says, of the URL where it can ask so itself."""
    if row.held or row.method != "GET":
        return explain("-", text=head_of(site, port, row))
    options = [word for field in row.fields for word in ("-H", field)]
    return explain(*options, "-H", "Host: a.example", f"http://127.0.0.1:{port}{row.target}")


def read(response):
    return [(tier["vendor"], tier["node"], tier["lookup"], tier["served"], *["frozen"] * tier["frozen"])
            for tier in response["tiers"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_is_read_right(world, row):
    site, ports = world
    for fields in row.first:
        ask(ports[row.peer], row.target, *fields)
    response = explained(site, ports[row.peer], row)["responses"][0]
    assert (response["status"], read(response)) == (row.status, row.tiers), response
    evidence = [line for tier in response["tiers"] for line in tier["evidence"]]
    for field in row.says:
        assert any(line.lower().startswith(field.lower()) for line in evidence), (field, evidence)
