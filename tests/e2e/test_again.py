"""Asking once more: what it is paid from, whom it may fall on, and that what is sent again is whole."""
import resource
import threading
import time

from rig import LIMIT_S, Node, Origin, fresh, respond, settings, until
from test_groups import Gate, ask_many, groups, record_of
from test_upstreams import silent_port


def page(wire, request):
    """In one piece: two would wait for each other, many times over."""
    body = f"body of {request.target}"
    wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n{body}")


def cuts(_wire, _request):
    return False


def site(*members, sections=(), **more):
    return groups({"site": {"members": list(members), "choice": "turn", **more}}, [{"upstream": "site"}], **dict(sections))


# ---- the budget ----

def test_an_answer_that_speaks_of_another_copy_costs_nothing(tmp_path):
    """The origin itself is asked once more, without conditions: nobody has failed, however often it happens."""
    def answer(wire, request):
        if request["If-None-Match"]:
            wire.send('HTTP/1.1 304 Any\r\nETag: "another"\r\n\r\n')
        else:
            wire.send('HTTP/1.1 200 Any\r\nContent-Length: 4\r\nETag: "one"\r\nCache-Control: max-age=0\r\n\r\npage')
    with Origin(answer) as origin, Node(tmp_path, site(origin.url, retry_budget=1)) as node, node.dial() as wire:
        assert {wire.ask("/1").status for _ in range(115)} == {200}
        assert len(origin.requests) == 1 + 2 * 114


def test_what_went_wrong_elsewhere_does_not_all_fall_on_the_one_that_is_well(tmp_path):
    """Its own budget is a share of what it is asked in the first place, whatever the group's has left."""
    def mostly_cuts(wire, request):
        return page(wire, request) if request.target.startswith("/well") else False
    with Origin(mostly_cuts) as bad, Origin(page) as good:
        conf = site({"url": bad.url, "weight": 100}, good.url, max_fails=100)
        with Node(tmp_path, conf) as node, node.dial() as wire:
            statuses = [wire.ask(f"/well/{i}" if i % 30 == 0 else f"/{i}").status for i in range(160)]
            assert set(statuses) == {200, 502}
            assert 100 <= len(good.requests) <= 130
            refused = node.metric("cairn_upstream_refused_total", member=good.url.removeprefix("http://"))
            assert statuses.count(502) == refused > 20
            assert node.metric("cairn_retries_refused_total") == 0 # the group's has enough


def test_what_nobody_was_asked_is_not_spent(tmp_path):
    """Nobody has room for what failed elsewhere: that leaves the budget as it was."""
    gate, statuses = Gate(), []

    def answer(wire, request):
        return page(wire, request) if request.target.startswith("/well") else False
    with Origin(answer) as bad, Origin(gate) as full:
        conf = site({"url": bad.url, "weight": 100}, full.url, max_fails=100, retry_budget=1, max_requests=1)
        with Node(tmp_path, conf) as node, node.dial() as wire:
            for i in range(100):
                assert wire.ask(f"/well/{i}").status == 200
            threads = ask_many(node, ["/held"], statuses)
            until(lambda: gate.held == 1)
            for i in range(150):
                assert node.ask(f"/well/{i}/more" if i % 30 == 0 else f"/{i}").status in (200, 502)
            assert node.metric("cairn_retries_refused_total") == 0
            gate.opened.set()
            threads[0].join(LIMIT_S)
            assert statuses == [200]


def test_a_hedge_that_finds_nobody_costs_nothing(tmp_path):
    def slow(wire, request):
        time.sleep(0.003)
        page(wire, request)
    with Origin(slow) as origin, Node(tmp_path, site(origin.url, hedge="1ms")) as node, node.dial() as wire:
        for i in range(80):
            assert wire.ask(f"/{i}").status == 200
        assert node.metric("cairn_hedges_total") == node.metric("cairn_retries_refused_total") == 0


# ---- limits ----

def test_a_hedge_opens_no_more_connections_than_may_be(tmp_path):
    gate, statuses = Gate(), []
    with Origin(gate) as stuck, silent_port() as port:
        conf = site({"url": stuck.url, "weight": 100}, f"http://127.0.0.1:{port}", hedge="50ms", max_connecting=1)
        with Node(tmp_path, conf) as node:
            label = f"127.0.0.1:{port}"
            assert node.metric("cairn_upstream_connecting", member=label) == 0
            threads = ask_many(node, ["/1"], statuses)
            until(lambda: node.metric("cairn_upstream_connecting", member=label) == 1)
            threads += ask_many(node, ["/2"], statuses)
            until(lambda: node.metric("cairn_upstream_refused_total", member=label) == 1 or
                  node.metric("cairn_upstream_connecting", member=label) > 1)
            assert node.metric("cairn_upstream_connecting", member=label) == 1
            gate.opened.set()
            for thread in threads:
                thread.join(LIMIT_S)
            assert statuses == [200, 200]
            until(lambda: node.metric("cairn_upstream_connecting", member=label) == 0)


