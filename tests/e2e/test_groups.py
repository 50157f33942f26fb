"""Groups of upstreams: who is asked, who is asked instead, and what is said about it."""
import collections
import contextlib
import itertools
import json
import signal
import threading
import time

import pytest

from rig import LIMIT_S, Node, Origin, fresh, respond, settings, until
from squid_rig import Squid
from test_upstreams import Later, silent_port

TOKEN = "Cairn-Trace: t0ken"


def groups(upstreams, routes, **more):
    return settings(upstreams=upstreams, routes=routes, **more)


# What nobody waits for is not finished.
PAST_THE_CACHE = {"upstream": "site", "cache": {"enabled": False}}


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def record_of(path, target):
    """Of the request that went upstream, once it is written."""
    return until(lambda: path.exists() and
                 next((r for r in records(path) if r["url"].endswith(target) and "upstream_ms" in r), None))


# ---- fallbacks ----

def speaks_as_a_tier(name):
    def answer(wire, request):
        respond(wire, f"{name} of {request.target}", "Cache-Control: max-age=1000", f"X-Cache: MISS from {name}",
                f"X-Cache-Miss-From: {name}", f"Cache-Status: {name}; fwd=uri-miss")
    return answer


def parent_and_site(parent, site, log, **parent_more):
    return groups({"shield": {"kind": "parent", "members": [parent], "fallback": "site", "max_fails": 1,
                              "down": "1h", **parent_more},
                   "site": {"members": [site]}},
                  [{"upstream": "shield"}], logs=[{"file": str(log)}], trail={"token": "t0ken"})


def test_a_fallback_is_asked_as_what_it_is(tmp_path):
    """A parent that cannot be reached: the origin behind it gets a request as origins do, and its trail is dropped."""
    dead = Later(fresh)
    with Origin(speaks_as_a_tier("liar")) as site:
        with Node(tmp_path, parent_and_site(dead.url, site.url, tmp_path / "log")) as node:
            answer = node.ask("/1")
            assert (answer.status, answer["X-Cache"]) == (200, "MISS from edge-1")
            assert answer["X-Cache-Miss-From"] == "edge-1"
            assert answer["Cache-Status"].startswith("edge-1; fwd=uri-miss; fwd-status=200; stored")
            assert site.requests[0].line == "GET /1 HTTP/1.1"
            record = record_of(tmp_path / "log", "/1")
            assert (record["upstream"], record["member"]) == ("site", site.url.removeprefix("http://"))
            # Known to be down: it is passed by.
            assert node.ask("/2").status == 200
            assert node.metric("cairn_upstream_requests_total", upstream="shield") == 1
            assert node.metric("cairn_fallbacks_total") == 2
            # Nobody is down as long as the fallback is not: what is stored is not served stale for it.
            assert node.told("/v1/explain?url=http://a.example/3")["upstream"]["fallback"] == "site"


def test_the_trail_of_whoever_answers_is_kept_as_its_kind_says(tmp_path):
    """The other way round: an origin's fallback is a parent, whose words are kept and who may have reached back."""
    dead = Later(fresh)
    with Origin(speaks_as_a_tier("shield-1")) as parent:
        conf = groups({"site": {"members": [dead.url], "fallback": "shield"},
                       "shield": {"kind": "parent", "members": [parent.url]}}, [{"upstream": "site"}])
        with Node(tmp_path, conf) as node:
            answer = node.ask("/1")
            assert answer["X-Cache"] == "MISS from shield-1, MISS from edge-1"
            assert answer["X-Cache-Miss-From"] == "shield-1"
            assert parent.requests[0].line == "GET http://a.example/1 HTTP/1.1"


def test_the_last_one_asked_is_named(tmp_path):
    parent, site = Later(fresh), Later(fresh)
    with Node(tmp_path, parent_and_site(parent.url, site.url, tmp_path / "log")) as node:
        answer = node.ask("/1", TOKEN)
        label = site.url.removeprefix("http://")
        assert answer.status == 502
        assert answer["Proxy-Status"] == \
            f'edge-1; error=connection_refused; next-hop="{label}"; details="upstream site"'
        assert node.ask("/1")["Proxy-Status"] == "edge-1; error=connection_refused"
        record = record_of(tmp_path / "log", "/1")
        assert (record["upstream"], record["member"]) == ("site", label)


