"""Active probes: members that are found sick leave, and come back when they are found well, whatever requests say."""
import socket

import pytest

from rig import Node, Origin, fresh, respond, settings, until

QUICK = {"interval": "100ms", "timeout": "5s", "up_after": 2, "down_after": 2}


class Patient(Origin):
    """An origin that serves pages, and is as well on its probe path as the test says."""

    def __init__(self, **more):
        self.status = 200
        self.probes = []
        super().__init__(self.tell, **more)

    def tell(self, wire, request):
        if request.target.startswith("/health"):
            self.probes.append(request)
            respond(wire, "", status=self.status)
            return False
        return fresh(wire, request)

    @property
    def pages(self):
        return len(self.requests) - len(self.probes)


def probed(members, **probe):
    return settings(members, upstreams={"site": {"members": members, "probe": {**QUICK, **probe}}})


def state(node, place):
    """Is that member up?"""
    member, = (one for one in node.told("/v1/status")["upstreams"][0]["members"] if place.url.endswith(one["member"]))
    return member["up"]


def ask_all(node, first, count=30):
    assert {node.ask(f"/{i}").status for i in range(first, first + count)} == {200}


def test_a_member_that_says_it_is_sick_leaves_and_returns(tmp_path):
    with Patient() as one, Patient() as two, Node(tmp_path, probed([one.url, two.url], kind="http",
                                                                   path="/health?deep=1")) as node:
        until(lambda: one.probes and two.probes)
        assert one.probes[0].target == "/health?deep=1"
        assert one.probes[0]["Host"] == f"127.0.0.1:{one.port}"
        ask_all(node, 0)
        assert one.pages > 0 and two.pages > 0
        one.status = 500
        until(lambda: not state(node, one))
        node.hears(rf"site: 127\.0\.0\.1:{one.port} is out by its probes: its status is 500")
        before = one.pages
        ask_all(node, 100)
        assert one.pages == before
        assert node.metric("cairn_upstream_members", upstream="site", state="down") == 1
        assert node.metric("cairn_probe_failures_total") >= 2
        one.status = 204
        until(lambda: state(node, one))
        node.hears(rf"site: 127\.0\.0\.1:{one.port} is found well")
        until(lambda: node.ask(f"/{len(one.requests) + len(two.requests)}-again").status == 200 and one.pages > before)


def test_one_bad_probe_is_none(tmp_path):
    answers = []

    def tell(wire, _):
        answers.append(200 if len(answers) % 2 else 503)
        respond(wire, "", status=answers[-1])
        return False

    with Origin(tell) as place, Node(tmp_path, probed([place.url], kind="http", path="/health")) as node:
        until(lambda: len(answers) >= 8)
        assert state(node, place)
        assert node.metric("cairn_probe_failures_total") >= 3
        assert "is out" not in node.text()


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_a_port_that_is_closed(tmp_path, kind):
    with Patient() as one, socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        conf = probed([one.url, f"http://127.0.0.1:{port}"], kind=kind, path="/" if kind == "tcp" else "/health")
        with Node(tmp_path, conf) as node:
            node.hears(rf"site: 127\.0\.0\.1:{port} is out by its probes: Connection refused")
            ask_all(node, 0)
            assert node.metric("cairn_upstream_requests_total", member=f"127.0.0.1:{port}") == 0
            with Patient(listener=reserved) as two:
                until(lambda: state(node, two))
                ask_all(node, 100)
                until(lambda: node.ask(f"/{two.connections}-{len(one.requests)}").status == 200 and two.pages > 0)


@pytest.mark.parametrize("length", [2 << 20, None])
def test_a_page_without_end_is_as_good(tmp_path, length):
    """The status counts, and nobody waits for the rest: a site's first page may be large, or a stream."""
    def tell(wire, _):
        wire.send("HTTP/1.1 200 Any\r\n" + (f"Content-Length: {length}\r\n\r\n" if length else "\r\n"))
        wire.send("x" * (length or 1))
        return not wire.ended()

    with Origin(tell) as place, Node(tmp_path, probed([place.url], kind="http", timeout="1s")) as node:
        until(lambda: node.metric("cairn_probes_total") >= 2)
        assert node.metric("cairn_probe_failures_total") == 0


def test_a_member_that_is_silent(tmp_path):
    with Patient() as one, socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Node(tmp_path, probed([one.url, url], kind="http", path="/health", timeout="1s")) as node:
            node.hears(r"is out by its probes: it took too long")
            ask_all(node, 0)
            assert one.pages == 30


def test_a_reload_keeps_what_was_found_and_another_may_end_it(tmp_path):
    with Patient() as one, Patient() as two:
        urls = [one.url, two.url]
        with Node(tmp_path, probed(urls, kind="http", path="/health")) as node:
            one.status = 500
            until(lambda: not state(node, one))
            assert node.reload(probed(urls, kind="http", path="/health", interval="110ms")).status == 200
            assert not state(node, one)
            seen = len(two.probes)
            until(lambda: len(two.probes) > seen + 2)
            assert not state(node, one)
            assert node.reload(settings(urls)).status == 200
            assert state(node, one)


def test_all_are_sick(tmp_path):
    """What was found is no reason to ask nobody."""
    with Patient() as one, Node(tmp_path, probed([one.url], kind="http", path="/health", status=["204"])) as node:
        until(lambda: not state(node, one))
        assert node.ask("/page").status == 200
        one.status = 204
        until(lambda: state(node, one))
