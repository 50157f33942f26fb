"""What a connection carries stays in order and whole, whatever the pieces that it comes and goes in."""
import pathlib
import re
import socket
import threading

from rig import Node, Origin, fresh, respond, settings, until


def taken_in(wire):
    """Has the node read all that was sent on this connection?"""
    port = f"{wire.sock.getsockname()[1]:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[2].endswith(":" + port):
            return columns[4].endswith(":00000000")
    return False


def test_many_requests_behind_a_long_head_are_answered(tmp_path):
    """A buffer that grew for a head in pieces holds more of what is behind it than is read ahead otherwise."""
    let_go = threading.Event()

    def answer(wire, request):
        if request.target == "/held":
            let_go.wait()
        fresh(wire, request)

    fields = "".join(f"F{i}: {'x' * 700}\r\n" for i in range(100))
    head = f"GET /stored HTTP/1.1\r\nHost: a.example\r\n{fields}"
    small = "GET /stored HTTP/1.1\r\nHost: a.example\r\n\r\n"
    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial() as wire:
        node.ask("/stored")
        wire.say("/held")
        wire.send(head[:13000])
        until(taken_in, wire)
        let_go.set()
        wire.response()
        wire.send(head[13000:26000])
        until(taken_in, wire)
        wire.send(head[26000:26300] + "\r\n\r\n" + 500 * small)
        for _ in range(501):
            assert wire.response().body == b"body of /stored"


def test_a_head_waits_for_the_early_hint_before_it(tmp_path):
    """The client reads nothing until hints fill what lies between the two, and the last of them is written in part."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: <" + b"a" * 30000 + b">\r\n\r\n"
    said = threading.Event()

    def answer(wire, request):
        if request.target != "/hints":
            return fresh(wire, request)
        for _ in range(400):
            wire.send(hint)
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
        said.set()

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial(receive=4096) as wire:
        wire.say("/hints", "Connection: close")
        said.wait(30)
        until(lambda: node.metric("cairn_flights") == 0)
        came = wire.to_end()
    assert re.fullmatch(rb"(HTTP/1\.1 103 Early Hints\r\nLink: <a{30000}>\r\n\r\n)+HTTP/1\.1 200 OK\r\n[^<>]*\r\n\r\nbody", came)
    assert came.count(b"103 Early Hints") < 400


def test_a_head_too_long_to_be_stored_is_passed_on_and_not_called_stored(tmp_path):
    fields = [f"F{i}: {'x' * 500}" for i in range(60)]

    def answer(wire, request):
        respond(wire, "body", "Cache-Control: max-age=1000", *(fields if request.target == "/long" else fields[:40]))

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node:
        for _ in range(2):
            came = node.ask("/long")
            assert came["X-Cache"] == "MISS from edge-1"
            assert "stored" not in came["Cache-Status"]
            assert came["F59"] == "x" * 500
        assert "; stored;" in node.ask("/shorter")["Cache-Status"]
        assert node.ask("/shorter")["X-Cache"] == "HIT from edge-1"


def test_a_request_that_waits_for_its_turn_is_sent_once(tmp_path):
    """There is more to read than is read at once, so the socket calls while it waits: whoever begins it, begins it once."""
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url)) as node:
        node.ask("/stored")
        get = "GET /stored HTTP/1.1\r\nHost: a.example\r\n\r\n"
        for i in range(10):
            with node.dial() as wire:
                post = f"POST /pay/{i} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n"
                wire.send(2 * get + post + 200 * get)
                for _ in range(203):
                    assert wire.response().status == 200
        posts = [request.target for request in origin.requests if request.method == "POST"]
        assert posts == [f"/pay/{i}" for i in range(10)]


def test_a_client_may_end_its_stream_behind_its_last_request(tmp_path):
    let_go = threading.Event()

    def answer(wire, request):
        let_go.wait()
        fresh(wire, request)

    with Origin(answer) as origin, Node(tmp_path, settings(origin.url)) as node, node.dial() as wire:
        wire.say("/first")
        wire.say("/last", "Connection: close")
        wire.sock.shutdown(socket.SHUT_WR)
        until(lambda: origin.requests)
        let_go.set()
        assert wire.response().body == b"body of /first"
        assert wire.response().body == b"body of /last"
        assert wire.ended()


def resident(node):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{node.process.pid}/status").read_text())[1]) * 1024


def test_an_idle_connection_is_small(tmp_path):
    """At most 1 KiB of the process each; what requests had is given back."""
    with Origin(fresh) as origin, Node(tmp_path, settings(origin.url, node={"workers": 1})) as node:
        def connect(count):
            wires = [node.dial() for _ in range(count)]
            for wire in wires:
                wire.ask("/page")
            return wires

        open_ones = connect(50)
        before = resident(node)
        open_ones += connect(300)
        assert resident(node) - before <= 300 * 1024
        for wire in open_ones:
            wire.close()


def test_nobody_else_follows_a_user_over_a_connection_that_takes_him_at_his_word(tmp_path):
    """By some schemes of authentication he says once for the connection who he is."""
    seen = []

    def site(wire, request):
        seen.append((request["Authorization"], wire))
        fields = "Cache-Control: public, no-cache", 'ETag: "1"'
        respond(wire, "", *fields, status=304 if request["If-None-Match"] else 200)

    with Origin(site) as origin, Node(tmp_path, settings(origin.url, node={"workers": 1})) as node:
        for said in (None, "Basic abc", None, "NTLM abc", None, "negotiate abc", None):
            assert node.ask("/page", *([f"Authorization: {said}"] if said else [])).status == 200
    # The first of those that do so came after others, and found what is stored to be good.
    followed = [(before[0], after[0]) for before, after in zip(seen, seen[1:]) if before[1] is after[1]]
    assert followed == [(None, "Basic abc"), ("Basic abc", None), (None, "NTLM abc"), (None, "negotiate abc")]