def test_a_body_that_has_gone_out_is_not_sent_to_a_fallback(tmp_path):
    def cuts(_wire, _request):
        return False
    with Origin(cuts) as parent, Origin(fresh) as site:
        with Node(tmp_path, parent_and_site(parent.url, site.url, tmp_path / "log")) as node:
            assert node.ask("/1", method="POST", body="once").status == 502
            assert node.ask("/2").status == 200
            assert [request.line for request in site.requests] == ["GET /2 HTTP/1.1"]


def test_a_group_without_fallback_never_goes_elsewhere(tmp_path):
    dead = Later(fresh)
    with Origin(fresh) as site:
        conf = groups({"shield": {"kind": "parent", "members": [dead.url]}}, [{"upstream": "shield"}],
                      listeners=[{"address": "127.0.0.1:0", "mode": "both"}])
        with Node(tmp_path, conf) as node:
            for i in range(6):
                assert node.ask(f"{site.url}/{i}").status == 502
        assert not site.requests


# ---- direct ----

@contextlib.contextmanager
def forward(tmp_path, upstreams, mode="forward", upstream="direct", **more):
    conf = groups(upstreams, [{"upstream": upstream, "request_fields": {"set": ["X-Route: yes"]}}],
                  listeners=[{"address": "127.0.0.1:0", "mode": mode}], logs=[{"file": str(tmp_path / "log")}], **more)
    with Node(tmp_path, conf) as node:
        yield node


def test_a_route_may_lead_to_the_host_that_is_named(tmp_path):
    with Origin(fresh) as site, forward(tmp_path, {}) as node:
        answer = node.ask(f"{site.url}/1", host="other.example")
        assert (answer.status, answer["X-Cache"]) == (200, "MISS from edge-1")
        assert node.ask(f"{site.url}/1")["X-Cache"] == "HIT from edge-1"
        request = site.requests[0]
        assert (request.line, request["X-Route"], request["CDN-Loop"]) == ("GET /1 HTTP/1.1", "yes", None)
        assert request["Host"] == f"127.0.0.1:{site.port}"
        record = record_of(tmp_path / "log", "/1")
        assert (record["upstream"], record["member"], record["direct"]) == ("direct", f"127.0.0.1:{site.port}", True)


@pytest.mark.parametrize("mode, status", [("forward", 400), ("both", 400)])
def test_a_host_that_is_not_named_is_not_asked(tmp_path, mode, status):
    with Origin(fresh) as site, forward(tmp_path, {}, mode) as node:
        assert node.ask("/1", host=f"127.0.0.1:{site.port}").status == status
        # Not from the store either.
        assert node.ask(f"{site.url}/1").status == 200
        assert node.ask("/1", host=f"127.0.0.1:{site.port}").status == status


def test_a_reverse_listener_beside_it_goes_nowhere(tmp_path):
    with Origin(fresh) as site:
        conf = groups({"shield": {"kind": "parent", "members": [Later(fresh).url], "fallback": "direct"}},
                      [{"upstream": "direct", "path": "/direct"}, {"upstream": "shield"}],
                      listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "mode": "forward"}])
        with Node(tmp_path, conf) as node:
            here = f"127.0.0.1:{site.port}"
            assert node.ask("/direct", host=here).status == 404
            assert node.ask(f"http://{here}/direct", host=here).status == 404
            assert node.ask("/1", host=here).status == 502
            assert node.ask(f"http://{here}/1", host=here).status == 502
            assert not site.requests


def test_the_named_host_is_the_last_resort(tmp_path):
    dead = Later(fresh)
    upstreams = {"shield": {"kind": "parent", "members": [dead.url], "fallback": "direct", "max_fails": 1, "down": "100ms"}}
    numbers = itertools.count(3)
    with Origin(fresh) as site, forward(tmp_path, upstreams, upstream="shield") as node:
        assert node.ask(f"{site.url}/1").status == node.ask(f"{site.url}/2").status == 200
        assert [request.line for request in site.requests] == ["GET /1 HTTP/1.1", "GET /2 HTTP/1.1"]
        record = record_of(tmp_path / "log", "/2")
        assert (record["upstream"], record["direct"]) == ("direct", True)
        with dead.open() as parent:
            until(lambda: node.ask(f"{site.url}/{next(numbers)}").status == 200 and parent.requests)


# ---- choices ----

@contextlib.contextmanager
def origins(count, answer=fresh):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Origin(answer)) for _ in range(count)]


def asked_for(origin):
    return sorted(request.target for request in origin.requests)


