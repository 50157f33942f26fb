"""Tunnels by way of parents: another Cairn, a real Squid, several of them, and what follows when none can be had."""
import contextlib
import json
import socket

import pytest
from passwords_rig import basic, hashed, users
from rig import Node, Origin, fresh, held_port, respond, settings, until
from squid_rig import Squid

HELLO = b"\x16\x03\x01 no HTTP"


class Echo(Origin):
    """Gives back what it is sent, whatever that is."""

    def __init__(self):
        super().__init__(fresh)
        self.served = 0

    def serve(self, wire):
        self.served += 1
        with wire, contextlib.suppress(OSError):
            while piece := wire.sock.recv(4096):
                wire.sock.sendall(piece)


@pytest.fixture
def echo():
    with Echo() as made:
        yield made


def forward(port, **sections):
    conf = json.loads(settings(forwarding={"connect_ports": [str(port)]}, trail={"names": "plain"}, **sections))
    conf["listeners"][0]["mode"] = "forward"
    return json.dumps(conf)


def child(port, *parents, fallback=None, log=None, **sections):
    group = {"kind": "parent", "choice": "turn", "members": list(parents), **({"fallback": fallback} if fallback else {})}
    logs = {"logs": [{"file": str(log)}]} if log else {}
    return forward(port, upstreams={"parents": group}, routes=[{"upstream": "parents"}], **logs, **sections)


def connect(wire, port, early=b"", *fields):
    """The status that CONNECT is answered with."""
    lines = [f"CONNECT 127.0.0.1:{port} HTTP/1.1", f"Host: 127.0.0.1:{port}", *fields, "", ""]
    wire.sock.sendall("\r\n".join(lines).encode() + early)
    return int(wire.take_to(b"\r\n\r\n").split()[1])


def echoes(wire, early=b""):
    if not early:
        wire.sock.sendall(HELLO)
    return wire.take(len(HELLO)) == HELLO


def record(log):
    return json.loads(until(lambda: log.exists() and log.read_text().strip()).splitlines()[-1])


@pytest.mark.parametrize("early", [b"", HELLO], ids=["after", "at-once"])
def test_a_parent_is_asked_for_the_tunnel(echo, tmp_path, early):
    logs = tmp_path / "far.log", tmp_path / "near.log"
    (tmp_path / "far").mkdir()
    with Node(tmp_path / "far", forward(echo.port, logs=[{"file": str(logs[0])}])) as far:
        with Node(tmp_path, child(echo.port, f"http://127.0.0.1:{far.port}", log=logs[1])) as near:
            with near.dial() as wire:
                assert connect(wire, echo.port, early) == 200
                assert echoes(wire, early)
            far_line, near_line = map(record, logs)
    assert far_line["method"] == near_line["method"] == "CONNECT"
    assert far_line["tunnel"] and near_line["tunnel"]
    assert (near_line["upstream"], near_line["member"]) == ("parents", f"127.0.0.1:{far.port}")


def test_squid_is_asked_for_the_tunnel(echo, tmp_path):
    with Squid("parent") as squid, Node(tmp_path, child(echo.port, squid.url)) as node:
        with node.dial() as wire:
            assert connect(wire, echo.port) == 200
            assert echoes(wire)
        row = squid.row(f"127.0.0.1:{echo.port}")
        assert (row.method, row.status) == ("CONNECT", "200")


def test_another_parent_is_asked(echo, tmp_path):
    (tmp_path / "far").mkdir()
    with socket.socket() as nobody, Node(tmp_path / "far", forward(echo.port)) as far:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with Node(tmp_path, child(echo.port, dead, f"http://127.0.0.1:{far.port}")) as node:
            for _ in range(2):
                with node.dial() as wire:
                    assert connect(wire, echo.port) == 200 and echoes(wire)


@pytest.mark.parametrize("fallback, rules, status", [
    (None, [], 502),
    ("direct", [], 200),
    ("direct", [{"action": "deny", "destinations": ["127.0.0.1"]}], 403),
], ids=["never-direct", "direct", "guarded"])
def test_when_no_parent_can_be_had(echo, tmp_path, fallback, rules, status):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with Node(tmp_path, child(echo.port, dead, fallback=fallback, access=rules)) as node, node.dial() as wire:
            assert connect(wire, echo.port) == status
            assert status != 200 or echoes(wire)
        assert echo.served == (status == 200)


