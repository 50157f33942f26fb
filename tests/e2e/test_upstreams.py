"""Upstreams that do not answer, that go down and come back, that are closed to us: what clients get, what is remembered."""
import contextlib
import socket

import pytest

from rig import Node, Origin, fresh, respond, settings, until


@contextlib.contextmanager
def silent_port():
    """A listener whose queue is full: the kernel drops what else comes."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(server.getsockname())
        yield server.getsockname()[1]


class Later:
    """A port that refuses until it is opened."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def open(self):
        return Origin(self.answer, listener=self.socket)


def test_a_connection_that_takes_too_long(tmp_path):
    with silent_port() as port:
        conf = settings(f"http://127.0.0.1:{port}", timeouts={"connect": "200ms"})
        with Node(tmp_path, conf) as node:
            answer = node.ask()
            assert (answer.status, answer["Proxy-Status"]) == (504, "edge-1; error=connection_timeout")
            assert answer["X-Cache-Miss-From"] == "edge-1"
            assert answer["Cache-Status"] is None


def test_another_member_is_asked_in_its_place(tmp_path):
    with silent_port() as port, Origin(fresh) as origin:
        conf = settings([f"http://127.0.0.1:{port}", origin.url], timeouts={"connect": "200ms"})
        with Node(tmp_path, conf) as node:
            for i in range(4):
                assert node.ask(f"/{i}", method="POST", body="of any sort").status == 200
            assert len(origin.requests) == 4


def down_conf(urls, down, **more):
    return settings(urls, upstreams={"site": {"members": urls, "max_fails": 1, "down": down, "choice": "turn"}}, **more)


def test_a_member_that_failed_rests(tmp_path):
    dead = Later(fresh)
    with Origin(fresh) as origin:
        with Node(tmp_path, down_conf([dead.url, origin.url], "1h")) as node:
            label = f"127.0.0.1:{dead.port}"
            for i in range(10):
                assert node.ask(f"/{i}").status == 200
            assert node.metric("cairn_upstream_failures_total", member=label) == 1
            assert node.metric("cairn_upstream_requests_total", member=label) == 1
            assert node.metric("cairn_upstream_up", member=label) == 0
            assert node.metric("cairn_upstream_up") == 1
            members = node.told("/v1/status")["upstreams"][0]["members"]
            assert [member["up"] for member in members] == [False, True]
            # It rests on where a new configuration names it again.
            node.reload(down_conf([dead.url, origin.url], "1h", timeouts={"idle": "10s"}))
            assert node.ask("/more").status == 200
            assert node.metric("cairn_upstream_failures_total", member=label) == 1
            assert node.metric("cairn_upstream_up", member=label) == 0


@pytest.mark.parametrize("head", [
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nX: " + 100_000 * "x" + "\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: and no",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
])
def test_a_head_that_is_none_is_a_failure(tmp_path, head):
    def answer(wire, _):
        wire.send(head)
        return False
    with Origin(answer) as broken, Origin(fresh) as sound:
        with Node(tmp_path, down_conf([broken.url, sound.url], "1h")) as node:
            assert [node.ask(f"/{i}").status for i in range(4)] == [502, 200, 200, 200]
            label = broken.url.removeprefix("http://")
            assert node.metric("cairn_upstream_failures_total", member=label) == 1
            assert node.metric("cairn_upstream_up", member=label) == 0


@pytest.mark.parametrize("body", ["Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                  "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\njunk\r\n"])
def test_a_body_that_ends_early_is_counted_and_takes_nobody_out(tmp_path, body):
    def answer(wire, _):
        wire.send("HTTP/1.1 200 OK\r\n" + body)
        return False
    with Origin(answer) as origin, Node(tmp_path, down_conf([origin.url], "1h")) as node:
        with node.dial() as wire:
            wire.say()
            assert wire.head().status == 200
            wire.to_end()
        assert node.metric("cairn_upstream_failures_total") == 1
        assert node.metric("cairn_upstream_up") == 1


def test_a_member_that_failed_comes_back(tmp_path):
    dead = Later(fresh)
    with Origin(fresh) as origin, Node(tmp_path, down_conf([dead.url, origin.url], "100ms")) as node:
        assert node.ask("/1").status == node.ask("/2").status == 200
        until(lambda: node.metric("cairn_upstream_failures_total") >= 1)
        with dead.open() as back:
            until(lambda: node.ask("/post", method="POST", body="x").status == 200 and back.requests)
            assert node.metric("cairn_upstream_up") == 2
            assert node.told("/v1/status")["upstreams"][0]["members"][0]["failures_in_a_row"] == 0


def test_all_members_down(tmp_path):
    dead = [Later(fresh) for _ in range(3)]
    with Node(tmp_path, down_conf([one.url for one in dead], "1h")) as node:
        for _ in range(2): # the second asks what is known to be down, rather than nobody
            answer = node.ask()
            assert (answer.status, answer["Proxy-Status"]) == (502, "edge-1; error=connection_refused")
        assert node.metric("cairn_upstream_up") == 0
        assert node.told("/v1/explain?url=http://a.example/")["upstream"]["up"] is False
        with dead[1].open():
            assert node.ask().status == 200
            assert node.metric("cairn_upstream_up") == 1


def test_retries_are_limited(tmp_path):
    dead = [Later(fresh) for _ in range(4)]
    urls = [one.url for one in dead]
    with Node(tmp_path, settings(urls, upstreams={"site": {"members": urls, "retries": 1}})) as node:
        assert node.ask().status == 502
        assert node.metric("cairn_upstream_requests_total") == 2
        assert node.metric("cairn_retries_total") == 1
        assert node.metric("cairn_upstream_responses_total", **{"class": "none"}) == 2


@pytest.mark.parametrize("reset", (True, False))
def test_what_is_stored_stands_in_for_a_member_that_went_down(tmp_path, reset):
    def answer(wire, request):
        if len(origin.requests) > 1:
            if reset:
                wire.reset()
            return False
        respond(wire, "kept", "Cache-Control: max-age=0, stale-if-error=1000")
        return True

    with Origin(answer) as origin, Node(tmp_path, down_conf([origin.url], "1h")) as node:
        assert node.ask("/page").body == b"kept"
        stale = node.ask("/page")
        assert (stale.status, stale.body, stale["X-Cache"]) == (200, b"kept", "MISS from edge-1")
        assert stale["Proxy-Status"] == "edge-1; error=connection_terminated"
        again = node.ask("/page")
        assert (again.body, again["X-Cache"]) == (b"kept", "HIT from edge-1")
        assert "detail=upstream-down" in again["Cache-Status"]


@pytest.mark.parametrize("size", [0, 10, 4050, 12_000])
def test_what_lies_behind_a_response_is_no_response(tmp_path, size):
    """However the reads fall: just to the end of the response, or beyond it. The next request comes in the same turn."""
    def answer(wire, request):
        body = request.target[1] * size
        wire.send(f"HTTP/1.1 200 Any\r\nContent-Length: {size}\r\nCache-Control: no-store\r\n\r\n{body}"
                  "HTTP/1.1 200 Any\r\nContent-Length: 3\r\n\r\nBAD")

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url, node={"workers": 1})) as node:
        with node.dial() as wire:
            wire.send("".join(f"GET /{name} HTTP/1.1\r\nHost: a.example\r\n\r\n" for name in "abcdefgh"))
            assert [wire.response().body.decode() for _ in range(8)] == [name * size for name in "abcdefgh"]
        assert len(origin.requests) == origin.connections == 8