def test_a_url_has_its_member_on_every_node(tmp_path):
    """By default, and by rendezvous: so two nodes of a tier ask a shield of two for the same half each."""
    with origins(2) as (a, b):
        seen = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            with Node(tmp_path / name, settings([a.url, b.url])) as node:
                for i in range(40):
                    assert node.ask(f"/{i}").status == 200
            seen.append((asked_for(a), asked_for(b)))
            a.requests.clear()
            b.requests.clear()
    assert seen[0] == seen[1]
    assert 5 < len(seen[0][0]) < 35


def squid_of(parents):
    lines = [f"cache_peer 127.0.0.1 parent {port} 0 no-query no-digest carp weight={weight} name={name}"
             for name, port, weight in parents]
    return Squid("child", *lines, "never_direct allow all", "nonhierarchical_direct off")


@pytest.mark.parametrize("weights", [(1, 1, 1), (3, 1, 2)])
def test_carp_is_that_of_squid(tmp_path, weights):
    """A Squid and a Cairn before the same three parents ask the same one for each URL."""
    urls = [f"/{i}/page?q={i * i}" for i in range(60)]
    with origins(3) as parents:
        named = [(f"parent-{i}", parent.port, weights[i]) for i, parent in enumerate(parents)]
        members = [{"url": f"http://127.0.0.1:{port}", "name": name, "weight": weight}
                   for name, port, weight in named]
        conf = groups({"up": {"kind": "parent", "choice": "carp", "members": members}}, [{"upstream": "up"}])
        with squid_of(named) as squid, Node(tmp_path, conf) as node:
            squid.sees_up(3)
            for url in urls:
                assert squid.ask(url).status == node.ask(url, host="a.example").status == 200
        for parent in parents:
            by_squid = sorted(r.target for r in parent.requests if "squid" in (r["Via"] or ""))
            by_cairn = sorted(r.target for r in parent.requests if "cairn" in (r["Via"] or ""))
            assert by_squid == by_cairn
            assert len(by_squid) > 3


def test_carp_goes_by_what_a_parent_is_asked_for(tmp_path):
    """That a proxy in front was spoken to by https is no part of it: a Squid in the same place would not know."""
    urls = [f"/{i}/page" for i in range(30)]
    with origins(3) as parents:
        members = [{"url": parent.url, "name": f"parent-{i}"} for i, parent in enumerate(parents)]
        conf = groups({"up": {"kind": "parent", "choice": "carp", "members": members}}, [{"upstream": "up"}],
                      forwarding={"trusted_proxies": ["127.0.0.1"]})
        with Node(tmp_path, conf) as node:
            for url in urls:
                assert node.ask(url).status == node.ask(url, "X-Forwarded-Proto: https").status == 200
        for parent in parents:
            asked = collections.Counter(request.line for request in parent.requests)
            assert set(asked.values()) == {2}


# ---- limits ----

class Gate:
    """An answer that waits until it is let through; `held` have come."""

    def __init__(self):
        self.held = 0
        self.lock = threading.Lock()
        self.opened = threading.Event()

    def __call__(self, wire, request):
        with self.lock:
            self.held += 1
        assert self.opened.wait(LIMIT_S)
        fresh(wire, request)


