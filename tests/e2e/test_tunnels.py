"""Tunnels by way of parents: another Cairn, a real Squid, several of them, and what follows when none can be had."""
import contextlib
import json
import socket

import pytest
from rig import Node, Origin, fresh, settings, until
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


def connect(wire, port, early=b""):
    """The status that CONNECT is answered with."""
    wire.sock.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() + early)
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
