"""Memory that cannot be had costs a request, never the node: each nth allocation of the workers fails (scarce.c)."""
import os
import struct

import pytest

from rig import CAIRN, Node, Origin, respond, settings, until

SCARCE = CAIRN.parent / "tests/e2e/libscarce.so"
BODY = bytes(range(256)) * 4096  # 1 MiB
ROUNDS = 12
SPREAD = 150


def answer(wire, request):
    fields = ["Cache-Control: max-age=1000", 'ETag: "1"', "Vary: Accept-Language"]
    if request.target.startswith("/chunked"):
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n")
    elif request.target.startswith("/private"):
        respond(wire, "private", "Cache-Control: no-store")
    else:
        respond(wire, BODY if request.target.startswith("/large") else "a body", *fields)


ASKED = [
    ("/small", b"a body", {}, []),
    ("/large", BODY, {}, []),
    ("/large", BODY[:100], {}, ["Range: bytes=0-99"]),
    ("/chunked", b"whole", {}, []),
    ("/private", b"private", {}, []),
    ("/small", b"a body", {}, ["Accept-Language: en, de;q=0.5"]),
    ("/private", b"private", {"method": "POST", "body": b"x" * 20000}, []),
]


class Heap:
    def __init__(self, folder):
        self.file = folder / "heap"
        self.file.touch()
        self.env = {**os.environ, "LD_PRELOAD": str(SCARCE), "SCARCE": str(self.file)}

    def fail_each(self, n):
        """Writes the first number alone; how many have failed so far."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("=Q", n))
        return struct.unpack("=QQQ", self.file.read_bytes())[2]


def ask(node, target, body, more, fields):
    """True where it was answered in full; else it was refused, or its connection ended, and both are seen as what they are."""
    try:
        with node.dial() as wire:
            response = wire.ask(target, *fields, **more)
    except (EOFError, ConnectionError):
        return False
    if response.status == 503:
        assert response["Retry-After"], response.lines
    assert response.status in (200, 206, 502, 503), response.body
    assert response.status > 206 or response.body == body
    return response.status <= 206


def is_at_rest(node):
    status = node.told("/v1/status")
    return status["store"]["pinned_entries"] == 0 and node.metric("cairn_flights") == 0


def spread_out(node):
    """libuv keeps a table of descriptors, and ends the program where that cannot grow: it is as large as it will be."""
    wires = [node.dial() for _ in range(SPREAD)]
    for wire in wires:
        assert wire.ask("/small/0").status == 200
        wire.close()


@pytest.mark.parametrize("each", (1, 2, 3, 5, 7, 11, 29))
def test_the_node_outlives_it(tmp_path, each):
    heap = Heap(tmp_path)
    with Origin(answer) as origin, Node(tmp_path, settings(origin.url), env=heap.env) as node:
        spread_out(node)
        before = heap.fail_each(each)
        for n in range(ROUNDS):
            for target, body, more, fields in ASKED:
                ask(node, f"{target}/{n % 4}", body, more, fields)
        assert heap.fail_each(0) > before
        for target, body, more, fields in ASKED:
            assert ask(node, f"{target}/1", body, more, fields)
        until(is_at_rest, node)