def ask_many(node, targets, into, **more):
    """Each on a thread of its own; the answers' statuses go into the list."""
    def one(target):
        into.append(node.ask(target, **more).status)
    threads = [threading.Thread(target=one, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    return threads


def test_no_more_requests_than_a_member_may_have(tmp_path):
    gate, statuses = Gate(), []
    with Origin(gate) as origin:
        conf = groups({"site": {"members": [origin.url], "max_requests": 2}}, [{"upstream": "site"}])
        with Node(tmp_path, conf) as node:
            threads = ask_many(node, ["/1", "/2"], statuses)
            until(lambda: gate.held == 2)
            answer = node.ask("/3")
            assert (answer.status, answer["Proxy-Status"]) == (503, "edge-1; error=connection_limit_reached")
            assert answer["X-Cache-Miss-From"] is None  # nobody was asked
            assert node.metric("cairn_upstream_refused_total") == 1
            gate.opened.set()
            for thread in threads:
                thread.join(LIMIT_S)
            assert statuses == [200, 200]
            assert node.ask("/3").status == 200
            until(lambda: node.metric("cairn_upstream_active_requests") == 0)


def test_the_log_tells_who_shared_a_fetch_that_failed(tmp_path):
    asked, opened = threading.Event(), threading.Event()

    def hangs_up(wire, request):
        if request.target == "/warm":
            return fresh(wire, request)
        asked.set()
        assert opened.wait(LIMIT_S)
        return False
    with Origin(hangs_up) as origin:
        conf = groups({"site": {"members": [origin.url], "retries": 0}}, [{"upstream": "site"}], node={"workers": 1},
                      logs=[{"file": str(tmp_path / "log")}, {"file": str(tmp_path / "squid"), "format": "squid"}])
        with Node(tmp_path, conf) as node, node.dial() as first, node.dial() as second, node.dial() as third:
            for wire in (first, second, third):
                assert wire.ask("/warm").status == 200
            first.say("/fails")
            assert asked.wait(LIMIT_S)
            second.say("/fails")
            assert third.ask("/warm").status == 200  # so the worker has seen what came before
            opened.set()
            assert [wire.response().status for wire in (first, second)] == [502, 502]
        told = [r for r in records(tmp_path / "log") if r["url"].endswith("/fails")]
        assert sorted(r.get("collapsed", "") for r in told) == ["", "yes"]
        assert sorted(line.split()[3] for line in (tmp_path / "squid").read_text().splitlines() if "/fails" in line) == [
            "TCP_CF_MISS/502", "TCP_MISS/502"]


def test_what_a_member_may_not_have_goes_to_another(tmp_path):
    gate, statuses = Gate(), []
    with Origin(gate) as slow, Origin(fresh) as quick:
        conf = groups({"site": {"members": [slow.url, quick.url], "choice": "turn", "max_requests": 1}},
                      [{"upstream": "site"}])
        with Node(tmp_path, conf) as node:
            threads = ask_many(node, ["/1"], statuses)
            until(lambda: gate.held == 1)
            for i in range(6):
                assert node.ask(f"/{i}/more").status == 200
            assert len(quick.requests) == 6
            gate.opened.set()
            threads[0].join(LIMIT_S)
            assert statuses == [200]


def test_no_more_connections_are_opened_than_may_be(tmp_path):
    with silent_port() as port, Origin(fresh) as site:
        conf = groups({"site": {"members": [f"http://127.0.0.1:{port}"], "max_connecting": 2, "fallback": "other",
                                "retries": 0},
                       "other": {"members": [site.url]}}, [PAST_THE_CACHE], timeouts={"connect": "10m"})
        with Node(tmp_path, conf) as node:
            with node.dial() as first, node.dial() as second:
                first.say("/1")
                second.say("/2")
                until(lambda: node.metric("cairn_upstream_connecting", upstream="site") == 2)
                assert node.ask("/3").status == 200
                assert node.metric("cairn_upstream_refused_total", upstream="site") == 1
            until(lambda: node.metric("cairn_upstream_connecting", upstream="site") == 0)


def test_asking_again_has_a_budget(tmp_path):
    """A group that fails whatever it is asked is not asked several times for all of it."""
    def cuts(_wire, _request):
        return False
    with Origin(cuts) as a, Origin(cuts) as b:
        conf = groups({"site": {"members": [a.url, b.url], "max_fails": 100, "retries": 1, "retry_budget": 10,
                                "choice": "turn"}}, [{"upstream": "site"}])
        with Node(tmp_path, conf) as node:
            for i in range(150):
                assert node.ask(f"/{i}").status == 502
            # A hundred are free, and each request pays for a tenth of one.
            assert node.metric("cairn_retries_total") == len(a.requests) + len(b.requests) - 150
            assert 100 <= node.metric("cairn_retries_total") <= 115
            # What was not asked again was refused by the group's budget, or by the other member's.
            refused = node.metric("cairn_retries_refused_total") + node.metric("cairn_upstream_refused_total")
            assert refused == 150 - node.metric("cairn_retries_total")


# ---- hedges ----

def hedged(urls, route=None, log="off"):
    return groups({"site": {"members": urls, "choice": "turn", "hedge": "50ms", "max_fails": 1, "down": "1h",
                            "slow_start": "0s"}}, [route or {"upstream": "site"}], logs=[{"file": str(log)}])


def test_another_member_is_asked_where_one_lets_us_wait(tmp_path):
    gate = Gate()
    with Origin(gate) as stuck, Origin(fresh) as quick, Node(tmp_path, hedged([stuck.url, quick.url])) as node:
        answers = [node.ask(f"/{i}") for i in range(8)]
        assert [answer.status for answer in answers] == 8 * [200]
        assert [answer.body for answer in answers] == [f"body of /{i}".encode() for i in range(8)]
        # Four times in a row the stuck one lost: as good as a failure, after which it is out.
        assert gate.held == 4
        assert node.metric("cairn_hedges_total") == node.metric("cairn_hedges_won_total") == 4
        assert node.metric("cairn_upstream_up", member=stuck.url.removeprefix("http://")) == 0
        until(lambda: node.metric("cairn_upstream_active_requests") == 0)
        # What cannot be asked twice is not.
        assert node.ask("/post", method="POST", body="x").status == 200
        gate.opened.set()


def test_whoever_answers_first_is_taken(tmp_path):
    """The first one after all: the other is dropped."""
    first, second = Gate(), Gate()
    statuses = []
    with Origin(first) as a, Origin(second) as b, Node(tmp_path, hedged([a.url, b.url])) as node:
        threads = ask_many(node, ["/1"], statuses)
        until(lambda: first.held == 1 and second.held == 1)
        first.opened.set()
        threads[0].join(LIMIT_S)
        assert statuses == [200]
        assert node.metric("cairn_hedges_total") == 1
        assert node.metric("cairn_hedges_won_total") == 0
        until(lambda: node.metric("cairn_upstream_active_requests") == 0)
        second.opened.set()


def test_where_the_first_fails_the_hedge_is_what_is_left(tmp_path):
    gate, second = Gate(), Gate()

    def cuts(_wire, _request):
        gate.held += 1
        assert gate.opened.wait(LIMIT_S)
        return False
    statuses = []
    with Origin(cuts) as a, Origin(second) as b, Node(tmp_path, hedged([a.url, b.url])) as node:
        threads = ask_many(node, ["/1"], statuses)
        until(lambda: gate.held == 1 and second.held == 1)
        gate.opened.set()
        until(lambda: node.metric("cairn_upstream_failures_total") == 1)
        second.opened.set()
        threads[0].join(LIMIT_S)
        assert statuses == [200]
        assert (len(a.requests), len(b.requests)) == (1, 1)
        assert node.metric("cairn_retries_total") == 0
        until(lambda: node.metric("cairn_upstream_active_requests") == 0)


def test_a_hedge_that_fails_is_nobodys_loss(tmp_path):
    gate, dead = Gate(), Later(fresh)
    statuses = []
    with Origin(gate) as a, Node(tmp_path, hedged([a.url, dead.url])) as node:
        threads = ask_many(node, ["/1"], statuses)
        until(lambda: node.metric("cairn_upstream_failures_total", member=dead.url.removeprefix("http://")) == 1)
        gate.opened.set()
        threads[0].join(LIMIT_S)
        assert statuses == [200]
        until(lambda: node.metric("cairn_upstream_active_requests") == 0)


def test_where_the_hedge_fails_the_next_is_asked(tmp_path):
    gate, dead, log = Gate(), Later(fresh), tmp_path / "log"
    with Origin(gate) as stuck, Origin(fresh) as quick:
        with Node(tmp_path, hedged([stuck.url, quick.url, dead.url], log=log)) as node:
            assert node.ask("/1").status == 200
            record = record_of(log, "/1")
            assert (record["member"], record["tries"], record["hedged"]) == (quick.url.removeprefix("http://"), 3, True)
            assert node.metric("cairn_hedges_total") == 2
            assert node.metric("cairn_hedges_won_total") == 1
            until(lambda: node.metric("cairn_upstream_active_requests") == 0)
            gate.opened.set()


def test_what_a_hedge_brings_is_as_old_as_it_is(tmp_path):
    """It wins before the first was sent anything."""
    with silent_port() as port, Origin(fresh) as quick, Node(tmp_path, hedged([f"http://127.0.0.1:{port}", quick.url])) as node:
        answers = [node.ask("/1") for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[1]["X-Cache"].startswith("HIT") and int(answers[1]["Age"]) < 60
        assert node.metric("cairn_hedges_won_total") == 1


def test_a_client_that_leaves_takes_the_hedge_along(tmp_path):
    first, second = Gate(), Gate()
    with Origin(first) as a, Origin(second) as b, Node(tmp_path, hedged([a.url, b.url], PAST_THE_CACHE)) as node:
        with node.dial() as wire:
            wire.say("/1")
            until(lambda: first.held == 1 and second.held == 1)
        until(lambda: node.metric("cairn_upstream_active_requests") == 0)
        first.opened.set()
        second.opened.set()


# ---- three parents, one killed, one hung, one slow, under load ----

CLIENTS = 12


def passing(delay=0.0):
    """A page that nobody stores: each request for it goes all the way."""
    def answer(wire, request):
        time.sleep(delay)
        body = f"body of {request.target}"
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n{body}")
    return answer


class Most:
    """The most requests at a time that an answer was asked for."""

    def __init__(self, answer):
        self.answer = answer
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, wire, request):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.answer(wire, request)
        finally:
            with self.lock:
                self.now -= 1


class Load:
    """Clients that ask for one page after the other, never the same, until they are told to stop."""

    def __init__(self, node):
        self.node = node
        self.numbers = itertools.count()
        self.good, self.bad, self.cut = [], [], []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]

    def ask(self):
        while not self.stop.is_set():
            target = f"/{next(self.numbers)}"
            try:
                answer = self.node.ask(target)
                fine = answer.body == f"body of {target}".encode()
                (self.good if fine else self.bad).append((target, answer.status, answer["Proxy-Status"]))
            except EOFError:
                self.cut.append(target)

    def goes_on(self, count):
        """Waits for so many more good answers."""
        aim = len(self.good) + count
        until(lambda: len(self.good) >= aim)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(LIMIT_S)


def parent_conf(name, port, site):
    conf = json.loads(settings(site.url, node={"name": name, "workers": 1}))
    conf["listeners"][0]["address"] = f"127.0.0.1:{port}"
    return json.dumps(conf)


def parent(tmp_path, name, site, port=0):
    (tmp_path / name).mkdir(exist_ok=True)
    return Node(tmp_path / name, parent_conf(name, port, site))


def test_what_is_left_of_a_tier_bears_it(tmp_path):
    slow_site = Most(passing(0.01))
    with contextlib.ExitStack() as stack:
        site, slow = stack.enter_context(Origin(passing())), stack.enter_context(Origin(slow_site))
        killed, hung = parent(tmp_path, "killed", site), stack.enter_context(parent(tmp_path, "hung", site))
        slowed = stack.enter_context(parent(tmp_path, "slowed", slow))
        urls = [f"http://127.0.0.1:{node.port}" for node in (killed, hung, slowed)]
        conf = groups({"shields": {"kind": "parent", "members": urls, "max_fails": 2, "down": "200ms", "hedge": "50ms",
                                   "max_requests": CLIENTS, "slow_start": "1h"}},
                      [{"upstream": "shields"}], timeouts={"between": "500ms"})
        (tmp_path / "edge").mkdir()
        edge = stack.enter_context(Node(tmp_path / "edge", conf))

        def told(name, of):
            return edge.metric(f"cairn_upstream_{name}", member=f"127.0.0.1:{of.port}")

        with Load(edge) as load:
            load.goes_on(100)
            assert not load.bad
            assert min(told("requests_total", node) for node in (killed, hung, slowed)) > 10

            killed.process.kill()
            killed.process.wait()
            hung.signal(signal.SIGSTOP)
            before = told("requests_total", hung)
            until(lambda: not told("up", hung))
            load.goes_on(200)
            assert not load.bad
            assert told("requests_total", hung) - before <= 2 * CLIENTS + told("ejections_total", hung)
            assert slow_site.most <= CLIENTS
            assert told("refused_total", slowed) == 0
            assert edge.metric("cairn_retries_total") + edge.metric("cairn_hedges_total") <= 100 + 0.2 * len(load.good)

            # Those that come back are given little: a tenth of what the other one has, and not all that waited.
            hung.signal(signal.SIGCONT)
            killed = stack.enter_context(parent(tmp_path, "killed", site, killed.port))
            until(lambda: told("up", killed) and told("up", hung))
            until(lambda: load.goes_on(10) or not told("active_requests", hung))
            before = [told("requests_total", node) for node in (killed, hung, slowed)]
            load.goes_on(400)
            more = [told("requests_total", node) - n for node, n in zip((killed, hung, slowed), before)]
            assert 5 < more[0] < 90
            assert more[1] < 90
            assert more[2] > 250
        # Whose answer had begun is cut; all others were asked once more.
        assert not load.bad
        assert len(load.cut) <= 2 * CLIENTS
        until(lambda: edge.metric("cairn_upstream_active_requests") == 0)