@pytest.mark.parametrize("answer, status", [
    ("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", 403),
    ("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 502),
    ("nonsense\r\n\r\n", 502),
])
def test_a_parent_that_gives_none(tmp_path, answer, status):
    def says(wire, _):
        wire.send(answer)

    with Origin(says) as parent, Node(tmp_path, child(443, parent.url)) as node, node.dial() as wire:
        wire.send("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        assert wire.response().status == status
        asked, = parent.requests
        assert (asked.method, asked.target) == ("CONNECT", "a.example:443")


def test_an_origin_behind_the_parents_is_not_asked(echo, tmp_path):
    """Neither is it waited for: a parent that was down is tried as if nobody stood behind it."""
    (tmp_path / "far").mkdir()
    with held_port() as port, Origin(fresh) as site:
        conf = json.loads(child(echo.port, f"http://127.0.0.1:{port}", fallback="site"))
        conf["upstreams"]["site"] = {"members": [site.url]}
        with Node(tmp_path, json.dumps(conf)) as node:
            for _ in range(5):
                with node.dial() as wire:
                    assert connect(wire, echo.port) == 502
            far = json.loads(forward(echo.port))
            far["listeners"][0]["address"] = f"127.0.0.1:{port}"
            with Node(tmp_path / "far", json.dumps(far)), node.dial() as wire:
                assert connect(wire, echo.port) == 200 and echoes(wire)
        assert not site.requests


def test_a_parent_that_says_nothing_is_not_the_last(echo, tmp_path):
    def hangs_up(*_):
        return False

    with Origin(hangs_up) as parent:
        with Node(tmp_path, child(echo.port, parent.url, fallback="direct")) as node, node.dial() as wire:
            assert connect(wire, echo.port) == 200 and echoes(wire)
        assert parent.requests


def test_an_empty_body_is_none(echo, tmp_path):
    (tmp_path / "far").mkdir()
    with Node(tmp_path / "far", forward(echo.port)) as far:
        with Node(tmp_path, child(echo.port, f"http://127.0.0.1:{far.port}")) as node, node.dial() as wire:
            assert connect(wire, echo.port, b"", "Content-Length: 0") == 200 and echoes(wire)


def test_a_refused_tunnel_changes_nothing(tmp_path):
    """It makes no stored page invalid, and what was meant for it is no request."""
    def answer(wire, request):
        if request.method == "CONNECT":
            respond(wire, "no", "Location: /page", status=302)
        else:
            fresh(wire, request)

    with Origin(answer) as parent, Node(tmp_path, child(80, parent.url)) as node:
        def page():
            return node.ask("http://a.example/page")["X-Cache"]

        assert [page(), page()] == ["MISS from edge-1", "HIT from edge-1"]
        with node.dial() as wire:
            wire.send("CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\nGET http://b.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n")
            assert wire.response().status == 302
            assert wire.receive() == b""
        assert page() == "HIT from edge-1"
        assert [request.method for request in parent.requests] == ["GET", "CONNECT"]


def test_a_user_is_known_where_it_falls_back(echo, tmp_path):
    """A rule by address, which the host alone is held against, may want one."""
    rules = [{"action": "allow", "authenticated": True, "destinations": ["127.0.0.0/8"], "ports": [str(echo.port)]},
             {"action": "deny", "destinations": ["127.0.0.0/8"]}]
    with held_port() as port:
        conf = child(echo.port, f"http://127.0.0.1:{port}", fallback="direct", access=rules, authentication=users(tmp_path, ann=hashed("secret")))
        with Node(tmp_path, conf) as node:
            with node.dial() as wire:
                assert connect(wire, echo.port) == 407
            with node.dial() as wire:
                assert connect(wire, echo.port, b"", basic("ann", "secret")) == 200
                assert echoes(wire)


def test_the_log_says_who_answered(echo, tmp_path):
    """Nobody did where it leads straight to the host."""
    def go(wire, _):
        wire.send("HTTP/1.1 204 Go\r\n\r\n")
        return False

    for parent, status in ((Origin(go), 204), (Origin(lambda *_: False), None)):
        log = tmp_path / f"{status}.log"
        with parent, Node(tmp_path, child(echo.port, parent.url, fallback="direct", log=log)) as node:
            with node.dial() as wire:
                assert connect(wire, echo.port) == 200
            line = record(log)
        assert (line["status"], line.get("fwd_status"), line["upstream"]) == (200, status, "parents" if status else "direct")


def test_what_comes_with_the_answer_is_the_tunnels(tmp_path):
    def greets(wire, _):
        wire.send("HTTP/1.1 200 Go\r\nContent-Length: 5\r\n\r\nhello")
        wire.take(4)
        wire.send("bye")

    with Origin(greets) as parent, Node(tmp_path, child(443, parent.url)) as node, node.dial() as wire:
        assert connect(wire, 443) == 200
        assert wire.take(5) == b"hello"
        wire.send("ping")
        assert wire.take(3) == b"bye"


def test_a_circle_of_parents_is_seen(tmp_path):
    with Node(tmp_path, child(443, "http://127.0.0.1:9")) as node:
        node.reload(child(443, f"http://127.0.0.1:{node.port}"))
        with node.dial() as wire:
            wire.send("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
            assert wire.response().status == 508