def test_whom_a_hedge_may_not_have_is_there_where_the_first_fails(tmp_path):
    """He had no room when the time for a hedge came, and has when the first has failed."""
    first, second, held, asked = Gate(), Gate(), [], []

    def fails(wire, request):
        if request.target == "/well":
            fresh(wire, request)
            return True
        first.held += 1
        first.opened.wait(LIMIT_S)
        return False
    with Origin(fails) as a, Origin(second) as b, Node(tmp_path, site(a.url, b.url, hedge="50ms", max_requests=1)) as node:
        assert node.ask("/well").status == 200
        full = ask_many(node, ["/held"], held, method="POST", body="x") # which is not hedged
        until(lambda: second.held == 1)
        threads = ask_many(node, ["/1"], asked)
        until(lambda: node.metric("cairn_upstream_refused_total", member=b.url.removeprefix("http://")) == 1)
        second.opened.set()
        full[0].join(LIMIT_S)
        until(lambda: node.metric("cairn_upstream_active_requests") == 1)
        first.opened.set()
        threads[0].join(LIMIT_S)
        assert (held, asked) == ([200], [200])


# ---- what is told ----

def test_who_was_asked_after_a_hedge_is_none(tmp_path):
    gate, log, nodes = threading.Event(), tmp_path / "log", []

    def first(wire, _request):
        assert gate.wait(LIMIT_S)
        return False

    def second(_wire, _request):
        gate.set()
        until(lambda: nodes[0].metric("cairn_upstream_failures_total") == 1)
        return False
    with Origin(first) as a, Origin(second) as b, Origin(fresh) as c:
        conf = site(a.url, c.url, b.url, hedge="500ms", sections={"logs": [{"file": str(log)}]})
        with Node(tmp_path, conf) as node:
            nodes.append(node)
            assert node.ask("/1").status == 200
            record = record_of(log, "/1")
            assert (record["member"], record["tries"]) == (c.url.removeprefix("http://"), 3)
            # Unless the time for another one has come meanwhile.
            assert ("hedged" in record) == (node.metric("cairn_hedges_total") == 2)


def test_an_answer_that_spoke_of_another_copy_is_none(tmp_path):
    """Asked once more, the origin breaks off: what is served stale was confirmed by nobody."""
    def answer(wire, request):
        if request["If-None-Match"]:
            wire.send('HTTP/1.1 304 Any\r\nETag: "another"\r\n\r\n')
        elif len(origin.requests) > 1:
            return False
        else:
            respond(wire, "page", 'ETag: "one"', "Cache-Control: max-age=0, stale-if-error=60")
        return True
    with Origin(answer) as origin, Node(tmp_path, site(origin.url)) as node:
        stored, stale = node.ask("/1"), node.ask("/1")
        assert (stored.body, stale.body, len(origin.requests)) == (b"page", b"page", 3)
        assert "fwd=stale; " in stale["Cache-Status"] and "fwd-status" not in stale["Cache-Status"]
        assert stale["Proxy-Status"] == "edge-1; error=connection_terminated"


# ---- what is sent again ----

def test_an_empty_body_is_whole_when_it_is_sent_again(tmp_path):
    with Origin(cuts) as bad, Origin(fresh) as good:
        conf = site(bad.url, good.url, sections={"timeouts": {"first_byte": "3s"}})
        with Node(tmp_path, conf) as node, node.dial() as wire:
            wire.send("PUT /1 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            assert wire.response().status == 200
            assert (len(bad.requests), len(good.requests)) == (1, 1)


# ---- what is ours ----

def test_that_we_have_no_descriptor_is_no_members_failure(tmp_path):
    def answer(wire, request):
        fresh(wire, request)
        return False
    with Origin(answer) as origin:
        conf = settings(origin.url, upstreams={"site": {"members": [origin.url], "max_fails": 1, "down": "1h", "probe": {
            "kind": "tcp", "interval": "100ms", "down_after": 1}}})
        with Node(tmp_path, conf) as node, node.dial() as wire:
            assert wire.ask("/1").status == 200
            until(lambda: node.metric("cairn_upstream_active_requests") == 0)
            whole = resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, (3, whole[1]))
            answers = [wire.ask(f"/{i}") for i in range(2, 6)]
            threading.Event().wait(0.4) # probes come and go
            resource.prlimit(node.process.pid, resource.RLIMIT_NOFILE, whole)
            assert {(one.status, one["Proxy-Status"]) for one in answers} == {(503, "edge-1; error=proxy_internal_error")}
            assert "is out" not in node.text()
            assert node.metric("cairn_upstream_ejections_total") == node.metric("cairn_upstream_failures_total") == 0
            assert wire.ask("/1/more").status == 200
